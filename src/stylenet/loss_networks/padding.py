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
    """torch's padding, whose gradient fails for channels-last features under torch.compile (2.15).

    Its CUDA kernel takes and gives contiguous ones, to be copied before and after; this keeps them.
    """

    @staticmethod
    def forward(ctx: Any, features: Tensor, width: int) -> Tensor:
        ctx.width = width
        if torch.compiler.is_compiling():
            return F.pad(features, (width,) * 4, mode="replicate")
        return _repeated(features, width)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (gradient,) = gradients
        folded: Tensor = _fold(gradient, ctx.width)
        return folded, None


def _repeated(features: Tensor, width: int) -> Tensor:
    n, channels, height, breadth = features.shape
    channels_last = features.is_contiguous(memory_format=torch.channels_last)
    padded = torch.empty(
        (n, channels, height + 2 * width, breadth + 2 * width),
        dtype=features.dtype,
        device=features.device,
        memory_format=torch.channels_last if channels_last else torch.contiguous_format,
    )
    rows = padded[..., width:-width, :]
    rows[..., width:-width] = features
    rows[..., :width], rows[..., -width:] = features[..., :1], features[..., -1:]
    padded[..., :width, :], padded[..., -width:, :] = rows[..., :1, :], rows[..., -1:, :]
    return padded


# Opaque to torch.compile, which would otherwise melt the borders into the loop over all cells.
@torch.library.custom_op("stylenet::fold_replicated", mutates_args=())
def _fold(gradient: Tensor, width: int) -> Tensor:
    """Add what reached the repeated cells to those that were repeated: rows first, then columns."""
    folded = _inside(gradient, width).clone()
    rows = gradient[..., width:-width, :]
    top = rows[..., :1, :] + gradient[..., :width, :].sum(-2, keepdim=True)
    last = top if len(rows[0, 0]) == 1 else rows[..., -1:, :]
    bottom = last + gradient[..., -width:, :].sum(-2, keepdim=True)
    folded[..., :1, :], folded[..., -1:, :] = top[..., width:-width], bottom[..., width:-width]
    for repeated, end in ((slice(width), slice(1)), (slice(-width, None), slice(-1, None))):
        reached = rows[..., repeated].sum(-1, keepdim=True)
        reached[..., :1, :] = top[..., repeated].sum(-1, keepdim=True)
        reached[..., -1:, :] = bottom[..., repeated].sum(-1, keepdim=True)
        folded[..., end] += reached
    return folded


@_fold.register_fake
def _(gradient: Tensor, width: int) -> Tensor:
    return torch.empty_like(_inside(gradient, width))


def _inside(gradient: Tensor, width: int) -> Tensor:
    return gradient[..., width:-width, width:-width]
