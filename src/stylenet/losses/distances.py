"""Style distances, as objects: which statistics of features are compared, and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from stylenet.losses import functional, moments

Statistics = Mapping[str, Tensor]
"""Statistics of features by name, each with the batch as its first dimension."""


class StyleDistance(Protocol):
    """Describes features by statistics, and says how far two descriptions are apart."""

    def describe(self, features: Tensor) -> Statistics:
        """(N,C,H,W) -> statistics."""
        ...

    def __call__(self, described: Statistics, target: Statistics) -> Tensor:
        """Statistics of N pictures and of N or 1 -> (N,)."""
        ...


@dataclass(frozen=True)
class GramDistance:
    """Squared difference of Gram matrices over C*H*W, reduced by ``reduction``.

    Gatys et al. 2016, eq. 3 to 5; Johnson et al. 2016, eq. 3 and 4.
    """

    reduction: functional.Reduction = functional.sum_of_entries

    def describe(self, features: Tensor) -> Statistics:
        """Gram matrix (N,C,C)."""
        return {"gram": functional.gram_matrix(features)}

    def __call__(self, described: Statistics, target: Statistics) -> Tensor:
        """(N,)."""
        return functional.style_loss(described["gram"], target["gram"], self.reduction)


@dataclass(frozen=True)
class MomentsDistance:
    """Squared differences of the channels' means and standard deviations, averaged over channels.

    Li et al. 2017 (arXiv:1701.01036), section 4.2, "batch normalization statistics matching".
    """

    def describe(self, features: Tensor) -> Statistics:
        """Means and deviations, (N,C) each."""
        return {
            "mean": moments.channel_means(features),
            "deviation": moments.channel_deviations(features),
        }

    def __call__(self, described: Statistics, target: Statistics) -> Tensor:
        """(N,)."""
        squares = [(described[k] - target[k]) ** 2 for k in ("mean", "deviation")]
        return (squares[0] + squares[1]).mean(1)


@dataclass(frozen=True)
class WassersteinDistance:
    """Squared Wasserstein-2 distance of Gaussians with the features' means and covariances.

    Divided by the number of channels. As in crowsonkb/style-transfer-pytorch, ``eps`` is added to
    the diagonals of the covariances; unlike there, the root is exact, by eigenvalues.
    """

    eps: float = 1e-4

    def describe(self, features: Tensor) -> Statistics:
        """Means (N,C), covariances (N,C,C); their roots too, where no gradient is asked for."""
        statistics = {
            "mean": moments.channel_means(features),
            "covariance": moments.covariance(features, self.eps),
        }
        if not features.requires_grad:
            statistics["root"] = moments.matrix_root(statistics["covariance"])
        return statistics

    def __call__(self, described: Statistics, target: Statistics) -> Tensor:
        """(N,)."""
        means = ((described["mean"] - target["mean"]) ** 2).sum(1)
        covariances = moments.bures_distance(
            described["covariance"], target["covariance"], target["root"]
        )
        return (means + covariances) / described["mean"].shape[1]
