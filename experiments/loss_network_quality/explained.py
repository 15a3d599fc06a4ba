"""How much of one network's features another's explain, cell by cell, by a linear map."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from stylenet.loss_networks import LossNetwork
from stylenet.loss_networks.geometry import Grid

Alignment = Callable[[Tensor, Grid, Grid, tuple[int, int]], Tensor]
"""Reads features (N,C,H,W) on one grid at the cells of another, of a given size."""

RIDGE = 1e-6
# of the most varying channel's variance; a channel below it is dead
DEAD = 1e-12


class Pair(NamedTuple):
    """Which layer of the explaining network stands for which of the other's, and how they meet."""

    own: str
    target: str
    align: Alignment


class Moments:
    """First and second moments of inputs and outputs, summed up in float64."""

    def __init__(self) -> None:
        self.count = 0
        self._sums: tuple[Tensor, ...] = ()

    def add(self, inputs: Tensor, outputs: Tensor) -> None:
        """Take in cells: (M,C) and (M,D)."""
        x, y = inputs.double(), outputs.double()
        sums = (x.sum(0), y.sum(0), x.T @ x, x.T @ y, (y**2).sum(0))
        self._sums = tuple(map(torch.add, self._sums, sums)) if self._sums else sums
        self.count += len(x)

    @property
    def means(self) -> tuple[Tensor, Tensor]:
        """Of the inputs (C,) and of the outputs (D,)."""
        return self._sums[0] / self.count, self._sums[1] / self.count

    @property
    def covariances(self) -> tuple[Tensor, Tensor, Tensor]:
        """Inputs with inputs (C,C), inputs with outputs (C,D), the outputs' variances (D,)."""
        x, y = self.means
        xx, xy, yy = (total / self.count for total in self._sums[2:])
        return xx - torch.outer(x, x), xy - torch.outer(x, y), yy - y**2


def linear_map(moments: Moments, ridge: float = RIDGE) -> tuple[Tensor, Tensor]:
    """The affine map with the least squared error: weight (C,D) and bias (D,), float64.

    ``ridge`` is the penalty on the squared weights of standardised inputs, per cell. An input that
    never varies gets the weight 0.
    """
    xx, xy, _ = moments.covariances
    x, y = moments.means
    variances = xx.diagonal()
    dead = variances <= DEAD * variances.max()
    scale = variances.masked_fill(dead, torch.inf).rsqrt()
    correlations = scale[:, None] * xx * scale + ridge * torch.eye(len(x)).to(xx)
    weight = scale[:, None] * torch.linalg.solve(correlations, scale[:, None] * xy)
    return weight, y - x @ weight


def explained_share(fitting: Moments, held_out: Moments, ridge: float = RIDGE) -> float:
    """Fraction of the outputs' variance in ``held_out`` that the map of ``fitting`` explains.

    1 - SSE / SST, both summed over channels, each channel divided by its variance in ``fitting``
    (channels that never vary there are left out); SST is about the means in ``held_out``. 1 is
    perfect, 0 as good as the mean, and a map that misleads is below 0.
    """
    weight, bias = linear_map(fitting, ridge)
    unit = fitting.covariances[2]
    alive = unit > DEAD * unit.max()
    x, y = held_out.means
    xx, xy, total = held_out.covariances
    error = total - 2 * (weight * xy).sum(0) + (weight * (xx @ weight)).sum(0)
    error = error + (y - x @ weight - bias) ** 2
    return 1 - float((error / unit)[alive].sum() / (total / unit)[alive].sum())


@torch.inference_mode()
def feature_moments(
    network: LossNetwork, teacher: LossNetwork, pairs: Sequence[Pair], pictures: Iterable[Tensor]
) -> list[Moments]:
    """Moments of each pair's features, ``network``'s as inputs, over all cells of ``pictures``.

    Args:
        network: the one that explains.
        teacher: the one that is explained.
        pairs: layers of both.
        pictures: (1,3,H,W) in [0,1], of any sizes.
    """
    found = [Moments() for _ in pairs]
    for picture in pictures:
        features = network(picture, [pair.own for pair in pairs])
        targets = teacher(picture, [pair.target for pair in pairs])
        for pair, moments in zip(pairs, found, strict=True):
            target = targets[pair.target]
            grids = network.grid(pair.own), teacher.grid(pair.target)
            height, width = target.shape[2:]
            own = pair.align(features[pair.own], *grids, (height, width))
            moments.add(_cells(own), _cells(target))
    return found


def _cells(features: Tensor) -> Tensor:
    """(N,C,H,W) -> (N*H*W,C)."""
    return features.movedim(1, -1).flatten(0, 2)
