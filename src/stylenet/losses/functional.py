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
CELLS = 1024  # of which a Gram matrix is added up; fewer cost time, with many channels


def single(x: Tensor) -> Tensor:
    """``x`` in float32; in float64 where it comes in that."""
    return x if x.dtype == torch.float64 else x.float()


def gram_matrix(features: Tensor) -> Tensor:
    """Gram matrix G = F F^T / (C*H*W) of each picture: (N,C,H,W) -> (N,C,C).

    Johnson et al. 2016, section 3.2. The product runs in the precision of ``features`` or of
    autocast, over `CELLS` cells at a time; their products are added in float32. Under bfloat16,
    which rounds each of them by up to 2^-9 of its size, that of many cells is the more exact.
    """
    product: Tensor = _SelfProduct.apply(features)
    return product / features[0].numel()


class _SelfProduct(torch.autograd.Function):
    """F F^T of each picture, (N,C,H,W) -> (N,C,C), in place of a bmm of two different factors.

    The gradient of these would be two products and a sum; of one it is (dG + dG^T) F, a single
    product. Under torch.compile too.
    """

    @staticmethod
    def forward(ctx: Any, features: Tensor) -> Tensor:
        ctx.save_for_backward(features)
        return add_products(cells_by_channels(features))

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (features,) = ctx.saved_tensors
        symmetric = (gradient + gradient.transpose(1, 2)).to(features.dtype)
        product = torch.bmm(cells_by_channels(features), symmetric)
        n, c, h, w = features.shape
        return product.view(n, h, w, c).permute(0, 3, 1, 2)


def add_products(flat: Tensor) -> Tensor:
    """Sum over the cells of their products F^T F, (N,cells,C) -> (N,C,C): see `gram_matrix`."""
    n, cells, channels = flat.shape
    whole = cells - cells % CELLS
    groups = flat[:, :whole].reshape(-1, CELLS, channels)
    rest = flat[:, whole:]
    product = single(torch.bmm(rest.transpose(1, 2), rest))
    if whole:
        products = torch.bmm(groups.transpose(1, 2), groups)
        product = product + single(products).view(n, -1, channels, channels).sum(1)
    return product


def cells_by_channels(features: Tensor) -> Tensor:
    """(N,C,H,W) -> (N,H*W,C), without a copy where ``features`` are channels-last."""
    return features.permute(0, 2, 3, 1).flatten(1, 2)


def sum_of_entries(squares: Tensor) -> Tensor:
    """(N,...) -> (N,): for style the squared Frobenius norm of the difference, as in the papers."""
    # not flattened first: channels-last features would be read out of order
    return squares.sum(tuple(range(1, squares.ndim)))


def mean_of_entries(squares: Tensor) -> Tensor:
    """(N,...) -> (N,): for style over C*C, as released code with an MSE criterion computes it."""
    return squares.mean(tuple(range(1, squares.ndim)))


def half_sum_of_entries(squares: Tensor) -> Tensor:
    """(N,...) -> (N,): half the sum, the content term of Gatys et al. 2016, eq. 1."""
    return sum_of_entries(squares) / 2


def quarter_sum_of_entries(squares: Tensor) -> Tensor:
    """(N,...) -> (N,): a quarter of the sum, the style term of Gatys et al. 2016, eq. 4.

    Theirs is the sum over 4 C^2 (HW)^2 of Gram matrices F F^T; ours are over C*H*W already.
    """
    return sum_of_entries(squares) / 4


def quarter_mean_of_entries(squares: Tensor) -> Tensor:
    """(N,...) -> (N,): the sum over 4 C*H*W, a content term in use beside the other two."""
    return mean_of_entries(squares) / 4


def style_loss(gram: Tensor, target: Tensor, reduction: Reduction = sum_of_entries) -> Tensor:
    """Squared difference of Gram matrices: (N,C,C) and (N or 1,C,C) -> (N,).

    With ``sum_of_entries``: Johnson et al. 2016, eq. 4; Gatys et al. 2016 is a quarter of it.
    """
    return reduction((single(gram) - single(target)) ** 2)


def content_loss(
    features: Tensor, target: Tensor, reduction: Reduction = mean_of_entries
) -> Tensor:
    """Squared differences of features, their mean over C, H and W: two (N,C,H,W) -> (N,).

    Johnson et al. 2016, eq. 2; with ``half_sum_of_entries``: Gatys et al. 2016, eq. 1.
    """
    return reduction((single(features) - single(target)) ** 2)


def pixel_loss(image: Tensor, target: Tensor) -> Tensor:
    """Mean of squared pixel differences over C, H and W: two (N,3,H,W) in [0,1] -> (N,).

    Johnson et al. 2016, section 3.2.
    """
    return content_loss(image, target)


def total_variation(image: Tensor) -> Tensor:
    """Sum of squared differences of neighbours along both axes, over C*H*W: (N,C,H,W) -> (N,)."""
    image = single(image)
    down = image[..., 1:, :] - image[..., :-1, :]
    across = image[..., :, 1:] - image[..., :, :-1]
    squares = (down**2).sum((1, 2, 3)) + (across**2).sum((1, 2, 3))
    return squares / image[0].numel()


def pixel_deviation(image: Tensor) -> Tensor:
    """Half the sum of squared deviations of a picture's values from their mean: (N,C,H,W) -> (N,).

    The mean is one number a picture, over all its channels and pixels: a flat grey has none.
    """
    image = single(image).flatten(1)
    return ((image - image.mean(1, keepdim=True)) ** 2).sum(1) / 2


def range_excess(image: Tensor) -> Tensor:
    """Mean over C, H and W of the squared distance of each value from [0,1]: (N,C,H,W) -> (N,)."""
    image = single(image)
    return ((image - image.clamp(0, 1)) ** 2).flatten(1).mean(1)
