"""Padding of feature maps, with gradients that cost next to nothing."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import torch
from torch import Tensor
from torch.nn import functional as F

Mode: TypeAlias = Literal["zeros", "reflect", "replicate"]


def pad(x: Tensor, border: int, mode: Mode) -> Tensor:
    """``border`` cells on every side: (N,C,H,W) -> (N,C,H+2*border,W+2*border).

    Zeros, the cells reflected at the outermost one, or that one repeated, as ``mode`` says.
    """
    if mode == "zeros" or border == 0:
        return F.pad(x, (border,) * 4)
    return reflect(x, border) if mode == "reflect" else _replicate(x, border)


def reflect(x: Tensor, border: int) -> Tensor:
    """Reflect ``border`` cells on every side: (N,C,H,W) -> (N,C,H+2*border,W+2*border).

    The same as ``torch.nn.functional.pad(x, (border,) * 4, mode="reflect")``. Its gradient is the
    interior of what comes in, to which the folded borders are added: torch's own walks through
    all cells one by one, and torch.compile asks nine questions at each of them.

    Raises:
        RuntimeError: ``border`` is not smaller than H and W.
    """
    padded: Tensor = _Reflect.apply(x, border)
    return padded


def _replicate(x: Tensor, border: int) -> Tensor:
    # not F.pad: its backward gives wrong strides under torch.compile (torch 2.15, CPU,
    # replication_pad2d_backward of channels-last input)
    for axis in (-1, -2):
        first, last = x.narrow(axis, 0, 1), x.narrow(axis, -1, 1)
        x = torch.cat([first] * border + [x] + [last] * border, axis)
    return x


class _Reflect(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, border: int) -> Tensor:
        ctx.border = border
        channels_last = x.is_contiguous(memory_format=torch.channels_last)
        if x.is_cuda and channels_last and not torch.compiler.is_compiling():
            return reflect_channels_last(x, border)
        return F.pad(x, (border,) * 4, mode="reflect")

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        folded: Tensor = _fold(gradient, ctx.border)
        return folded, None


def reflect_channels_last(x: Tensor, border: int) -> Tensor:
    """`reflect` of channels-last features; torch's CUDA kernel copies them before and after.

    Raises:
        RuntimeError: ``border`` is not smaller than H and W.
    """
    b = border
    n, c, h, w = x.shape
    if b >= min(h, w):  # one cell would be spread over all of the border, without a word
        raise RuntimeError(f"Padding size {b} should be less than {h} and {w}, what is padded.")
    padded = x.new_empty((n, h + 2 * b, w + 2 * b, c)).permute(0, 3, 1, 2)
    rows = padded[..., b:-b, :]
    rows[..., b:-b] = x
    rows[..., :b], rows[..., -b:] = x[..., 1 : b + 1].flip(-1), x[..., -b - 1 : -1].flip(-1)
    top, bottom = rows[..., 1 : b + 1, :], rows[..., -b - 1 : -1, :]
    padded[..., :b, :], padded[..., -b:, :] = top.flip(-2), bottom.flip(-2)
    return padded


# Opaque to torch.compile, which would otherwise melt the borders into the loop over all cells.
@torch.library.custom_op("stylenet::fold_reflected", mutates_args=())
def _fold(gradient: Tensor, border: int) -> Tensor:
    """The adjoint of ``reflect``: the borders are folded back onto the interior."""
    b = border
    rows = slice(b, gradient.shape[-2] - b)
    folded = _interior(gradient, b).clone()
    folded[..., 1 : b + 1] += gradient[..., rows, :b].flip(-1)
    folded[..., -b - 1 : -1] += gradient[..., rows, -b:].flip(-1)
    folded[..., 1 : b + 1, :] += _fold_columns(gradient[..., :b, :], b).flip(-2)
    folded[..., -b - 1 : -1, :] += _fold_columns(gradient[..., -b:, :], b).flip(-2)
    return folded


@_fold.register_fake
def _(gradient: Tensor, border: int) -> Tensor:
    return torch.empty_like(_interior(gradient, border))


def _interior(gradient: Tensor, border: int) -> Tensor:
    height, width = gradient.shape[-2:]
    return gradient[..., border : height - border, border : width - border]


def _fold_columns(strip: Tensor, b: int) -> Tensor:
    folded = strip[..., b:-b].clone()
    folded[..., 1 : b + 1] += strip[..., :b].flip(-1)
    folded[..., -b - 1 : -1] += strip[..., -b:].flip(-1)
    return folded
