"""What a loss network sees in the places of an image, made comparable between images."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from stylenet.regions.clustering import Floats
from stylenet.regions.resampling import resampled
from stylenet.regions.segmenting import Picture

Look = Callable[[Picture, Sequence[str]], list[Floats]]
"""Features of an image at layers of a loss network, (C,h,w) each."""
CELLS = 64  # on the longer side of the grid where features are clustered
BORDER = 32  # pixels by which an image is reflected: convolutions see zeros beyond its edges
KEPT = 32  # principal components of the features
DEAD = 1e-6  # standard deviation of a channel that says nothing in an image


def features_of(
    picture: Picture, layers: Sequence[str], look: Look, height_weight: float
) -> NDArray[np.float32]:
    """Features at some layers and the height of the place, (gh,gw,sum of C + 1): see `Clusters`."""
    height, width = picture.shape[:2]
    border = min(BORDER, height - 1, width - 1)
    padded = np.pad(picture, ((border, border), (border, border), (0, 0)), "reflect")
    found = look(padded, layers)
    finest = max(layer.shape[1] / padded.shape[0] for layer in found)
    scale = min(CELLS / max(height, width), finest)
    size = (round((height + 2 * border) * scale), round((width + 2 * border) * scale))
    cut = round(border * scale)
    inside = slice(cut, max(1, size[0] - cut)), slice(cut, max(1, size[1] - cut))
    standard = []
    for layer in found:
        values = resampled(np.moveaxis(layer, 0, -1), size)[inside]
        values = values - values.mean((0, 1))
        stds = values.std((0, 1))
        stds[stds < DEAD] = 1
        standard.append(values / stds / np.sqrt(np.float32(len(layer))))
    rows, columns = standard[0].shape[:2]
    heights = (np.arange(rows, dtype=np.float32) + 0.5) / rows - 0.5  # uniform: variance 1/12
    standard.append(np.tile(heights[:, None, None], (1, columns, 1)) * (12**0.5 * height_weight))
    return np.concatenate(standard, -1, dtype=np.float32)


def principal(points: Sequence[Floats]) -> list[Floats]:
    """The `KEPT` directions in which the points of both images vary most: (P,D) -> (P,KEPT)."""
    covariance = sum(one.T @ one / len(one) for one in points)  # their means are 0
    directions = np.linalg.eigh(covariance)[1][:, -KEPT:]
    return [one @ directions for one in points]
