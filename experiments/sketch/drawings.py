"""Four line drawings: ``python experiments/sketch/drawings.py out``.

Two are drawn here, a fish and a balloon; two are the edges (Canny, of lightness and of both colour
channels) of photographs in $STYLENET_PHOTOS/val, which are not in the library.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import binary_dilation, gaussian_filter, zoom
from skimage.color import rgb2lab
from skimage.feature import canny

PHOTOS = Path(os.environ.get("STYLENET_PHOTOS", "../shared/assets/photos")) / "val"
TRACED = {"shark": "0003", "bib": "0443"}
SIZE, WIDTH, TIMES = (640, 480), 4, 3
EDGES_PX = 512


def _page() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    page = Image.new("L", (SIZE[0] * TIMES, SIZE[1] * TIMES), 255)
    return page, ImageDraw.Draw(page)


def fish() -> Image.Image:
    """Body and head, parted by an arc, a tail, a fin, an eye."""
    page, draw = _page()
    line = {"fill": 0, "width": WIDTH * TIMES}
    draw.ellipse([340, 420, 1460, 1020], outline=0, width=WIDTH * TIMES)
    draw.line([(380, 640), (120, 440), (180, 720), (120, 1000), (380, 800)], joint="curve", **line)
    draw.arc([900, 400, 1240, 1040], 105, 255, **line)
    draw.line([(760, 430), (900, 250), (1060, 440)], joint="curve", **line)
    draw.ellipse([1200, 580, 1280, 660], outline=0, width=WIDTH * TIMES)
    return page.resize(SIZE, Image.Resampling.LANCZOS)


def balloon() -> Image.Image:
    """A balloon of three gores with a basket."""
    page, draw = _page()
    line = {"fill": 0, "width": WIDTH * TIMES}
    draw.ellipse([560, 100, 1360, 900], outline=0, width=WIDTH * TIMES)
    draw.ellipse([760, 100, 1160, 900], outline=0, width=WIDTH * TIMES)
    draw.line([(720, 800), (880, 1130)], **line)
    draw.line([(1200, 800), (1040, 1130)], **line)
    draw.rectangle([860, 1120, 1060, 1300], outline=0, width=WIDTH * TIMES)
    return page.resize(SIZE, Image.Resampling.LANCZOS)


def traced(file: Path, sigma: float = 2.0) -> Image.Image:
    """The edges of a photograph as a drawing, 512 px on its longer side."""
    photo = Image.open(file).convert("RGB")
    lab = rgb2lab(np.asarray(photo))
    steps = ((0, 100, 4, 10), (1, 100, 3, 8), (2, 100, 3, 8))
    edges = np.zeros(lab.shape[:2], dtype=bool)
    for channel, _, low, high in steps:
        edges |= canny(lab[..., channel], sigma, low, high)
    scale = EDGES_PX / max(edges.shape)
    large = zoom(edges.astype(float), scale, order=1) > 0.4
    ink = gaussian_filter(binary_dilation(large).astype(float), 0.7)
    return Image.fromarray((255 * (1 - ink.clip(0, 1))).round().astype(np.uint8))


def main() -> None:
    """Write all four."""
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    fish().save(out / "fish.png")
    balloon().save(out / "balloon.png")
    for name, number in TRACED.items():
        traced(PHOTOS / f"{number}.jpg").save(out / f"{name}.png")


if __name__ == "__main__":
    main()
