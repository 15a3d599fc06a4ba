"""Prune a trained net; ``channels`` beside it has its settings of net=resnet_pruned."""

from __future__ import annotations

import argparse
from pathlib import Path

from stylenet.apply import load_model, save_model
from stylenet.apply.pruning import prune


def main() -> None:
    """Write the pruned net."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", help="a run, a model file or a net that ships")
    parser.add_argument("out", type=Path, help="folder for the pruned net")
    parser.add_argument("--keep", type=float, default=0.5, help="of the multiplications")
    parser.add_argument("--multiple", type=int, default=4, help="of channels")
    given = parser.parse_args()
    net, description = prune(load_model(given.model), given.keep, given.multiple)
    save_model(given.out, net, description)
    sizes = {key: description["architecture"][key] for key in ("encoder", "blocks", "decoder")}
    settings = " ".join(f"net.{key}={value}".replace(" ", "") for key, value in sizes.items())
    (given.out / "channels").write_text(settings + "\n")


if __name__ == "__main__":
    main()
