"""Arrays at another size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def resampled(values: NDArray[np.floating], size: tuple[int, int]) -> NDArray[np.float32]:
    """(h,w) or (h,w,C) at another size (H,W), float32.

    Linear interpolation between the middles of cells, edges continued; where cells become fewer,
    the triangle is as much wider, so that all of them count.
    """
    down, across = (_triangles(new, old) for new, old in zip(size, values.shape, strict=False))
    rows = np.tensordot(down, values.astype(np.float32), (1, 0))
    moved = np.tensordot(across, rows, (1, 1))
    return np.ascontiguousarray(moved.swapaxes(0, 1))


def _triangles(new: int, old: int) -> NDArray[np.float32]:
    """The weight of each of ``old`` cells of an axis in each of ``new`` ones, rows of sum 1."""
    step = old / new
    middles = np.clip((np.arange(new) + 0.5) * step - 0.5, 0, old - 1)
    weights = 1 - np.abs(middles[:, None] - np.arange(old)) / max(1.0, step)
    weights = weights.clip(0)
    shares: NDArray[np.float32] = (weights / weights.sum(1, keepdims=True)).astype(np.float32)
    return shares
