"""The terms of the perceptual loss."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor
from typing_extensions import override

from stylenet.errors import StylenetError
from stylenet.loss_networks.network import LossNetwork
from stylenet.losses import functional
from stylenet.losses.distances import GramDistance, StyleDistance
from stylenet.losses.features import at_scales, inside, stacked
from stylenet.losses.perceptual import Term, View
from stylenet.losses.targets import KnownStatistics, style_targets


class LayerWeightsError(StylenetError, ValueError):
    """Layers and layer weights do not match."""


ContentDistance = Callable[[Tensor, Tensor], Tensor]
"""Features of the stylised image and of the content image, (N,C,H,W) each -> (N,)."""

LayerWeights = Sequence[float] | Mapping[str, float] | None
"""A number for each layer in their order, or numbers by layer's name, or 1 each."""


def weigh_layers(name: str, layers: Sequence[str], weights: LayerWeights) -> dict[str, float]:
    """Pair layers with their weights; of a mapping those of ``layers`` are taken.

    Raises:
        LayerWeightsError: no layer, a layer named twice, lists of different lengths, or a layer
            that a mapping has not.
    """
    layers = list(layers)
    if isinstance(weights, Mapping):
        if missing := [layer for layer in layers if layer not in weights]:
            raise LayerWeightsError(
                f"Got {name} layers {layers} but weights for {', '.join(weights) or 'none'} only, "
                f"expected one for {', '.join(missing)}, too.",
                f"Give {name}_layer_weights, or the term's own layer_weights, one number a layer, "
                "or null for 1 each.",
            )
        weights = [weights[layer] for layer in layers]
    weights = [1.0] * len(layers) if weights is None else [float(weight) for weight in weights]
    if not layers or len(set(layers)) != len(layers):
        raise LayerWeightsError(
            f"Got {name}_layers={layers}, expected at least one layer and none twice.",
            f"Name the layers once each, e.g. {name}_layers=[relu2_2].",
        )
    if len(layers) != len(weights):
        raise LayerWeightsError(
            f"Got {len(layers)} {name} layers {layers} but {len(weights)} weights {weights}, "
            "expected lists of equal length.",
            f"Give {name}_layer_weights, or the term's own layer_weights, one number a layer, or "
            "null for 1 each.",
        )
    return dict(zip(layers, weights, strict=True))


def weigh_style_layers(
    layers: Sequence[str],
    weights: LayerWeights,
    distance: StyleDistance,
    scales: Sequence[int],
) -> dict[str, float]:
    """What the distance is multiplied by at each layer and scale; as `weigh_layers`."""
    return at_scales(distance.weigh(weigh_layers("style", layers, weights)), scales)


def share_styles(count: int, weights: Sequence[float] | None) -> tuple[float, ...]:
    """Shares of ``count`` styles that sum to 1 (equal ones where ``weights`` is None).

    Raises:
        LayerWeightsError: another number of weights, a negative one, or none above 0.
    """
    given = [1.0] * count if weights is None else [float(weight) for weight in weights]
    if len(given) != count or min(given) < 0 or sum(given) <= 0:
        raise LayerWeightsError(
            f"Got style_weights={given} (loss.style_weights, or the term's own) for {count} style "
            "pictures, expected a number of 0 or more for each, and one above 0.",
            "Give each its share, e.g. 'style=[udnie,wave]' 'loss.style_weights=[2,1]', or null.",
        )
    return tuple(weight / sum(given) for weight in given)


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
