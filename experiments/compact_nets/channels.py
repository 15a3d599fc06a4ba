"""Print a pruned net's numbers of channels, as settings of net=resnet_pruned."""

from __future__ import annotations

import argparse
import json
from pathlib import Path


def main() -> None:
    """Print them in one line, quoted for no shell: no spaces are in it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="folder of the pruned net")
    own = json.loads((parser.parse_args().model / "model.json").read_text())["architecture"]
    sizes = {key: own[key] for key in ("encoder", "blocks", "decoder")}
    print(" ".join(f"net.{key}={value}".replace(" ", "") for key, value in sizes.items()))


if __name__ == "__main__":
    main()
