"""Style reconstruction with several styles at hand, one for each image of a batch."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from stylenet.errors import StylenetError
from stylenet.loss_networks.network import LossNetwork
from stylenet.losses.distances import GramDistance, StyleDistance
from stylenet.losses.features import inside
from stylenet.losses.layer_weights import LayerWeightsError, weigh_style_layers
from stylenet.losses.perceptual import Term, View
from stylenet.losses.targets import KnownStatistics, style_targets


def style_factors(count: int, weights: Sequence[float] | None) -> list[float]:
    """Factors of ``count`` styles, 1 each if ``weights`` is None.

    Raises:
        LayerWeightsError: another number of them, or a negative one.
    """
    factors = [1.0] * count if weights is None else [float(weight) for weight in weights]
    if len(factors) != count or min(factors) < 0:
        raise LayerWeightsError(
            f"Got style_weights={factors} (loss.style_weights, or the term's own) for {count} "
            "styles, expected a number of 0 or more for each.",
            "Give each its factor, e.g. 'style=[udnie,wave]' 'loss.style_weights=[0.5,1]', or "
            "null.",
        )
    return factors


class StylesTerm(Term):
    """At each style layer, each image's distance from the statistics of the style chosen for it.

    ``View.chosen`` of the content says which. The targets are computed once, here, from images
    (1,3,H,W) in [0,1] of any sizes; statistics are each image's own, never the batch's.

    Args:
        network: reads the style images.
        style: the style images.
        layers: style layers.
        layer_weights: 1 each if None.
        weight: of the term.
        distance: Gram matrices if None.
        style_weights: multiplies ``weight`` for each style; 1 each if None.
        scales: what the sides of the images are divided by, for each size they are compared at.
        margin: cells at the borders of each layer that are not read.
        style_statistics: aimed at in place of those of the style images where they are not None.

    Raises:
        LayerWeightsError: another number of style weights than of styles, or a negative one.
    """

    def __init__(
        self,
        network: LossNetwork,
        style: Sequence[Tensor],
        layers: Sequence[str],
        layer_weights: Sequence[float] | None,
        weight: float,
        distance: StyleDistance | None = None,
        style_weights: Sequence[float] | None = None,
        scales: Sequence[int] = (1,),
        margin: int = 0,
        style_statistics: KnownStatistics = None,
    ) -> None:
        super().__init__(weight)
        self.margin = margin
        self.distance = GramDistance() if distance is None else distance
        self.layer_weights = weigh_style_layers(layers, layer_weights, self.distance, scales)
        self.stylised_layers = tuple(self.layer_weights)
        factors = style_factors(len(style), style_weights)
        self.factors: Tensor
        self.register_buffer("factors", torch.tensor(factors), persistent=False)
        self._names: dict[str, dict[str, str]] = {}
        targets = style_targets(
            network,
            self.distance,
            style,
            self.stylised_layers,
            margin=margin,
            known=style_statistics,
        )
        for layer in self.stylised_layers:
            self._names[layer] = {key: f"{key}_{layer}" for key in targets[0][layer]}
            for key, name in self._names[layer].items():
                stacked = torch.cat([one[layer][key] for one in targets])
                self.register_buffer(name, stacked, persistent=False)

    def forward(self, stylised: View, content: View) -> dict[str, Tensor]:
        """One part a style layer.

        Raises:
            StylenetError: nobody said which style each image is to have.
        """
        if content.chosen is None:
            raise StylenetError(
                "A loss of several styles was not told which style each picture is to have.",
                "Use loss=perceptual, or task=multistyle.",
            )
        factors = self.factors[content.chosen]
        parts = {}
        for layer, weight in self.layer_weights.items():
            features = inside(layer, stylised.features[layer], stylised.image, self.margin)
            described = self.distance.describe(features)
            names = self._names[layer].items()
            targets = {key: self.get_buffer(name)[content.chosen] for key, name in names}
            parts[layer] = weight * factors * self.distance(described, targets)
        return parts
