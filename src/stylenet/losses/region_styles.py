"""Style reconstruction where each region of an image has a style of its own."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from stylenet.loss_networks.network import LossNetwork
from stylenet.losses.distances import StyleDistance
from stylenet.losses.layer_weights import LayerWeights
from stylenet.losses.moments import single
from stylenet.losses.perceptual import View
from stylenet.losses.regions import RegionStyleTerm
from stylenet.losses.several import style_factors
from stylenet.losses.targets import KnownStatistics


class RegionStylesTerm(RegionStyleTerm):
    """`RegionStyleTerm` of whole style images, with a factor and a part for each style.

    Args:
        network: reads the style images.
        style: the style pictures: region r is to have the r-th.
        layers: style layers.
        layer_weights: 1 each if None.
        weight: of the term.
        distance: of statistics that regions have; Gram matrices if None.
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
        layer_weights: LayerWeights,
        weight: float,
        distance: StyleDistance | None = None,
        style_weights: Sequence[float] | None = None,
        scales: Sequence[int] = (1,),
        margin: int = 0,
        style_statistics: KnownStatistics = None,
    ) -> None:
        super().__init__(
            network,
            style,
            layers,
            layer_weights,
            weight,
            distance,
            scales=scales,
            margin=margin,
            style_statistics=style_statistics,
        )
        self.factors: Tensor
        factors = torch.tensor(style_factors(len(style), style_weights))
        self.register_buffer("factors", factors, persistent=False)

    def forward(self, stylised: View, content: View) -> dict[str, Tensor]:
        """One part a style, by its number: all layers, times the style's fraction of the image."""
        distances = torch.stack(list(self.by_region(stylised, content).values())).sum(0)
        assert content.regions is not None
        weighed = distances * self.factors * single(content.regions).mean((2, 3))
        return {str(number): weighed[:, number] for number in range(self.count)}
