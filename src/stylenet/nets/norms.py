"""Norm layers where torch lacks one or is slow."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class InstanceNorm(nn.Module):
    """Each channel of each picture to mean 0 and deviation 1, then times ``weight`` plus ``bias``.

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
        # The gradient of torch's kernel is wrong for one picture where what comes back is
        # channels-last (torch 2.15, CPU).
        alone = len(x) == 1 and torch.is_grad_enabled()
        if alone or torch.compiler.is_compiling():
            return self._spelt_out(x)
        # torch's own kernel, on contiguous copies, beats a chain of kernels on what is there
        normed = F.instance_norm(x, weight=self.weight, bias=self.bias, eps=self.eps)
        channels_last = x.is_contiguous(memory_format=torch.channels_last)
        return normed.contiguous(memory_format=torch.channels_last) if channels_last else normed

    def _spelt_out(self, x: Tensor) -> Tensor:
        """The formula, which a compiler fuses with what stands before and after it."""
        exact = x if x.dtype == torch.float64 else x.float()
        variance, mean = torch.var_mean(exact, (2, 3), correction=0, keepdim=True)
        scale = self.weight[:, None, None] * torch.rsqrt(variance + self.eps)
        shift = self.bias[:, None, None] - mean * scale
        return (exact * scale + shift).to(x.dtype)

    def extra_repr(self) -> str:
        """What ``print(net)`` shows."""
        return f"{len(self.weight)}, eps={self.eps}"
