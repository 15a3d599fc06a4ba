"""What loss networks are made of: the layers of each architecture by name, and its input."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

import torch
from torch import nn

from stylenet.loss_networks.layers import CaffeInput, Fire, ImageNetInput
from stylenet.loss_networks.pooling import MaxPool2x2

# as torchvision names them, whose import takes seconds
_TORCHVISION = "https://download.pytorch.org/models/"
_MATCONVNET = "https://www.vlfeat.org/matconvnet/models/"
_JCJOHNSON = "https://web.eecs.umich.edu/~justincj/models/"
COMPACT_WIDTHS = ((32,) * 2, (64,) * 2, (128,) * 2, (192,) * 2, (256,))


def _imagenet_input() -> nn.Module:
    return ImageNetInput()


@dataclass(frozen=True)
class Architecture:
    """A classifier's feature layers, and where its weights are published.

    Attributes:
        name: such as ``vgg16``.
        build: makes the layers, in order, by name. For torchvision's models they stand one to one
            for the entries of its ``features``, so that the n-th layer's weights are found under
            ``features.n``.
        url: torchvision's file of weights, if any.
        caffe_urls: files with the Caffe weights that publications up to about 2017 used, if any.
        bundled_input: what an image goes through first under the weights that ship, if any do.
    """

    name: str
    build: Callable[[], dict[str, nn.Module]]
    url: str | None = None
    caffe_urls: tuple[str, ...] = ()
    bundled_input: Callable[[], nn.Module] = _imagenet_input

    def shapes(self) -> dict[str, dict[str, torch.Size]]:
        """Shape of every parameter: layer name -> parameter's name within the layer -> shape."""
        with torch.device("meta"):
            layers = self.build()
        return {
            name: {key: value.shape for key, value in layer.state_dict().items()}
            for name, layer in layers.items()
        }


def keras_names(layers: Iterable[str]) -> dict[str, str]:
    """Keras' names of a VGG's ``layers``; its ``block1_conv1`` is the value *after* the activation.

    Source: keras/applications/vgg16.py gives each convolution ``activation="relu"``.
    """
    layers = tuple(layers)
    blocks = {
        f"block{m[1]}_conv{m[2]}": m[0]
        for m in map(re.compile(r"relu(\d)_(\d)").fullmatch, layers)
        if m
    }
    pools = {f"block{name[4:]}_pool": name for name in layers if name.startswith("pool")}
    return blocks | pools if blocks else {}


def _vgg(*blocks: Sequence[int], pool: Callable[[], nn.Module]) -> dict[str, nn.Module]:
    layers: dict[str, nn.Module] = {}
    channels = 3
    for block, widths in enumerate(blocks, 1):
        for index, width in enumerate(widths, 1):
            layers[f"conv{block}_{index}"] = nn.Conv2d(channels, width, 3, padding=1)
            layers[f"relu{block}_{index}"] = nn.ReLU()
            channels = width
        layers[f"pool{block}"] = pool()
    return layers


def _vgg16() -> dict[str, nn.Module]:
    blocks = ((64,) * 2, (128,) * 2, (256,) * 3, (512,) * 3, (512,) * 3)
    return _vgg(*blocks, pool=MaxPool2x2)


def _vgg16_bundled() -> dict[str, nn.Module]:
    return dict(takewhile(lambda layer: layer[0] != "conv4_2", _vgg16().items()))


def _vgg19() -> dict[str, nn.Module]:
    blocks = ((64,) * 2, (128,) * 2, (256,) * 4, (512,) * 4, (512,) * 4)
    return _vgg(*blocks, pool=MaxPool2x2)


def compact_vgg(widths: Sequence[Sequence[int]] = COMPACT_WIDTHS) -> Architecture:
    """A VGG of these widths, one sequence a block, with 2x2 average pooling between the blocks."""

    def build() -> dict[str, nn.Module]:
        layers = _vgg(*widths, pool=lambda: nn.AvgPool2d(2, 2))
        del layers[f"pool{len(widths)}"]  # it was trained with pooling between the blocks only
        return layers

    return Architecture("compact_vgg", build)


def _alexnet() -> dict[str, nn.Module]:
    return {
        "conv1": nn.Conv2d(3, 64, 11, stride=4, padding=2),
        "relu1": nn.ReLU(),
        "pool1": nn.MaxPool2d(3, 2),
        "conv2": nn.Conv2d(64, 192, 5, padding=2),
        "relu2": nn.ReLU(),
        "pool2": nn.MaxPool2d(3, 2),
        "conv3": nn.Conv2d(192, 384, 3, padding=1),
        "relu3": nn.ReLU(),
        "conv4": nn.Conv2d(384, 256, 3, padding=1),
        "relu4": nn.ReLU(),
        "conv5": nn.Conv2d(256, 256, 3, padding=1),
        "relu5": nn.ReLU(),
        "pool5": nn.MaxPool2d(3, 2),
    }


def _squeezenet(stem: nn.Conv2d, pools: tuple[str, ...]) -> dict[str, nn.Module]:
    """Both versions: they differ in the stem and in the fire modules that ``pools`` follow."""

    def layers() -> Iterator[tuple[str, nn.Module]]:
        yield from (("conv1", stem), ("relu1", nn.ReLU()))
        yield "pool1", nn.MaxPool2d(3, 2, ceil_mode=True)
        channels = stem.out_channels
        for index, squeeze in enumerate((16, 16, 32, 32, 48, 48, 64, 64), 2):
            yield f"fire{index}", Fire(channels, squeeze, 4 * squeeze)
            channels = 8 * squeeze
            if f"pool{index}" in pools:
                yield f"pool{index}", nn.MaxPool2d(3, 2, ceil_mode=True)

    return dict(layers())


def _squeezenet1_0() -> dict[str, nn.Module]:
    return _squeezenet(nn.Conv2d(3, 96, 7, stride=2), pools=("pool4", "pool8"))


def _squeezenet1_1() -> dict[str, nn.Module]:
    return _squeezenet(nn.Conv2d(3, 64, 3, stride=2), pools=("pool3", "pool5"))


VGG16 = Architecture(
    "vgg16",
    _vgg16,
    _TORCHVISION + "vgg16-397923af.pth",
    (_MATCONVNET + "imagenet-vgg-verydeep-16.mat", _JCJOHNSON + "vgg16-00b39a1b.pth"),
)
VGG16_BUNDLED = Architecture("vgg16_bundled", _vgg16_bundled, bundled_input=CaffeInput)
VGG19 = Architecture(
    "vgg19",
    _vgg19,
    _TORCHVISION + "vgg19-dcbb9e9d.pth",
    (_MATCONVNET + "imagenet-vgg-verydeep-19.mat", _JCJOHNSON + "vgg19-d01eb7cb.pth"),
)
COMPACT_VGG = compact_vgg()
ALEXNET = Architecture("alexnet", _alexnet, url=_TORCHVISION + "alexnet-owt-7be5be79.pth")
SQUEEZENET1_0 = Architecture(
    "squeezenet1_0", _squeezenet1_0, url=_TORCHVISION + "squeezenet1_0-b66bff10.pth"
)
SQUEEZENET1_1 = Architecture(
    "squeezenet1_1", _squeezenet1_1, url=_TORCHVISION + "squeezenet1_1-b8a52dc0.pth"
)
EVERY = (VGG16, VGG16_BUNDLED, VGG19, COMPACT_VGG, ALEXNET, SQUEEZENET1_0, SQUEEZENET1_1)
