"""``python experiments/width/sheet.py RUNS NORM``: a photograph a seed by nets of each width.

Written as ``sheet_<norm>.jpg`` beside this file; the run of each net is found by its own settings.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from omegaconf import OmegaConf

from stylenet.apply import Stylizer, load_model
from stylenet.images import LongerSide, contact_sheet, read_image, sample_photographs, write_image

HERE = Path(__file__).parent
SHOWN = ("chelsea", "astronaut", "coffee")  # by seed
WIDTHS = (1, 0.5, 0.25)


def main() -> None:
    """Paint and draw."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("runs", type=Path, help="that holds the folders of its runs")
    parser.add_argument("norm")
    parser.add_argument("--out", type=Path, default=HERE)
    asked = parser.parse_args()
    runs = {}
    for file in asked.runs.glob("*/model.json"):
        config = OmegaConf.load(file.with_name("config.yaml"))
        if config.run.choices.norm == asked.norm:
            runs[config.seed, config.net.width] = file.parent
    samples, rows = sample_photographs(), []
    for seed, name in enumerate(SHOWN):
        image = LongerSide(256)(read_image(samples[name]))
        nets = [Stylizer(load_model(runs[seed, width])) for width in WIDTHS]
        rows.append([image, *(net.paint(image) for net in nets)])
    titles = ["photograph", *(f"width {width:g}" for width in WIDTHS)]
    write_image(
        asked.out / f"sheet_{asked.norm}.jpg",
        contact_sheet(rows, column_titles=titles, cell=220),
    )


if __name__ == "__main__":
    main()
