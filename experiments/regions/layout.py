"""A picture of a map alone: ``python experiments/regions/layout.py out``.

A new landscape is drawn in flat colours, and painted from white noise with the regions of the
photograph 167083 of ../shared/assets/regions: five sizes from 64 to 256 px, 240 iterations, seed 0.
``out`` keeps the run. ``layout.jpg`` is written beside this file.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch

from stylenet import compose
from stylenet.images import contact_sheet, read_image, write_image
from stylenet.regions import RegionMap, write_region_map
from stylenet.run import train

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ASSETS = ROOT.parent / "shared/assets"
STYLE = ASSETS / "regions" / "167083"
NAMES = ("sky", "mountain", "cliff", "lake")
COLOURS = ((230, 25, 75), (0, 130, 200), (60, 180, 75), (255, 225, 25))


def landscape() -> RegionMap:
    """Sky over a ridge, a cliff at the left, a lake: in the colours of the photograph's map."""
    down, across = np.mgrid[0:192, 0:256]
    labels = np.zeros((192, 256), dtype=np.int64)
    ridge = 70 + 25 * np.sin(across / 30.0) + 12 * np.sin(across / 11.0)
    labels[down > ridge] = 1
    labels[(down > 200 - 0.9 * across) & (across < 90) & (down > 60)] = 2
    labels[((down - 150) / 32) ** 2 + ((across - 175) / 62) ** 2 < 1] = 3
    return RegionMap(labels, NAMES, COLOURS)


def main() -> None:
    """Draw, paint, show."""
    torch.set_num_threads(1)
    out = Path(sys.argv[1]).absolute()
    overrides = [
        "task=gatys",
        "content=null",
        f"style={STYLE}.jpg",
        "regions=maps",
        f"regions.content={write_region_map(out / 'layout.png', landscape())}",
        f"regions.style={STYLE}_regions.png",
        "regions.background=0x0082c8",
        "content_size.px=256",
        "scales=coarse_to_fine",
        "scales.first_px=64",
        "scales.steps=30",
        "trainer.max_steps=240",
        "trainer.accelerator=cpu",
        "logger=none",
        "callbacks=none",
        f"run.dir={out / 'run'}",
    ]
    if not (out / "run" / "result.json").is_file():
        train(compose(*overrides))
    names = ["regions_content", "style", "regions_style", "result"]
    pictures = [read_image(out / "run" / f"{name}.png") for name in names]
    titles = ["layout", "style", "its map", "painted from noise"]
    write_image(HERE / "layout.jpg", contact_sheet([pictures], column_titles=titles, cell=320))


if __name__ == "__main__":
    main()
