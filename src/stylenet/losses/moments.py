"""First and second moments of features, and distances between them: one value per image.

Like `stylenet.losses.functional`, in float32 at least, and never averaged over the batch. With
``guides`` (N,R,H,W) in [0,1] the moments are those of each of R regions, cell p weighing
T_r(p)^2 / sum_p T_r(p)^2, as in Gatys et al. 2017 (arXiv:1611.07865), section 3.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

CELLS = 1024  # of which a Gram matrix is added up; fewer cost time, with many channels


def single(x: Tensor) -> Tensor:
    """``x`` in float32; in float64 where it comes in that."""
    return x if x.dtype == torch.float64 else x.float()


def gram_and_means(features: Tensor, guides: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Gram matrices F F^T / (C*H*W) and channel means: (N,C,H,W) -> (N,C,C) and (N,C).

    With ``guides``: (N,R,C,C) and (N,R,C), zero for a guide that is zero; one that is 1 everywhere
    gives what no guide gives. No gradient reaches the guides.

    One pass gives both, and another both gradients. The products run in the precision of
    ``features`` or of autocast, over `CELLS` cells at a time, and are added in float32. Under
    bfloat16, which rounds each of them by up to 2^-9 of its size, that of many cells is the more
    exact.
    """
    channels, cells = features.shape[1], features[0, 0].numel()
    if guides is None:
        products, sums = _Sums.apply(features)
        return products / (channels * cells), sums / cells
    products, sums = _GuidedSums.apply(features, guides)
    # as single numbers: summing many ones in bfloat16 stops at 256
    sizes = (single(guides) ** 2).sum((2, 3))
    sizes = torch.where(sizes > 0, sizes, 1)
    return products / (channels * sizes)[..., None, None], sums / sizes[..., None]


def stds_of(gram: Tensor, means: Tensor, eps: float = 1e-6) -> Tensor:
    """Standard deviations, sqrt(variance + eps), of `gram_and_means`: -> (...,C).

    A channel's mean square stands on the Gram matrix's diagonal, times C.
    """
    channels = gram.shape[-1]
    squares = gram.flatten(-2)[..., :: channels + 1] * channels  # torch.compile warns of diagonal()
    return ((squares - means**2).clamp_min(0) + eps).sqrt()


class _Sums(torch.autograd.Function):
    """F F^T and the sum over cells of each image, (N,C,H,W) -> (N,C,C) and (N,C).

    The gradient of a bmm of two factors would be two products and a sum; of this one it is
    (dG + dG^T) F + dS, a single product that begins with dS. Under torch.compile too.
    """

    @staticmethod
    def forward(ctx: Any, features: Tensor) -> tuple[Tensor, Tensor]:
        ctx.save_for_backward(features)
        flat = cells_by_channels(features)
        return add_products(flat), _add_cells(flat)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        (features,) = ctx.saved_tensors
        of_products, of_sums = (gradient.to(features.dtype) for gradient in gradients)
        symmetric = of_products + of_products.transpose(1, 2)
        flat = torch.baddbmm(of_sums[:, None], cells_by_channels(features), symmetric)
        n, c, h, w = features.shape
        return flat.view(n, h, w, c).permute(0, 3, 1, 2)


class _GuidedSums(torch.autograd.Function):
    """Sums over cells of T_r^2 F F^T and T_r^2 F, (N,C,H,W), (N,R,H,W) -> (N,R,C,C), (N,R,C).

    Nothing is kept for the backward pass but what comes in, whatever the number of regions.
    """

    @staticmethod
    def forward(ctx: Any, features: Tensor, guides: Tensor) -> tuple[Tensor, Tensor]:
        ctx.save_for_backward(features, guides)
        flat = cells_by_channels(features)
        weights = guides.flatten(2).to(features.dtype)[..., None]
        products = [add_products(flat * weight) for weight in weights.unbind(1)]
        sums = [_add_cells(flat * weight**2) for weight in weights.unbind(1)]
        return torch.stack(products, 1), torch.stack(sums, 1)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        features, guides = ctx.saved_tensors
        flat = cells_by_channels(features)
        squares = guides.flatten(2).to(features.dtype)[..., None] ** 2
        of_products, of_sums = (gradient.to(features.dtype) for gradient in gradients)
        symmetric = of_products + of_products.transpose(2, 3)
        found = torch.zeros_like(flat)
        for r, square in enumerate(squares.unbind(1)):
            found += square * torch.baddbmm(of_sums[:, r, None], flat, symmetric[:, r])
        n, c, h, w = features.shape
        return found.view(n, h, w, c).permute(0, 3, 1, 2), None


def add_products(flat: Tensor) -> Tensor:
    """Sum over the cells of F^T F, (N,cells,C) -> (N,C,C): see `gram_and_means`."""
    n, cells, channels = flat.shape
    whole = cells - cells % CELLS
    groups = flat[:, :whole].reshape(-1, CELLS, channels)
    rest = flat[:, whole:]
    product = single(torch.bmm(rest.transpose(1, 2), rest))
    if whole:
        products = torch.bmm(groups.transpose(1, 2), groups)
        product = product + single(products).view(n, -1, channels, channels).sum(1)
    return product


def _add_cells(flat: Tensor) -> Tensor:
    wide = torch.float64 if flat.dtype == torch.float64 else torch.float32
    return flat.sum(1, dtype=wide)


def cells_by_channels(features: Tensor) -> Tensor:
    """(N,C,H,W) -> (N,H*W,C), without a copy where ``features`` are channels-last."""
    return features.permute(0, 2, 3, 1).flatten(1, 2)


def _exact(x: Tensor) -> torch.autocast:
    # bfloat16 leaves no digits for the difference of traces, and eigenvalues below zero
    return torch.autocast(x.device.type, enabled=False)


def channel_means(features: Tensor) -> Tensor:
    """Mean of each channel: (N,C,H,W) -> (N,C)."""
    return single(features).mean((2, 3))


def channel_stds(features: Tensor, eps: float = 1e-6) -> Tensor:
    """Standard deviation of each channel, sqrt(variance + eps): (N,C,H,W) -> (N,C)."""
    return (single(features).var((2, 3), correction=0) + eps).sqrt()


def covariance(features: Tensor, eps: float = 0.0) -> Tensor:
    """Covariance of the channels over the pixels, plus ``eps`` on its diagonal: -> (N,C,C)."""
    n, c, h, w = features.shape
    flat = single(features).reshape(n, c, h * w)
    centred = flat - flat.mean(2, keepdim=True)
    with _exact(flat):
        matrix = torch.bmm(centred, centred.transpose(1, 2)) / (h * w)
    identity = torch.eye(c, dtype=matrix.dtype, device=matrix.device)
    return matrix.add(identity, alpha=eps)


def guided_means_and_covariances(
    features: Tensor, guides: Tensor, eps: float = 0.0
) -> tuple[Tensor, Tensor]:
    """`channel_means` and `covariance` of each region: -> (N,R,C) and (N,R,C,C)."""
    channels = features.shape[1]
    with _exact(features):  # in double precision, as a small difference of large numbers
        gram, means = gram_and_means(features.double(), guides.double())
        matrix = gram * channels - means[..., :, None] * means[..., None, :]
    identity = torch.eye(channels, dtype=matrix.dtype, device=matrix.device)
    wide = single(features).dtype
    return means.to(wide), matrix.add(identity, alpha=eps).to(wide)


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
        floor = values[:, -1:].clamp_min(0) * torch.finfo(matrix.dtype).eps * matrix.shape[-1]
        roots = values.clamp_min(floor + torch.finfo(matrix.dtype).tiny).sqrt()
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
    # zero at its minimum, where rounding may put it a hair below
    return (_trace(a) + _trace(b) - 2 * root).to(cov.dtype)


def _trace(matrix: Tensor) -> Tensor:
    return matrix.diagonal(dim1=1, dim2=2).sum(1)
