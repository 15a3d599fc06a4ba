"""The terms of the perceptual loss."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from stylenet.errors import StylenetError
from stylenet.losses import functional
from stylenet.losses.network import LossNetwork
from stylenet.losses.perceptual import Term, View


class LayerWeightsError(StylenetError, ValueError):
    """Layers and layer weights do not match."""


def weigh_layers(
    name: str, layers: Sequence[str], weights: Sequence[float] | None
) -> dict[str, float]:
    """Pair layers with their weights (1 each where ``weights`` is None).

    Raises:
        LayerWeightsError: no layer, a layer named twice, or lists of different lengths.
    """
    layers = list(layers)
    weights = [1.0] * len(layers) if weights is None else [float(weight) for weight in weights]
    if not layers or len(set(layers)) != len(layers):
        raise LayerWeightsError(
            f"Got loss.{name}_layers={layers}, expected at least one layer and none twice.",
            f"Name the layers once each, e.g. 'loss.{name}_layers=[relu2_2]'.",
        )
    if len(layers) != len(weights):
        raise LayerWeightsError(
            f"Got {len(layers)} {name} layers {layers} but {len(weights)} weights {weights}, "
            "expected lists of equal length.",
            f"Give loss.{name}_layer_weights one number a layer, or null for 1 each.",
        )
    return dict(zip(layers, weights, strict=True))


class ContentTerm(Term):
    """Feature reconstruction: the content loss at each content layer, times the layer's weight."""

    def __init__(
        self, layers: Sequence[str], layer_weights: Sequence[float] | None, weight: float
    ) -> None:
        super().__init__(weight)
        self.layer_weights = weigh_layers("content", layers, layer_weights)
        self.stylised_layers = self.content_layers = tuple(self.layer_weights)

    def forward(self, stylised: View, content: View) -> dict[str, Tensor]:
        """One part a content layer."""
        return {
            layer: weight
            * functional.content_loss(stylised.features[layer], content.features[layer])
            for layer, weight in self.layer_weights.items()
        }


class StyleTerm(Term):
    """Style reconstruction: the style loss at each style layer against Gram matrices of ``style``.

    The targets are computed once, here, in float32, from ``style`` (1,3,H,W) in [0,1] through
    ``network``, and kept in buffers that move with the module but enter no checkpoint.
    """

    def __init__(
        self,
        network: LossNetwork,
        style: Tensor,
        layers: Sequence[str],
        layer_weights: Sequence[float] | None,
        weight: float,
        reduction: functional.Reduction = functional.sum_of_entries,
    ) -> None:
        super().__init__(weight)
        self.layer_weights = weigh_layers("style", layers, layer_weights)
        self.stylised_layers = tuple(self.layer_weights)
        self.reduction = reduction
        with torch.no_grad():
            features = network(style, self.stylised_layers)
        for layer, value in features.items():
            self.register_buffer(f"gram_{layer}", functional.gram_matrix(value), persistent=False)

    def forward(self, stylised: View, content: View) -> dict[str, Tensor]:
        """One part a style layer."""
        del content
        return {
            layer: weight
            * functional.style_loss(
                functional.gram_matrix(stylised.features[layer]),
                self.get_buffer(f"gram_{layer}"),
                self.reduction,
            )
            for layer, weight in self.layer_weights.items()
        }


class TotalVariationTerm(Term):
    """Smoothness of the stylised picture (Johnson et al. 2016, section 3.2)."""

    def forward(self, stylised: View, content: View) -> dict[str, Tensor]:
        """One value."""
        del content
        return {"": functional.total_variation(stylised.image)}


class PixelTerm(Term):
    """Squared distance of the stylised picture's pixels from the content picture's."""

    def forward(self, stylised: View, content: View) -> dict[str, Tensor]:
        """One value."""
        return {"": functional.pixel_loss(stylised.image, content.image)}
