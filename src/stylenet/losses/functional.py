"""The formulas: one formula, one function, giving one value per image, shape (N,).

Values are float32 whatever the precision of the input, so that sums and squares keep their
digits; float64 stays float64.

Each function states its normalisation, because the field disagrees. No function averages over the
batch: the sum of the terms does, so that an image's loss does not depend on its batch.

The examples are run by the tests.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from stylenet.losses.moments import gram_and_means, single

Reduction = Callable[[Tensor], Tensor]


def gram_matrix(features: Tensor) -> Tensor:
    """Gram matrix G = F F^T / (C*H*W) of each image: (N,C,H,W) -> (N,C,C).

    Johnson et al. 2016, section 3.2. Precision: see `stylenet.losses.moments.gram_and_means`.

    Examples:
        >>> features = torch.tensor([[[[1.0, 2.0]], [[0.0, 4.0]]]])  # 2 channels of 1 x 2 cells
        >>> gram_matrix(features) * 4
        tensor([[[ 5.,  8.],
                 [ 8., 16.]]])
    """
    return gram_and_means(features)[0]


def sum_of_entries(squares: Tensor) -> Tensor:
    """(N,...) -> (N,): for style the squared Frobenius norm of the difference, as in the papers.

    Examples:
        >>> sum_of_entries(torch.tensor([[1.0, 3.0], [0.0, 2.0]]))
        tensor([4., 2.])
    """
    # not flattened first: channels-last features would be read out of order
    return squares.sum(tuple(range(1, squares.ndim)))


def mean_of_entries(squares: Tensor) -> Tensor:
    """(N,...) -> (N,): for style over C*C, as released code with an MSE criterion computes it.

    Examples:
        >>> mean_of_entries(torch.tensor([[1.0, 3.0], [0.0, 2.0]]))
        tensor([2., 1.])
    """
    return squares.mean(tuple(range(1, squares.ndim)))


def half_sum_of_entries(squares: Tensor) -> Tensor:
    """(N,...) -> (N,): half the sum, the content term of Gatys et al. 2016, eq. 1.

    Examples:
        >>> half_sum_of_entries(torch.tensor([[1.0, 3.0], [0.0, 2.0]]))
        tensor([2., 1.])
    """
    return sum_of_entries(squares) / 2


def quarter_sum_of_entries(squares: Tensor) -> Tensor:
    """(N,...) -> (N,): a quarter of the sum, the style term of Gatys et al. 2016, eq. 4.

    Theirs is the sum over 4 C^2 (HW)^2 of Gram matrices F F^T; ours are over C*H*W already.

    Examples:
        >>> quarter_sum_of_entries(torch.tensor([[1.0, 3.0], [0.0, 2.0]]))
        tensor([1.0000, 0.5000])
    """
    return sum_of_entries(squares) / 4


def quarter_mean_of_entries(squares: Tensor) -> Tensor:
    """(N,...) -> (N,): the sum over 4 C*H*W, a third content term in use.

    Examples:
        >>> quarter_mean_of_entries(torch.tensor([[1.0, 3.0], [0.0, 2.0]]))
        tensor([0.5000, 0.2500])
    """
    return mean_of_entries(squares) / 4


def style_loss(gram: Tensor, target: Tensor, reduction: Reduction = sum_of_entries) -> Tensor:
    """Squared difference of Gram matrices: (N,C,C) and (N or 1,C,C) -> (N,).

    With ``sum_of_entries``: Johnson et al. 2016, eq. 4; Gatys et al. 2016 is a quarter of it.

    Examples:
        >>> gram, target = torch.ones(1, 2, 2), torch.zeros(1, 2, 2)
        >>> style_loss(gram, target), style_loss(gram, target, quarter_sum_of_entries)
        (tensor([4.]), tensor([1.]))
    """
    return reduction((single(gram) - single(target)) ** 2)


def content_loss(
    features: Tensor, target: Tensor, reduction: Reduction = mean_of_entries
) -> Tensor:
    """Squared differences of features, their mean over C, H and W: two (N,C,H,W) -> (N,).

    Johnson et al. 2016, eq. 2; with ``half_sum_of_entries``: Gatys et al. 2016, eq. 1.

    Examples:
        >>> features, target = torch.full((2, 4, 8, 8), 3.0), torch.ones(2, 4, 8, 8)
        >>> content_loss(features, target), content_loss(features, target, half_sum_of_entries)
        (tensor([4., 4.]), tensor([512., 512.]))
    """
    return reduction((single(features) - single(target)) ** 2)


def relative_content_loss(features: Tensor, target: Tensor) -> Tensor:
    """`content_loss` over the variance of ``target``: two (N,C,H,W) -> (N,).

    0 where they are equal, 1 where they differ as much as the target's values do from their mean
    over C, H and W, so that it means the same at every layer of every loss network.

    Examples:
        >>> target = torch.tensor([[[[0.0, 20.0]]]])  # variance 100
        >>> relative_content_loss(torch.tensor([[[[10.0, 10.0]]]]), target)
        tensor([1.])
        >>> relative_content_loss(torch.tensor([[[[5.0, 15.0]]]]), target)
        tensor([0.2500])
    """
    variance = single(target).var((1, 2, 3), correction=0)
    return content_loss(features, target) / (variance + torch.finfo(variance.dtype).eps)


def pixel_loss(image: Tensor, target: Tensor) -> Tensor:
    """Mean of squared pixel differences over C, H and W: two (N,3,H,W) in [0,1] -> (N,).

    Johnson et al. 2016, section 3.2.

    Examples:
        >>> pixel_loss(torch.full((1, 3, 4, 4), 0.75), torch.full((1, 3, 4, 4), 0.25))
        tensor([0.2500])
    """
    return content_loss(image, target)


def total_variation(image: Tensor) -> Tensor:
    """Sum of squared differences of neighbours along both axes, over C*H*W: (N,C,H,W) -> (N,).

    Examples:
        >>> total_variation(torch.tensor([[[[0.0, 1.0], [0.0, 1.0]]]]))  # two steps of 1, 4 pixels
        tensor([0.5000])
    """
    image = single(image)
    down = image[..., 1:, :] - image[..., :-1, :]
    across = image[..., :, 1:] - image[..., :, :-1]
    squares = (down**2).sum((1, 2, 3)) + (across**2).sum((1, 2, 3))
    return squares / image[0].numel()


def pixel_deviation(image: Tensor) -> Tensor:
    """Half the sum of squared differences of an image's values from their mean: (N,C,H,W) -> (N,).

    The mean is one number an image, over all its channels and pixels; a flat grey gives 0.

    Examples:
        >>> pixel_deviation(torch.tensor([[[[0.0, 1.0]]]]))
        tensor([0.2500])
    """
    image = single(image).flatten(1)
    return ((image - image.mean(1, keepdim=True)) ** 2).sum(1) / 2


def range_excess(image: Tensor) -> Tensor:
    """Mean over C, H and W of the squared distance of each value from [0,1]: (N,C,H,W) -> (N,).

    Examples:
        >>> range_excess(torch.tensor([[[[0.5, 3.0]]]]))
        tensor([2.])
    """
    image = single(image)
    return ((image - image.clamp(0, 1)) ** 2).flatten(1).mean(1)
