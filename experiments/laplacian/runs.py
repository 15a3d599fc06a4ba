"""What the scripts of this study share: optimising pictures, edge maps."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from skimage.color import rgb2gray
from skimage.feature import canny
from skimage.filters import gaussian, sobel
from skimage.metrics import structural_similarity
from torch import Tensor

from stylenet import compose
from stylenet.images import read_image
from stylenet.run import train

HERE = Path(__file__).parent
PAIRS = (("chicago", "starry_night"), ("lion", "udnie"))


def painted(folder: Path, overrides: list[str]) -> dict[str, Any]:
    """``train.py`` with these overrides, unless it is there; what ``result.json`` says.

    All in one process, which imports torch once.
    """
    if not _finished(folder):
        shutil.rmtree(folder, ignore_errors=True)
        train(compose(*overrides, "logger=none", f"run.dir={folder}"))
        print(folder, flush=True)
    facts: dict[str, Any] = json.loads((folder / "result.json").read_text())
    return facts


def _finished(folder: Path) -> bool:
    file = folder / "result.json"
    return file.is_file() and bool(json.loads(file.read_text())["finished"])


def edges(picture: Tensor) -> dict[str, np.ndarray]:
    """Maps (H,W) of the edges of a picture (3,H,W), of three kinds.

    ``sobel``: length of the gradient of the grey picture. ``blurred``: of the grey picture blurred
    by a Gaussian of 2 pixels, so that strokes count less and outlines more. ``canny``: 1 on Canny's
    edges of that scale, 0 elsewhere.
    """
    grey = rgb2gray(picture.permute(1, 2, 0).numpy())
    return {
        "sobel": sobel(grey),
        "blurred": sobel(gaussian(grey, 2)),
        "canny": canny(grey, sigma=2).astype(float),
    }


def edge_ssim(result: Path, content: Path) -> dict[str, float]:
    """SSIM of each kind of edge map, over the range of the content's map."""
    maps = [edges(read_image(file)) for file in (result, content)]
    return {
        kind: float(structural_similarity(own, other, data_range=float(np.ptp(other))))
        for kind, own, other in ((k, maps[0][k], maps[1][k]) for k in maps[1])
    }


def four_digits(rows: Iterable[Mapping[str, object]]) -> list[dict[str, object]]:
    """Rows of a table, their numbers with four digits."""
    return [{k: f"{v:.4g}" if isinstance(v, float) else v for k, v in r.items()} for r in rows]
