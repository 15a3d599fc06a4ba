"""Style distances, as objects: which statistics of features are compared, and how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from stylenet.losses import functional, moments

Statistics = Mapping[str, Tensor]
"""Statistics of features by name, each with the batch as its first dimension."""


class StyleDistance:
    """Describes features by statistics, and says how far two descriptions are apart.

    A subclass has `describe` and `parts`.

    Attributes:
        photographs: images (1,3,H,W) in [0,1] that `target` wants described, too.
    """

    photographs: Sequence[Tensor] = ()

    def describe(self, features: Tensor, guides: Tensor | None = None) -> Statistics:
        """(N,C,H,W) -> statistics of N images; with ``guides`` (N,R,H,W) of N*R regions."""
        raise NotImplementedError

    def parts(self, described: Statistics, target: Statistics) -> Mapping[str, Tensor]:
        """Distance in each kind of statistics, by its name: of N and of N or 1 -> (N,) each."""
        raise NotImplementedError

    def target(self, style: Statistics, photographs: Sequence[Statistics]) -> Statistics:
        """The second argument of `parts`: the statistics of ``style``, or more.

        ``photographs`` are the statistics of this distance's photographs at the same layer.
        """
        del photographs
        return style

    def targets(
        self, style: Mapping[str, Statistics], photographs: Sequence[Mapping[str, Statistics]]
    ) -> dict[str, Statistics]:
        """`target` at each layer, from statistics by layer."""
        return {
            layer: self.target(statistics, [one[layer] for one in photographs])
            for layer, statistics in style.items()
        }

    def weigh(self, layer_weights: Mapping[str, float]) -> dict[str, float]:
        """Layer -> factor of its distance, from the weights that were asked for."""
        return dict(layer_weights)

    def __call__(self, described: Statistics, target: Statistics) -> Tensor:
        """Sum of the parts: statistics of N images and of N or 1 -> (N,)."""
        return torch.stack(list(self.parts(described, target).values())).sum(0)


@dataclass(frozen=True, repr=False)
class GramDistance(StyleDistance):
    """Squared difference of Gram matrices over C*H*W, reduced by ``reduction``.

    Gatys et al. 2016, eq. 3 to 5; Johnson et al. 2016, eq. 3 and 4.
    """

    reduction: functional.Reduction = functional.sum_of_entries

    def __repr__(self) -> str:
        """Without a function's address: the words are kept in files."""
        reduction = getattr(self.reduction, "func", self.reduction)  # of a partial
        return f"GramDistance({getattr(reduction, '__name__', reduction)})"

    def describe(self, features: Tensor, guides: Tensor | None = None) -> Statistics:
        """Gram matrix (N,C,C)."""
        gram, _ = moments.gram_and_means(features, guides)
        return {"gram": gram if guides is None else gram.flatten(0, 1)}

    def parts(self, described: Statistics, target: Statistics) -> Mapping[str, Tensor]:
        """``gram``."""
        return {"gram": functional.style_loss(described["gram"], target["gram"], self.reduction)}


@dataclass(frozen=True)
class MomentsDistance(StyleDistance):
    """Squared differences of the channels' means and standard deviations, averaged over channels.

    Li et al. 2017 (arXiv:1701.01036), section 4.2, "batch normalization statistics matching".
    """

    def describe(self, features: Tensor, guides: Tensor | None = None) -> Statistics:
        """Means and standard deviations, (N,C) each."""
        if guides is not None:
            return _without("gram", GramMomentsDistance().describe(features, guides))
        return {
            "mean": moments.channel_means(features),
            "std": moments.channel_stds(features),
        }

    def parts(self, described: Statistics, target: Statistics) -> Mapping[str, Tensor]:
        """``mean`` and ``std``."""
        return {k: ((described[k] - target[k]) ** 2).mean(1) for k in ("mean", "std")}


@dataclass(frozen=True)
class GramMomentsDistance(StyleDistance):
    """Squared differences of Gram matrices, and of the channels' means and standard deviations.

    They are sums over entries, of different sizes: to be weighed by `NormalisedDistance`. A Gram
    matrix alone can be met with means and stds that are the painting's nowhere, which is how
    grain and faded colours come in (Risser et al. 2017, arXiv:1701.08893, section 4).
    """

    def describe(self, features: Tensor, guides: Tensor | None = None) -> Statistics:
        """Gram matrix (N,C,C), means and standard deviations (N,C)."""
        gram, means = moments.gram_and_means(features, guides)
        if guides is not None:
            gram, means = gram.flatten(0, 1), means.flatten(0, 1)
        return {"gram": gram, "mean": means, "std": moments.stds_of(gram, means)}

    def parts(self, described: Statistics, target: Statistics) -> Mapping[str, Tensor]:
        """``gram``, ``mean`` and ``std``."""
        return {
            key: functional.sum_of_entries((described[key] - target[key]) ** 2)
            for key in ("gram", "mean", "std")
        }


@dataclass(frozen=True)
class WassersteinDistance(StyleDistance):
    """Squared Wasserstein-2 distance of Gaussians with the features' means and covariances.

    Divided by the number of channels. As in crowsonkb/style-transfer-pytorch, ``eps`` is added to
    the diagonals of the covariances; unlike there, the root is exact, by eigenvalues.
    """

    eps: float = 1e-4

    def describe(self, features: Tensor, guides: Tensor | None = None) -> Statistics:
        """Means (N,C), covariances (N,C,C); their roots too, where no gradient is asked for."""
        if guides is None:
            means = moments.channel_means(features)
            covariances = moments.covariance(features, self.eps)
        else:
            found = moments.guided_means_and_covariances(features, guides, self.eps)
            means, covariances = (one.flatten(0, 1) for one in found)
        statistics = {"mean": means, "covariance": covariances}
        if not features.requires_grad:
            statistics["root"] = moments.matrix_root(statistics["covariance"])
        return statistics

    def parts(self, described: Statistics, target: Statistics) -> Mapping[str, Tensor]:
        """``mean`` and ``covariance``."""
        channels = described["mean"].shape[1]
        means = ((described["mean"] - target["mean"]) ** 2).sum(1)
        covariances = moments.bures_distance(
            described["covariance"], target["covariance"], target["root"]
        )
        return {"mean": means / channels, "covariance": covariances / channels}


def _without(key: str, statistics: Statistics) -> Statistics:
    return {k: v for k, v in statistics.items() if k != key}
