"""The loss network: a frozen classifier whose features define the loss."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any, Self

import torch
from torch import Tensor, nn
from typing_extensions import override

from stylenet.loss_networks import architectures
from stylenet.loss_networks.architectures import Architecture, keras_names
from stylenet.loss_networks.checks import check_image, check_size
from stylenet.loss_networks.convolutions import Convolution, with_convolutions
from stylenet.loss_networks.errors import LossNetworkError
from stylenet.loss_networks.geometry import Grid, grid_of
from stylenet.loss_networks.layers import CaffeInput, Window
from stylenet.loss_networks.running import run_layers
from stylenet.loss_networks.weights import Weights

Pooling = Callable[..., nn.Module]
"""Makes a pooling layer from ``kernel_size``, ``stride``, ``padding`` and ``ceil_mode``."""


class LossNetwork(nn.Module):
    """Features of a frozen classifier, by layer name.

    Always in evaluation mode, and without gradient to its own parameters; pictures get theirs. It
    adds nothing to the ``state_dict`` of a module that contains it, and asks for nothing when such
    a one is loaded: checkpoints stay free of it.

    Args:
        architecture: the layers.
        weights: where their weights come from; also decides what the pictures are turned into.
        pooling: replaces every pooling layer by ``pooling(kernel_size=..., stride=...,
            padding=..., ceil_mode=...)`` of the same geometry, such as ``torch.nn.AvgPool2d``
            (Gatys et al. 2016, section 2); None keeps the pooling that the weights were trained
            with.
        convolution: replaces every convolution by ``convolution(in_channels, out_channels,
            kernel_size, stride, padding)``, such as
            `stylenet.loss_networks.padding.ReplicatingConv2d`; None pads with zeros, as the weights
            were trained.

    Attributes:
        name: the architecture's, such as ``vgg16``.
        layer_names: all layers, in order.
        weights_source: where the weights came from, for the record of a run.
        classifier: from the last layer's features to logits, where the weights came with one
            that can be used on any size; else None.
        is_caffe: whether these are the Caffe weights; where a publication used them and this is
            False, results are not comparable with its own.

    Raises:
        WeightsError: the weights are missing, unreadable or another network's.
    """

    def __init__(
        self,
        architecture: Architecture,
        weights: Weights,
        pooling: Pooling | None = None,
        convolution: Convolution | None = None,
    ) -> None:
        super().__init__()
        loaded = weights.load(architecture)
        with torch.device("meta"):  # spares the initialisation, and the global random generator
            layers = architecture.build()
            if convolution is not None:
                layers = {k: with_convolutions(convolution, layer) for k, layer in layers.items()}
        self.name = architecture.name
        self.layer_names = tuple(layers)
        self.weights_source = loaded.source
        self.is_caffe = isinstance(loaded.input, CaffeInput)
        self._aliases = keras_names(layers)
        self._windows = {name: Window.of(layer) for name, layer in layers.items()}
        self.input = loaded.input
        self.classifier = loaded.classifier
        self.layers = nn.ModuleDict(layers)
        self.layers.load_state_dict(loaded.tensors, assign=True)
        if pooling is not None:
            for name, layer in layers.items():
                window = self._windows[name]
                if window is not None and not isinstance(layer, nn.Conv2d):
                    self.layers[name] = pooling(**window._asdict())
        self._precision: torch.dtype | None = None
        self.requires_grad_(False)
        self.train(False)
        self.register_load_state_dict_pre_hook(_keep_own_weights)  # type: ignore[no-untyped-call]

    def forward(self, image: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        """Features of ``image`` at ``layers``, computed no further than the deepest of them.

        Args:
            image: RGB in [0,1], (N,3,H,W).
            layers: names as in `layer_names`, or Keras' names on a VGG: ``relu2_2`` (which Keras
                calls ``block2_conv2``) is after, ``conv2_2`` before the activation.

        Returns:
            Each name as asked -> features, (N,C,H',W').

        Raises:
            LossNetworkError: an unknown layer, not a batch of RGB pictures, or too small ones.
        """
        asked = {name: self.resolve(name) for name in layers}
        wanted = set(asked.values())
        depth = max((self.layer_names.index(name) + 1 for name in wanted), default=0)
        self.check(image, depth)
        # style pictures stay on the CPU, where Lightning does not move them with a task
        image = image.to(next(self.layers.parameters()).device)
        features = run_layers(islice(self.layers.items(), depth), self.normalise(image), wanted)
        return {name: features[known] for name, known in asked.items()}

    def grid(self, layer: str) -> Grid:
        """Where in the picture the cells of ``layer`` have their centres."""
        depth = self.layer_names.index(self.resolve(layer)) + 1
        return grid_of(islice(self._windows.values(), depth))

    def normalise(self, image: Tensor) -> Tensor:
        """What the first layer gets for ``image``, RGB in [0,1], (N,3,H,W)."""
        value: Tensor = self.input(image)
        return value if self._precision is None else value.to(self._precision)

    def lower(self, precision: torch.dtype) -> Self:
        """Keep the layers in ``precision``, such as bfloat16, from now on; features come in it too.

        Autocast computes the same, but would round the weights again at each step. Pictures are
        still normalised in their own precision.
        """
        self.layers.to(precision)
        if self.classifier is not None:
            self.classifier.to(precision)
        self._precision = precision
        return self

    def resolve(self, layer: str) -> str:
        """The layer's own name, for its name or an alias.

        Raises:
            LossNetworkError: no such layer; lists them, and the nearest match.
        """
        if layer in self.layers:
            return layer
        if layer in self._aliases:
            return self._aliases[layer]
        near = difflib.get_close_matches(layer, [*self.layer_names, *self._aliases], 1, 0.5)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        keras = f", and Keras' names such as {min(self._aliases)}" if self._aliases else ""
        raise LossNetworkError(
            f"{self.name} has no layer {layer!r}.",
            f"{hint}Its layers are {', '.join(self.layer_names)}{keras}.",
        )

    @override
    def train(self, mode: bool = True) -> Self:
        """Stay in evaluation mode, whatever the containing module is set to."""
        return super().train(False)

    @override
    def state_dict(
        self, *, destination: Any = None, prefix: str = "", keep_vars: bool = False
    ) -> Any:
        """Empty: the weights are found again at their source, and are not saved twice."""
        return {} if destination is None else destination

    def check(self, image: Tensor, depth: int) -> None:
        """Refuse what is no batch of RGB pictures, or too small for the first ``depth`` layers.

        Raises:
            LossNetworkError: with what was got and what was expected; `TooSmallError` for a size.
        """
        check_image(self.name, image)
        windows = [window for window in islice(self._windows.values(), depth) if window]
        check_size(self.name, image, self.layer_names[depth - 1], windows)


def _keep_own_weights(
    network: nn.Module, state: dict[str, Tensor], prefix: str, *_: object
) -> None:
    """Answer a containing module's strict loading with the weights that are there already."""
    for key, value in nn.Module.state_dict(network).items():
        state[prefix + key] = value


def vgg16(
    weights: Weights, pooling: Pooling | None = None, convolution: Convolution | None = None
) -> LossNetwork:
    """VGG-16 (Simonyan and Zisserman 2015, arXiv:1409.1556, table 1, column D)."""
    return LossNetwork(architectures.VGG16, weights, pooling, convolution)


def vgg16_bundled(
    weights: Weights, pooling: Pooling | None = None, convolution: Convolution | None = None
) -> LossNetwork:
    """VGG-16 up to relu4_1, whose Caffe weights, in 8 bits, ship: ``vgg16_bundled.md``."""
    return LossNetwork(architectures.VGG16_BUNDLED, weights, pooling, convolution)


def vgg19(
    weights: Weights, pooling: Pooling | None = None, convolution: Convolution | None = None
) -> LossNetwork:
    """VGG-19 (Simonyan and Zisserman 2015, arXiv:1409.1556, table 1, column E)."""
    return LossNetwork(architectures.VGG19, weights, pooling, convolution)


def compact_vgg(
    weights: Weights,
    pooling: Pooling | None = None,
    widths: Sequence[Sequence[int]] = architectures.COMPACT_WIDTHS,
    convolution: Convolution | None = None,
) -> LossNetwork:
    """Our own small VGG with average pooling; ``compact_vgg.md`` is its card.

    ``widths`` of its blocks are those it was distilled with; the bundled weights have the default.
    """
    return LossNetwork(architectures.compact_vgg(widths), weights, pooling, convolution)


def alexnet(
    weights: Weights, pooling: Pooling | None = None, convolution: Convolution | None = None
) -> LossNetwork:
    """AlexNet, in torchvision's form (Krizhevsky 2014, arXiv:1404.5997)."""
    return LossNetwork(architectures.ALEXNET, weights, pooling, convolution)


def squeezenet1_0(
    weights: Weights, pooling: Pooling | None = None, convolution: Convolution | None = None
) -> LossNetwork:
    """SqueezeNet 1.0 (Iandola et al. 2016, arXiv:1602.07360).

    torchvision's ``features.3`` to ``5`` are fire2 to fire4, ``features.7`` to ``10`` fire5 to
    fire8, ``features.12`` fire9; pool4 and pool8 stand between.
    """
    return LossNetwork(architectures.SQUEEZENET1_0, weights, pooling, convolution)


def squeezenet1_1(
    weights: Weights, pooling: Pooling | None = None, convolution: Convolution | None = None
) -> LossNetwork:
    """SqueezeNet 1.1: its authors' later version, with a smaller stem and earlier pooling.

    torchvision's ``features.3`` and ``4`` are fire2 and fire3, ``features.6`` and ``7`` fire4 and
    fire5, ``features.9`` to ``12`` fire6 to fire9; pool3 and pool5 stand between.
    """
    return LossNetwork(architectures.SQUEEZENET1_1, weights, pooling, convolution)
