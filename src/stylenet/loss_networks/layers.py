"""Layers that torch has not: what loss networks begin with, SqueezeNet's own; what windows see."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn


class ImageNetInput(nn.Module):
    """RGB in [0,1] -> ImageNet's mean 0 and std 1 a channel: torchvision's convention."""

    def __init__(self) -> None:
        super().__init__()
        self.mean: Tensor
        self.std: Tensor
        self.register_buffer("mean", _per_channel(0.485, 0.456, 0.406), persistent=False)
        self.register_buffer("std", _per_channel(0.229, 0.224, 0.225), persistent=False)

    def forward(self, image: Tensor) -> Tensor:
        """Normalise (N,3,H,W)."""
        return (image - self.mean) / self.std


class CaffeInput(nn.Module):
    """RGB in [0,1] -> BGR in 0 to 255 minus the mean: the convention of the original VGG.

    Source: README of jcjohnson/pytorch-vgg, commit 08da7a258d4e266ec6509493954a8b2b322ba7f1.
    """

    def __init__(self) -> None:
        super().__init__()
        self.mean: Tensor
        self.register_buffer("mean", _per_channel(103.939, 116.779, 123.68), persistent=False)

    def forward(self, image: Tensor) -> Tensor:
        """Reorder, scale and centre (N,3,H,W)."""
        # In bfloat16, 255 times the image would be rounded to whole numbers and coarser.
        return image.flip(1).to(self.mean.dtype) * 255 - self.mean


class Fire(nn.Module):
    """SqueezeNet's module: 1x1 squeeze, then 1x1 and 3x3 expansions side by side.

    Source: Iandola et al. 2016 (arXiv:1602.07360), section 3.2; parameters named as torchvision's.
    """

    def __init__(self, channels_in: int, squeeze: int, expand: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(channels_in, squeeze, 1)
        self.expand1x1 = nn.Conv2d(squeeze, expand, 1)
        self.expand3x3 = nn.Conv2d(squeeze, expand, 3, padding=1)

    def forward(self, features: Tensor) -> Tensor:
        """(N,C,H,W) -> (N, 2 * expand, H, W), after the activation."""
        squeezed = nn.functional.relu(self.squeeze(features), inplace=True)
        expanded = torch.cat([self.expand1x1(squeezed), self.expand3x3(squeezed)], dim=1)
        return nn.functional.relu(expanded, inplace=True)


class Window(NamedTuple):
    """Geometry of a convolution or pooling."""

    kernel_size: int
    stride: int
    padding: int
    ceil_mode: bool

    @classmethod
    def of(cls, layer: nn.Module) -> Window | None:
        """Window of ``layer``; None where it keeps the size, as activations and Fire modules do."""
        if not isinstance(layer, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d):
            return None
        sides = (layer.kernel_size, layer.stride, layer.padding)
        kernel_size, stride, padding = (
            int(side[0]) if isinstance(side, tuple) else int(side) for side in sides
        )
        return cls(kernel_size, stride, padding, getattr(layer, "ceil_mode", False))

    def size_after(self, size: int) -> int:
        """Height or width after the layer; below 1 where the input is too small."""
        rounding = self.stride - 1 if self.ceil_mode else 0
        return (size + 2 * self.padding - self.kernel_size + rounding) // self.stride + 1


def _per_channel(*values: float) -> Tensor:
    return torch.tensor(values).view(1, 3, 1, 1)
