"""A content term that takes each layer's target from a picture of its own."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from typing_extensions import override

from stylenet.loss_networks.network import LossNetwork
from stylenet.losses import functional
from stylenet.losses.layer_weights import LayerWeights, weigh_layers
from stylenet.losses.perceptual import Term, View
from stylenet.losses.terms import ContentDistance


class LevelsTerm(Term):
    """Feature reconstruction of one picture a layer, such as the levels of a pyramid.

    The targets are computed once, here, and kept in buffers that enter no checkpoint; the content
    picture that a loss is given is not looked at.

    Args:
        network: the loss network.
        levels: layer -> the picture (1,3,H,W) in [0,1] whose features are wanted there; all of
            the size of the picture that is optimised.
        weight: of the term.
        layer_weights: a number for each layer in their order, or by name, or None for 1 each.
        distance: of the features at a layer: two (N,C,H,W) -> (N,).

    Raises:
        LayerWeightsError: no layer, or weights that do not match.
    """

    def __init__(
        self,
        network: LossNetwork,
        levels: Mapping[str, Tensor],
        weight: float,
        layer_weights: LayerWeights = None,
        distance: ContentDistance = functional.content_loss,
    ) -> None:
        super().__init__(weight)
        self.distance = distance
        self.layer_weights = weigh_layers("content", list(levels), layer_weights)
        self.stylised_layers = tuple(self.layer_weights)
        for layer, picture in levels.items():
            with torch.no_grad():
                (features,) = network(picture, [layer]).values()
            self.register_buffer(f"features_{layer}", features, persistent=False)

    @override
    def forward(self, stylised: View, content: View) -> dict[str, Tensor]:
        return {
            layer: weight
            * self.distance(stylised.features[layer], self.get_buffer(f"features_{layer}"))
            for layer, weight in self.layer_weights.items()
        }
