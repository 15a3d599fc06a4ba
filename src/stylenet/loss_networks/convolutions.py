"""Other convolutions in place of a loss network's own."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

Convolution = Callable[..., nn.Conv2d]
"""Makes a convolution from channels in and out, kernel size, stride and padding."""


def with_convolutions(convolution: Convolution, module: nn.Module) -> nn.Module:
    """``module`` with its convolutions, itself included, made by ``convolution``."""
    if isinstance(module, nn.Conv2d):
        return convolution(
            module.in_channels,
            module.out_channels,
            module.kernel_size,
            module.stride,
            module.padding,
        )
    for name, child in module.named_children():
        setattr(module, name, with_convolutions(convolution, child))
    return module
