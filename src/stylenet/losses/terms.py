"""The terms of the perceptual loss."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from typing_extensions import override

from stylenet.errors import StylenetError
from stylenet.loss_networks.network import LossNetwork
from stylenet.losses import functional
from stylenet.losses.distances import GramDistance, StyleDistance
from stylenet.losses.features import inside, stacked
from stylenet.losses.layer_weights import (
    LayerWeights,
    share_styles,
    weigh_layers,
    weigh_style_layers,
)
from stylenet.losses.perceptual import Term, View
from stylenet.losses.targets import KnownStatistics, style_targets

ContentDistance = Callable[[Tensor, Tensor], Tensor]
"""Features of the stylised image and of the content image, (N,C,H,W) each -> (N,)."""


class ContentTerm(Term):
    """Feature reconstruction: the content loss at each content layer, times the layer's weight.

    ``distance`` is a function of the stylised image's features and of the content image's,
    (N,C,H,W) each, to (N,): the mean of squared differences if None.
    """

    def __init__(
        self,
        layers: Sequence[str],
        layer_weights: LayerWeights,
        weight: float,
        distance: ContentDistance = functional.content_loss,
    ) -> None:
        super().__init__(weight)
        self.distance = distance
        self.layer_weights = weigh_layers("content", layers, layer_weights)
        self.stylised_layers = self.content_layers = tuple(self.layer_weights)

    @override
    def forward(self, stylised: View, content: View) -> dict[str, Tensor]:
        return {
            layer: weight * self.distance(stylised.features[layer], content.features[layer])
            for layer, weight in self.layer_weights.items()
        }


class StyleTerm(Term):
    """Style reconstruction: at each style layer the distance from the statistics of ``style``.

    The targets are computed once, here, from ``style`` (1,3,H,W) in [0,1] through ``network``; the
    statistics in float32 whatever the precision of the features. They are kept in buffers that move
    with the module but enter no checkpoint.

    Several style images, of any sizes, are blended: the term is the sum of the distances from
    each, times its share in ``style_weights`` (equal ones if None; their sum counts as 1).

    A layer may also be ``pixels``, the image itself; ``scales`` says at which sizes all of them are
    compared, and ``margin`` how many cells at the borders are not read, where a layer sees its
    padding: `stylenet.losses.features`.

    ``style_statistics`` are aimed at in place of those of the style images where they are not None.
    """

    def __init__(
        self,
        network: LossNetwork,
        style: Tensor | Sequence[Tensor],
        layers: Sequence[str],
        layer_weights: LayerWeights,
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
        styles = [style] if isinstance(style, Tensor) else list(style)
        self.shares = share_styles(len(styles), style_weights)
        self._names: dict[tuple[str, int], dict[str, str]] = {}
        targets = style_targets(
            network,
            self.distance,
            styles,
            self.stylised_layers,
            margin=margin,
            known=style_statistics,
        )
        for number, target in enumerate(targets):
            last = f"_{number}" if number else ""
            for layer, statistics in target.items():
                self._names[layer, number] = {k: f"{k}_{layer}{last}" for k in statistics}
                for key, tensor in statistics.items():
                    name = self._names[layer, number][key]
                    self.register_buffer(name, tensor, persistent=False)

    @override
    def forward(self, stylised: View, content: View) -> dict[str, Tensor]:
        return {layer: self._part(layer, stylised) for layer in self.layer_weights}

    def _part(self, layer: str, stylised: View) -> Tensor:
        described = self.distance.describe(self._read(layer, stylised))
        distances = [
            share * self.distance(described, self._target(layer, number))
            for number, share in enumerate(self.shares)
        ]
        return self.layer_weights[layer] * torch.stack(distances).sum(0)

    def _read(self, layer: str, stylised: View) -> Tensor:
        return inside(layer, stylised.features[layer], stylised.image, self.margin)

    def _target(self, layer: str, number: int) -> dict[str, Tensor]:
        return {k: self.get_buffer(name) for k, name in self._names[layer, number].items()}


class BatchStyleTerm(StyleTerm):
    """`StyleTerm` whose statistics are those of ``images`` images of a batch together, in training.

    That each image alone shall have all statistics of the painting, as in Johnson et al. 2016, is
    more than a crop with a plain sky can give: nets learn to meet the deep layers' variances in
    patches of a weave there. Several images can have a colour or a shape here and there. In
    evaluation mode each image is measured on its own.
    """

    images = 4  # or a smaller batch; of larger ones every four, or they could differ too much

    @override
    def _read(self, layer: str, stylised: View) -> Tensor:
        features = super()._read(layer, stylised)
        if not self.training:
            return features
        together = min(self.images, len(features))
        if len(features) % together:
            raise StylenetError(
                f"Got a batch of {len(features)} images, whose style is measured by {together} "
                "together, expected a number that this divides.",
                f"Use another data.batch_size, such as {together}, or loss/style_term=image.",
            )
        return stacked(features, together)


class TotalVariationTerm(Term):
    """Smoothness of the stylised picture (Johnson et al. 2016, section 3.2), by ``variation``."""

    def __init__(
        self, weight: float, variation: Callable[[Tensor], Tensor] = functional.total_variation
    ) -> None:
        super().__init__(weight)
        self.variation = variation

    @override
    def forward(self, stylised: View, content: View) -> dict[str, Tensor]:
        return {"": self.variation(stylised.image)}


class PixelTerm(Term):
    """Squared distance of the stylised picture's pixels from the content picture's."""

    @override
    def forward(self, stylised: View, content: View) -> dict[str, Tensor]:
        return {"": functional.pixel_loss(stylised.image, content.image)}


class PixelDeviationTerm(Term):
    """Pixel L2 regulariser: how far the stylised picture's values are from their own mean."""

    @override
    def forward(self, stylised: View, content: View) -> dict[str, Tensor]:
        return {"": functional.pixel_deviation(stylised.image)}


class RangeTerm(Term):
    """Keeps the stylised picture within [0,1], where nothing else does: files hold no more."""

    @override
    def forward(self, stylised: View, content: View) -> dict[str, Tensor]:
        return {"": functional.range_excess(stylised.image)}
