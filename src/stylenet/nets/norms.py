"""Norm layers where torch lacks one or is slow."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from stylenet.nets.styled import Condition, Mixture, Styled, StyleList, StyleWeightsError


class InstanceNorm(nn.Module):
    """Each channel of each image to mean 0 and std 1, then times ``weight`` plus ``bias``.

    The same function and the same keys as ``torch.nn.InstanceNorm2d(channels, affine=True)``,
    whose result is contiguous whatever came in, so that the next convolution has to copy it; here
    channels-last stays channels-last. Statistics are float32 (float64 of float64) whatever the
    precision of the input; the result has the input's.

    Source: Ulyanov et al. 2017 (arXiv:1701.02096), eq. 3.

    Args:
        channels: C.
        eps: added to the variance.
    """

    def __init__(self, channels: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """(N,C,H,W) -> the same shape, precision and memory format."""
        # The gradient of torch's kernel is wrong for one image where what comes back is
        # channels-last (torch 2.15, CPU).
        if torch.compiler.is_compiling() or (len(x) == 1 and torch.is_grad_enabled()):
            return self._spelt_out(x)
        # torch's own kernel, on contiguous copies, beats a chain of kernels on what is there
        normed = F.instance_norm(x, weight=self.weight, bias=self.bias, eps=self.eps)
        channels_last = x.is_contiguous(memory_format=torch.channels_last)
        return normed.contiguous(memory_format=torch.channels_last) if channels_last else normed

    def _spelt_out(self, x: Tensor) -> Tensor:
        """The formula, which a compiler fuses with what stands before and after it."""
        return _spelt_out(x, self.weight[:, None, None], self.bias[:, None, None], self.eps)

    def extra_repr(self) -> str:
        """What ``print(net)`` shows."""
        return f"{len(self.weight)}, eps={self.eps}"


class ScaleShift(nn.Module):
    """A scale and a shift for each channel: what a norm has for one style."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))


class ConditionalInstanceNorm(Styled):
    """Instance norm with a scale and a shift for each style, mixed by the images' weights.

    Dumoulin et al. 2017 (arXiv:1610.07629), eq. 5; mixtures as in their section 3.3, a linear
    combination of scales and of shifts, here also of another one in each place of an image. A
    batch of any styles takes one pass.

    Args:
        channels: C.
        styles: S, 1 or more.
        eps: added to the variance.
    """

    def __init__(self, channels: int, styles: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        self.channels = channels
        self.styles = StyleList(ScaleShift(channels) for _ in range(styles))

    def forward(self, x: Tensor, mixture: Condition = None) -> Tensor:
        """(N,C,H,W) -> the same shape, precision and memory format.

        Raises:
            StyleWeightsError: the net that it is part of has no choice of styles.
        """
        if not isinstance(mixture, Mixture):
            raise StyleWeightsError(
                f"A norm with a scale and a shift for each of {len(self.styles)} styles "
                "(norm=conditional_instance) is part of a net for one style.",
                "Use norm=instance; or net=johnson, which takes style weights with this norm.",
            )
        scale, shift = self._stacked(mixture, "weight"), self._stacked(mixture, "bias")
        if not mixture.plain:
            weights = mixture.at(*x.shape[-2:])
            scale, shift = mixture.gather(weights * scale), mixture.gather(weights * shift)
        if scale[0, 0].numel() > 1:
            return _spelt_out(x, scale, shift, self.eps)
        return normed_by_picture(x, scale.flatten(1), shift.flatten(1), self.eps)

    def _stacked(self, mixture: Mixture, name: str) -> Tensor:
        """The parameter ``name`` of each pair's style: (M,C,1,1)."""
        values = (self.styles[style].get_parameter(name) for style in mixture.styles)
        return torch.stack(tuple(values))[..., None, None]

    def extra_repr(self) -> str:
        """What ``print(net)`` shows."""
        return f"{self.channels}, styles={len(self.styles)}, eps={self.eps}"


def normed_by_picture(x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
    """Instance norm with scales and shifts of each image, (N,C): (N,C,H,W) -> (N,C,H,W)."""
    if torch.compiler.is_compiling():
        return _spelt_out(x, weight[..., None, None], bias[..., None, None], eps)
    n, c, h, w = x.shape
    # all channels of all images as those of one: torch's kernel knows one scale a channel
    one = x.contiguous().view(1, n * c, h, w)
    normed = F.instance_norm(one, weight=weight.flatten(), bias=bias.flatten(), eps=eps)
    kept: Tensor = _ContiguousGradient.apply(normed)
    normed = kept.view(n, c, h, w)
    channels_last = x.is_contiguous(memory_format=torch.channels_last)
    return normed.contiguous(memory_format=torch.channels_last) if channels_last else normed


class _ContiguousGradient(torch.autograd.Function):
    """Identity whose backward returns a contiguous gradient, which torch's kernel expects."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        del ctx
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        del ctx
        return gradient.contiguous()


def _spelt_out(x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
    exact = x if x.dtype == torch.float64 else x.float()
    variance, mean = torch.var_mean(exact, (2, 3), correction=0, keepdim=True)
    scale = weight * torch.rsqrt(variance + eps)
    shift = bias - mean * scale
    return (exact * scale + shift).to(x.dtype)
