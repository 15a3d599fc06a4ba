"""What convolutions see beyond the border of an image."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class ReplicatingConv2d(nn.Conv2d):
    """A convolution that sees the outermost cells repeated where it would see zeros.

    Zeros show a loss network an edge that no painting has: an image that is optimised gets a
    coloured strip at its borders, which is style to the network.
    """

    def forward(self, features: Tensor) -> Tensor:
        """(N,C,H,W) -> (N,C',H',W'), as with zeros."""
        padding = self.padding
        assert not isinstance(padding, str)
        padded = replicate(features, int(padding[0])) if any(padding) else features
        return F.conv2d(padded, self.weight, self.bias, self.stride)


def replicate(features: Tensor, width: int) -> Tensor:
    """(N,C,H,W) with its outermost cells repeated ``width`` times on all four sides."""
    padded: Tensor = _Replicate.apply(features, width)
    return padded


class _Replicate(torch.autograd.Function):
    """torch's padding; under torch.compile (2.15) its gradient fails for channels-last features."""

    @staticmethod
    def forward(ctx: Any, features: Tensor, width: int) -> Tensor:
        ctx.width = width
        return F.pad(features, (width,) * 4, mode="replicate")

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (gradient,) = gradients
        return _fold(_fold(gradient, 2, ctx.width), 3, ctx.width), None


def _fold(gradient: Tensor, axis: int, width: int) -> Tensor:
    """Add what reached the repeated cells of an axis to the cells that were repeated."""
    size = gradient.shape[axis] - 2 * width
    before, inside, after = torch.split(gradient, [width, size, width], axis)
    first = inside.narrow(axis, 0, 1) + before.sum(axis, keepdim=True)
    if size == 1:
        return first + after.sum(axis, keepdim=True)
    last = inside.narrow(axis, size - 1, 1) + after.sum(axis, keepdim=True)
    return torch.cat([first, inside.narrow(axis, 1, size - 2), last], axis)
