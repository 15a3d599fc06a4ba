"""First and second moments of features, and distances between them: one value per picture.

Like `stylenet.losses.functional`, in float32 at least, and never averaged over the batch.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def _single(x: Tensor) -> Tensor:
    return x if x.dtype == torch.float64 else x.float()


def _exact(x: Tensor) -> torch.autocast:
    # bfloat16 leaves no digits for the difference of traces, and eigenvalues below zero
    return torch.autocast(x.device.type, enabled=False)


def channel_means(features: Tensor) -> Tensor:
    """Mean of each channel: (N,C,H,W) -> (N,C)."""
    return _single(features).mean((2, 3))


def channel_deviations(features: Tensor, eps: float = 1e-6) -> Tensor:
    """Standard deviation of each channel, sqrt(variance + eps): (N,C,H,W) -> (N,C)."""
    return (_single(features).var((2, 3), correction=0) + eps).sqrt()


def covariance(features: Tensor, eps: float = 0.0) -> Tensor:
    """Covariance of the channels over the pixels, plus ``eps`` on its diagonal: -> (N,C,C)."""
    n, c, h, w = features.shape
    flat = _single(features).reshape(n, c, h * w)
    centred = flat - flat.mean(2, keepdim=True)
    with _exact(flat):
        matrix = torch.bmm(centred, centred.transpose(1, 2)) / (h * w)
    identity = torch.eye(c, dtype=matrix.dtype, device=matrix.device)
    return matrix.add(identity, alpha=eps)


def matrix_root(matrix: Tensor) -> Tensor:
    """The positive root of symmetric positive semi-definite matrices (N,C,C), without gradient."""
    values, vectors = torch.linalg.eigh(matrix.detach().double())
    root: Tensor = (vectors * values.clamp_min(0).sqrt()[:, None, :]) @ vectors.transpose(1, 2)
    return root


class _TraceOfRoot(torch.autograd.Function):
    """trace(M^(1/2)) of symmetric M; its gradient M^(-1/2)/2 has no poles at equal eigenvalues."""

    @staticmethod
    def forward(ctx: Any, matrix: Tensor) -> Tensor:
        values, vectors = torch.linalg.eigh(matrix)
        # what rounding leaves of a zero must not become an infinite slope
        least = values[:, -1:].clamp_min(0) * torch.finfo(matrix.dtype).eps * matrix.shape[-1]
        roots = values.clamp_min(least + torch.finfo(matrix.dtype).tiny).sqrt()
        ctx.save_for_backward(roots, vectors)
        total: Tensor = roots.sum(1)
        return total

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        (grad,) = grads
        roots, vectors = ctx.saved_tensors
        slope: Tensor = (vectors / (2 * roots[:, None, :])) @ vectors.transpose(1, 2)
        return grad[:, None, None] * slope


def bures_distance(cov: Tensor, target: Tensor, target_root: Tensor) -> Tensor:
    """Tr A + tr B - 2 tr (B^(1/2) A B^(1/2))^(1/2): (N,C,C) and (N or 1,C,C) -> (N,).

    ``target_root`` is the root of ``target`` (B). With the squared difference of the means it is
    the squared Wasserstein-2 distance of two Gaussians (Olkin and Pukelsheim 1982).
    """
    # in double precision: fewer pixels than channels make eigenvalues of about eps^2
    a, b, root_b = cov.double(), target.double(), target_root.double()
    middle = root_b @ a @ root_b
    root: Tensor = _TraceOfRoot.apply((middle + middle.transpose(1, 2)) / 2)
    # zero at its least, where rounding may put it a hair below
    return (_trace(a) + _trace(b) - 2 * root).to(cov.dtype)


def _trace(matrix: Tensor) -> Tensor:
    return matrix.diagonal(dim1=1, dim2=2).sum(1)
