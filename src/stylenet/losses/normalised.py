"""Style distances over what they are for photographs, so that one weight suits all styles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from stylenet.errors import StylenetError
from stylenet.losses.distances import Statistics, StyleDistance


@dataclass(frozen=True)
class PhotographsDistance(StyleDistance):
    """What both have: a distance, photographs, and the layers' weights as fractions of 1.

    Raises:
        StylenetError: there is no photograph.
    """

    distance: StyleDistance
    photographs: Sequence[Tensor]

    def __post_init__(self) -> None:
        """Refuse what cannot be normalised."""
        if not self.photographs:
            raise StylenetError(
                "Got no photographs to normalise the style distance by, expected at least one.",
                "Use stylenet.images.reference_photographs(), or loss/style_distance=squared_gram.",
            )

    def describe(self, features: Tensor, guides: Tensor | None = None) -> Statistics:
        """As ``distance``."""
        return self.distance.describe(features, guides)

    def weigh(self, layer_weights: Mapping[str, float]) -> dict[str, float]:
        """As fractions of 1."""
        total = sum(layer_weights.values())
        return {layer: weight / total for layer, weight in layer_weights.items()}


@dataclass(frozen=True)
class NormalisedDistance(PhotographsDistance):
    """Each part of ``distance`` over what it is, on average, for photographs.

    sum_k w_k d_k(x, s) / mean_p d_k(p, s) for an image x, a style s and photographs p, and the
    layers' weights as fractions of 1: 0 for the style itself, about the sum of ``weights`` for a
    photograph, whatever the layer, the loss network and the painting. So one style weight suits
    all of them (Jing et al. 2020, arXiv:2104.10064 normalise by a bound of the distance instead).

    Args:
        distance: what is compared.
        photographs: images (1,3,H,W) in [0,1], at least one.
        weights: of the parts, by name; 1 for those that are not named.

    Raises:
        StylenetError: there is no photograph, or a weight of a part that ``distance`` has not.
    """

    weights: Mapping[str, float] = field(default_factory=dict)

    def target(self, style: Statistics, photographs: Sequence[Statistics]) -> Statistics:
        """``style`` and the mean distance of ``photographs`` from it, for each part."""
        far = [self.distance.parts(photograph, style) for photograph in photographs]
        unknown = sorted({*self.weights} - {*far[0]})
        if unknown:
            raise StylenetError(
                f"Got weights of {', '.join(unknown)} for a style distance of {', '.join(far[0])}.",
                f"Name some of {', '.join(far[0])} in loss.style_distance.weights.",
            )
        scales = {f"scale_{key}": torch.stack([one[key] for one in far]).mean(0) for key in far[0]}
        return {**style, **scales}

    def parts(self, described: Statistics, target: Statistics) -> Mapping[str, Tensor]:
        """Those of ``distance``, weighed; parts of no weight are left out."""
        found = self.distance.parts(described, target)
        return {
            key: self.weights.get(key, 1.0) * value / target[f"scale_{key}"]
            for key, value in found.items()
            if self.weights.get(key, 1.0) != 0
        }


@dataclass(frozen=True)
class ScaledDistance(PhotographsDistance):
    """``distance`` over one number for all layers of a painting.

    d_l(x, s) / sqrt(m(s) mean_p m(p)) for an image x, a style s and photographs p, where m(y) is
    the mean over layers of d_l(0, y), the size of y's own statistics; the layers' weights as
    fractions of 1. One style weight suits all paintings and loss networks, as with
    `NormalisedDistance`, but the layers and features that are strong in the painting keep their
    say, as in the papers. The root is what was found: the weights that eyes chose for single
    paintings go with the root of their sizes (experiments/defaults). An m(s) below `LEAST` of a
    photograph's counts as that: what is next to black, or a region without a cell.

    Args:
        distance: what is compared: a squared difference of statistics, such as `GramDistance`.
        photographs: images (1,3,H,W) in [0,1], at least one.

    Raises:
        StylenetError: there is no photograph.
    """

    LEAST: ClassVar[float] = 1e-4

    def targets(
        self, style: Mapping[str, Statistics], photographs: Sequence[Mapping[str, Statistics]]
    ) -> dict[str, Statistics]:
        """``style`` and, the same at each layer, what distances are divided by."""
        usual = torch.stack([self._size(one).mean() for one in photographs]).mean()
        scale = (self._size(style).maximum(self.LEAST * usual) * usual).sqrt()
        return {layer: {**statistics, "scale": scale} for layer, statistics in style.items()}

    def parts(self, described: Statistics, target: Statistics) -> Mapping[str, Tensor]:
        """Those of ``distance``, over the scale."""
        found = self.distance.parts(described, target)
        return {key: value / target["scale"] for key, value in found.items()}

    def _size(self, style: Mapping[str, Statistics]) -> Tensor:
        """Mean over layers of the distance of ``style`` from statistics of zero: (N,)."""
        sizes = []
        for statistics in style.values():
            zero = {key: torch.zeros_like(value) for key, value in statistics.items()}
            sizes.append(self.distance(zero, statistics))
        return torch.stack(sizes).mean(0)
