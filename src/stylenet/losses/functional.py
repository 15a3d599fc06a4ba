"""The formulas: one formula, one function, giving one value per picture, shape (N,).

Values are float32 whatever the precision of what comes in, so that sums and squares keep their
digits; float64 stays float64.

Normalisations (the field disagrees, so they are stated): see each function. No function averages
over the batch; whoever sums the loss does, so that a picture's loss does not depend on its batch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

Reduction = Callable[[Tensor], Tensor]


def _single(x: Tensor) -> Tensor:
    """``x`` in float32, or in float64 where it comes in that."""
    return x if x.dtype == torch.float64 else x.float()


def gram_matrix(features: Tensor) -> Tensor:
    """Gram matrix G = F F^T / (C*H*W) of each picture: (N,C,H,W) -> (N,C,C).

    Johnson et al. 2016, section 3.2. The product runs in the precision of ``features`` or of
    autocast; under bfloat16 its entries carry a relative rounding error of up to 2^-9.
    """
    product: Tensor = _SelfProduct.apply(features)
    return _single(product) / features[0].numel()


class _SelfProduct(torch.autograd.Function):
    """F F^T of each picture, (N,C,H,W) -> (N,C,C), in place of a bmm of two different factors.

    The gradient of these would be two products and a sum; of one it is (dG + dG^T) F, a single
    product. Under torch.compile too.
    """

    @staticmethod
    def forward(ctx: Any, features: Tensor) -> Tensor:
        ctx.save_for_backward(features)
        flat = _cells_by_channels(features)
        return torch.bmm(flat.transpose(1, 2), flat)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (features,) = ctx.saved_tensors
        symmetric = (gradient + gradient.transpose(1, 2)).to(features.dtype)
        product = torch.bmm(_cells_by_channels(features), symmetric)
        n, c, h, w = features.shape
        return product.view(n, h, w, c).permute(0, 3, 1, 2)


def _cells_by_channels(features: Tensor) -> Tensor:
    """(N,C,H,W) -> (N,H*W,C), without a copy where ``features`` are channels-last."""
    return features.permute(0, 2, 3, 1).flatten(1, 2)


def sum_of_entries(squares: Tensor) -> Tensor:
    """(N,C,C) -> (N,): the squared Frobenius norm of the difference, as the papers write it."""
    return squares.flatten(1).sum(1)


def mean_of_entries(squares: Tensor) -> Tensor:
    """(N,C,C) -> (N,): divided by C*C, as released code with an MSE criterion computes it."""
    return squares.flatten(1).mean(1)


def style_loss(gram: Tensor, target: Tensor, reduction: Reduction = sum_of_entries) -> Tensor:
    """Squared difference of Gram matrices: (N,C,C) and (N or 1,C,C) -> (N,).

    With ``sum_of_entries``: Johnson et al. 2016, eq. 4; Gatys et al. 2016 is a quarter of it.
    """
    return reduction((_single(gram) - _single(target)) ** 2)


def content_loss(features: Tensor, target: Tensor) -> Tensor:
    """Mean of squared differences over C, H and W: two (N,C,H,W) -> (N,).

    Johnson et al. 2016, eq. 2; Gatys et al. 2016 use half the *sum*.
    """
    # not flattened first: channels-last features would be read out of order
    return ((_single(features) - _single(target)) ** 2).mean((1, 2, 3))


def pixel_loss(image: Tensor, target: Tensor) -> Tensor:
    """Mean of squared pixel differences over C, H and W: two (N,3,H,W) in [0,1] -> (N,).

    Johnson et al. 2016, section 3.2.
    """
    return content_loss(image, target)


def total_variation(image: Tensor) -> Tensor:
    """Sum of squared differences of neighbours along both axes, over C*H*W: (N,C,H,W) -> (N,)."""
    image = _single(image)
    down = image[..., 1:, :] - image[..., :-1, :]
    across = image[..., :, 1:] - image[..., :, :-1]
    squares = (down**2).sum((1, 2, 3)) + (across**2).sum((1, 2, 3))
    return squares / image[0].numel()
