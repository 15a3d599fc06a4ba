"""A loss network in the making: the same layers, with gradient to their parameters."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from itertools import islice

import torch
from torch import Tensor, nn

from stylenet.loss_networks import architectures
from stylenet.loss_networks.architectures import Architecture
from stylenet.loss_networks.geometry import Grid, grid_of
from stylenet.loss_networks.layers import Window
from stylenet.loss_networks.running import run_layers
from stylenet.loss_networks.weights import Weights

# A channel whose mean activation is below this fraction of its layer's mean is dead, or nearly.
DEAD = 1e-3


class Student(nn.Module):
    """The layers of ``architecture``, trainable, from where ``weights`` puts them.

    Its tensors, `tensors`, are what a `LossNetwork` of the same architecture loads.

    Attributes:
        name: the architecture's.
        layer_names: all layers, in order.
        weights_source: where the first weights came from, for the record of a run.

    Raises:
        WeightsError: the weights are missing, unreadable or another network's.
    """

    def __init__(self, architecture: Architecture, weights: Weights) -> None:
        super().__init__()
        loaded = weights.load(architecture)
        with torch.device("meta"):
            layers = architecture.build()
        self.name = architecture.name
        self.layer_names = tuple(layers)
        self.weights_source = loaded.source
        self.input = loaded.input
        self.layers = nn.ModuleDict(layers)
        self.layers.load_state_dict(loaded.tensors, assign=True)

    def forward(self, image: Tensor, layers: Collection[str]) -> dict[str, Tensor]:
        """Features of ``image``, RGB in [0,1], (N,3,H,W), at ``layers``."""
        depth = max(self.layer_names.index(name) + 1 for name in layers)
        return run_layers(islice(self.layers.items(), depth), self.input(image), layers)

    def grid(self, layer: str) -> Grid:
        """Where in the image the cells of ``layer`` have their centres."""
        depth = self.layer_names.index(layer) + 1
        return grid_of(Window.of(one) for one in islice(self.layers.values(), depth))

    def width(self, layer: str) -> int:
        """Channels after ``layer``."""
        depth = self.layer_names.index(layer) + 1
        convolutions = [m for m in islice(self.layers.values(), depth) if isinstance(m, nn.Conv2d)]
        return convolutions[-1].out_channels

    @torch.no_grad()
    def revive(self, means: Mapping[str, Tensor], seed: int) -> int:
        """Draw new filters for dead channels, which no gradient would wake.

        Their biases are such that they are above zero about half the time. They speak softly at
        first: what the next convolution reads of them is a tenth of He's.

        Args:
            means: name of each ReLU -> mean activations (C,) over images.
            seed: of the new values.

        Returns:
            How many were dead, by less than a thousandth of their layer's mean.
        """
        generator = torch.Generator().manual_seed(seed)
        found = 0
        names = list(self.layers)
        convolutions = [m for m in self.layers.values() if isinstance(m, nn.Conv2d)]
        before: Tensor | None = None
        for position, layer in enumerate(convolutions):
            mean = means[names[names.index(_name(self.layers, layer)) + 1]]
            dead = mean < DEAD * mean.mean()
            found += int(dead.sum())
            assert layer.bias is not None
            layer.weight[dead] = _he(layer.weight, generator)[dead]
            level = torch.zeros(layer.in_channels) if before is None else before
            layer.bias[dead] = -(layer.weight.sum((2, 3)) @ level.to(layer.weight))[dead]
            before = mean
            if position + 1 < len(convolutions):
                reader = convolutions[position + 1].weight
                reader[:, dead] = 0.1 * _he(reader, generator)[:, dead]
        return found

    def tensors(self) -> dict[str, Tensor]:
        """``conv1_1.weight`` and so on -> values, on the CPU, float32."""
        return {
            k: v.detach().float().cpu().contiguous() for k, v in self.layers.state_dict().items()
        }


def _name(layers: nn.ModuleDict, layer: nn.Module) -> str:
    return next(name for name, one in layers.items() if one is layer)


def _he(like: Tensor, generator: torch.Generator) -> Tensor:
    std = math.sqrt(2 / like[0].numel())
    return torch.empty(like.shape).normal_(0, std, generator=generator).to(like)


def compact_vgg(
    weights: Weights, widths: Sequence[Sequence[int]] = architectures.COMPACT_WIDTHS
) -> Student:
    """A student in the shape of the compact VGG, with blocks of these widths."""
    return Student(architectures.compact_vgg(widths), weights)
