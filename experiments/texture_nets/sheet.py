"""Samples of a sweep's generators, side by side: ``python sheet.py <the sweep's folder>``.

A row a painting, which stands first; then samples without the diversity term and with it, of the
first seed, always of the same noise. Writes sheet.jpg beside this file.
"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf
from torch import Tensor

from stylenet.apply import load_model
from stylenet.apply.textures import draw_textures
from stylenet.images import contact_sheet, read_image, write_image

SAMPLES, PX = 2, 256


def main() -> None:
    """Draw what the sweep has."""
    parser = ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("folder", type=Path, help="that holds the folders of the runs")
    runs: dict[tuple[str, float], Path] = {}
    for file in sorted(parser.parse_args().folder.glob("*/model.json")):
        config: Any = OmegaConf.load(file.parent / "config.yaml")
        if config.seed == 0:
            runs[str(config.style), float(config.loss.diversity_weight)] = file.parent
    styles, weights = (sorted({key[n] for key in runs}) for n in range(2))
    rows: list[list[Tensor | None]] = []
    for style in styles:
        row: list[Tensor | None] = [read_image(runs[style, weights[0]] / "style.png")]
        for weight in weights:
            row += draw_textures(load_model(runs[style, weight]), SAMPLES, PX, PX)
        rows.append(row)
    titles = ["", *(f"diversity_weight={weight:g}" for weight in weights for _ in range(SAMPLES))]
    sheet = contact_sheet(rows, column_titles=titles, cell=PX)
    print(write_image(Path(__file__).with_name("sheet.jpg"), sheet))


if __name__ == "__main__":
    main()
