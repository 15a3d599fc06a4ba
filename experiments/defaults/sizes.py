"""Weights that eyes chose, against the sizes of paintings: ``python sizes.py STYLES``.

STYLES has the paintings. Prints, for the five nets that ship and were finished under squared
distances that nothing scales (``experiments/zoo/squared.sh``), the style weight that was chosen and
the size m of the painting's Gram matrices, which ``stylenet.losses.ScaledDistance`` defines; then
how far apart the largest and the smallest of each column are.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from stylenet import compose
from stylenet.images import read_image
from stylenet.losses.functional import gram_matrix
from stylenet.run.building import instantiate
from stylenet.runners.building import build_network

CHOSEN = {"wave": 12, "udnie": 20, "the_scream": 60, "starry_night": 8, "night_cafe": 16}


@torch.no_grad()
def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("styles", type=Path)
    options = parser.parse_args()
    config = compose()
    network = build_network(config, instantiate)
    rows = {}
    for name, weight in CHOSEN.items():
        painting = read_image(options.styles / f"{name}.jpg")[None]
        features = network(painting, config.loss.style_layers).values()
        size = float(torch.stack([(gram_matrix(one) ** 2).mean() for one in features]).mean())
        rows[name] = (weight, size, weight * size**0.5 / 1000, weight * size / 1e6)
    print("| painting | weight | m | weight √m / 10³ | weight m / 10⁶ |\n|---|---|---|---|---|")
    for name, row in rows.items():
        print(f"| {name} | {row[0]} | {row[1]:.3g} | {row[2]:.1f} | {row[3]:.1f} |")
    spread = [max(column) / min(column) for column in zip(*rows.values(), strict=True)]
    print("| largest over smallest |", " | ".join(f"{one:.1f}" for one in spread), "|")


if __name__ == "__main__":
    main()
