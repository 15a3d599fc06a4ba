"""Style reconstruction where each image of a batch has a style image of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from typing_extensions import override

from stylenet.errors import StylenetError
from stylenet.loss_networks.network import LossNetwork
from stylenet.losses.distances import GramDistance, Statistics, StyleDistance
from stylenet.losses.features import inside, read_features, stacked
from stylenet.losses.layer_weights import LayerWeights, weigh_style_layers
from stylenet.losses.moments import channel_means, channel_stds, single
from stylenet.losses.perceptual import Term, View


class ExampleStyleTerm(Term):
    """At each style layer, each image's distance from the statistics of the example it came with.

    ``View.example`` of the content holds the examples. Where they are fewer than the images, each
    is of as many images in a row, whose statistics are pooled: see `BatchStyleTerm`. The other
    style terms know their styles from the start; this one is for nets that paint in any.

    Args:
        network: reads the photographs of ``distance``.
        layers: style layers.
        layer_weights: 1 each if None.
        weight: of the term.
        distance: Gram matrices if None.
        scales: what the sides of the images are divided by, for each size they are compared at.
        margin: cells at the borders of each layer that are not read.
    """

    def __init__(
        self,
        network: LossNetwork,
        layers: Sequence[str],
        layer_weights: LayerWeights,
        weight: float,
        distance: StyleDistance | None = None,
        scales: Sequence[int] = (1,),
        margin: int = 0,
    ) -> None:
        super().__init__(weight)
        self.margin = margin
        self.distance = GramDistance() if distance is None else distance
        self.layer_weights = weigh_style_layers(layers, layer_weights, self.distance, scales)
        self.stylised_layers = self.example_layers = tuple(self.layer_weights)
        self._photographs: dict[str, list[dict[str, str]]] = {k: [] for k in self.stylised_layers}
        with torch.no_grad():
            for number, image in enumerate(self.distance.photographs):
                seen = View(image, read_features(network, image, self.stylised_layers))
                for layer in self.stylised_layers:
                    names = {}
                    for key, value in self._described(layer, seen).items():
                        names[key] = f"{key}_{layer}_{number}"
                        self.register_buffer(names[key], value, persistent=False)
                    self._photographs[layer].append(names)

    @override
    def forward(self, stylised: View, content: View) -> dict[str, Tensor]:
        """One part a style layer.

        Raises:
            StylenetError: the images came without examples, or with a number of them that does not
                divide theirs.
        """
        example = content.example
        if example is None:
            raise StylenetError(
                "A loss of any style was not given an image in the style that each image is to "
                "have.",
                "Use loss=perceptual, or task=any_style.",
            )
        if len(stylised.image) % len(example.image):
            raise StylenetError(
                f"Got {len(example.image)} examples for {len(stylised.image)} images, expected as "
                "many images for each.",
                "Use a data.batch_size that task.images_per_style divides.",
            )
        each = len(stylised.image) // len(example.image)
        targets = self._targets(example)
        return {
            layer: weight * self.distance(self._described(layer, stylised, each), targets[layer])
            for layer, weight in self.layer_weights.items()
        }

    def _described(self, layer: str, view: View, each: int = 1) -> Statistics:
        values = inside(layer, view.features[layer], view.image, self.margin)
        return self.distance.describe(single(stacked(values, each)))

    @torch.no_grad()
    def _targets(self, example: View) -> dict[str, Statistics]:
        photographs: list[dict[str, Statistics]] = [
            {
                layer: {key: self.get_buffer(name) for key, name in names[number].items()}
                for layer, names in self._photographs.items()
            }
            for number in range(len(self.distance.photographs))
        ]
        described = {layer: self._described(layer, example) for layer in self.stylised_layers}
        return self.distance.targets(described, photographs)


def style_statistics(features: Mapping[str, Tensor]) -> Tensor:
    """Means and standard deviations of all channels of all layers: (N,D), from (N,C,H,W) each.

    What Huang and Belongie 2017 (arXiv:1703.06868) call the style of an image.
    """
    found = [[channel_means(value), channel_stds(value)] for value in features.values()]
    return torch.cat([one for pair in found for one in pair], 1)


class StyleReader(nn.Module):
    """Style images (N,3,H,W) in [0,1] -> their `style_statistics` (N,D) in a loss network.

    Args:
        network: is left as it is by training.
        layers: of it, by name.
    """

    def __init__(self, network: LossNetwork, layers: Sequence[str]) -> None:
        super().__init__()
        self.network = network
        self.layers = tuple(layers)

    @torch.no_grad()
    def forward(self, images: Tensor) -> Tensor:
        """Statistics (N,D)."""
        return style_statistics(read_features(self.network, images, self.layers))
