"""Where the cells of a layer lie in the image, so that two networks can be compared."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor

from stylenet.loss_networks.layers import Window


class Grid(NamedTuple):
    """Centres of a layer's cells along an axis, in pixels: ``first + stride * index``.

    A centre is that of the cell's receptive field. The first pixel's centre is 0, so that a layer
    that pads a 3x3 window by one keeps the grid, and 2x2 pooling puts its first cell at 0.5.
    """

    stride: int
    first: float

    def snapped(self, other: Grid) -> Grid:
        """This grid, moved by half its stride at most, so that its cells meet those of ``other``.

        Then `align` takes whole cells and blurs nothing, where the other's stride is this one's or
        a multiple; in return each is off by the same part of a cell.
        """
        apart = (other.first - self.first) / self.stride
        return self._replace(first=other.first - self.stride * round(apart))


def grid_of(windows: Iterable[Window | None]) -> Grid:
    """Grid behind layers with these windows, one after the other; None keeps it as it is."""
    stride, first = 1, 0.0
    for window in windows:
        if window is not None:
            first += stride * ((window.kernel_size - 1) / 2 - window.padding)
            stride *= window.stride
    return Grid(stride, first)


def align(features: Tensor, own: Grid, target: Grid, size: tuple[int, int]) -> Tensor:
    """Read ``features``, (N,C,H,W) on the grid ``own``, at the cells of ``target``.

    Linear between cells, the nearest cell beyond the last one: a grid that pads less lies within.

    Args:
        features: one network's.
        own: their grid.
        target: another network's, of the same image.
        size: how many cells that one has, (H',W').

    Returns:
        (N,C,H',W').
    """
    for axis, count in zip((2, 3), size, strict=True):
        last = features.shape[axis] - 1
        # numbers of Python, not tensors: torch.compile takes them for constants
        places = [min(max(place, 0), last) for place in _places(own, target, count)]
        low = _take(features, axis, [math.floor(place) for place in places])
        shares = [place - math.floor(place) for place in places]
        if any(shares):  # else whole cells, in any precision exact
            share = torch.tensor(shares).to(features).view(-1, *[1] * (3 - axis))
            high = _take(features, axis, [math.ceil(place) for place in places])
            low = low + share * (high - low)
        features = low
    return features


def align_whole_cells(features: Tensor, own: Grid, target: Grid, size: tuple[int, int]) -> Tensor:
    """As `align`, but from the nearest whole cells where the strides allow: see `Grid.snapped`."""
    return align(features, own.snapped(target), target, size)


def overlap(mine: Tensor, own: Grid, theirs: Tensor, target: Grid) -> tuple[Tensor, Tensor]:
    """``mine`` and ``theirs``, (N,C,H,W) and (N,D,H',W'), where both have cells: the same H and W.

    Whole cells of mine where the strides allow, and nothing is repeated beyond its last one.
    """
    own = own.snapped(target)
    start, sizes = 0, []
    for axis in (2, 3):
        places = _places(own, target, theirs.shape[axis])
        inside = [n for n, place in enumerate(places) if 0 <= place <= mine.shape[axis] - 1]
        start = inside[0]
        sizes.append(len(inside))
        theirs = theirs.narrow(axis, start, len(inside))
    target = target._replace(first=target.first + start * target.stride)
    return align(mine, own, target, (sizes[0], sizes[1])), theirs


def _places(own: Grid, target: Grid, count: int) -> list[float]:
    """Where the first ``count`` cells of ``target`` lie among those of ``own``, in cells."""
    return [(target.first + target.stride * n - own.first) / own.stride for n in range(count)]


def _take(features: Tensor, axis: int, cells: list[int]) -> Tensor:
    if cells == list(range(cells[0], cells[0] + len(cells))):
        return features.narrow(axis, cells[0], len(cells))  # a view: the usual case
    return features.index_select(axis, torch.tensor(cells, device=features.device))
