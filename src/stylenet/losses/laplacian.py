"""The Laplacian loss (Li, Xu, Nie, Chua 2017, arXiv:1707.01253): edges stay where they were."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from stylenet.errors import StylenetError
from stylenet.losses.functional import content_loss
from stylenet.losses.moments import single
from stylenet.losses.perceptual import Term, View


def laplacian(image: Tensor) -> Tensor:
    """Four times each pixel minus its four neighbours, summed over channels.

    (N,C,H,W) -> (N,1,H-2,W-2); pixels at the border, which lack neighbours, have no value. The
    discrete Laplacian of Li et al. 2017, eq. 3, with its sign. In float32, or float64 where
    ``image`` is.
    """
    summed = single(image).sum(1, keepdim=True)
    across = summed[..., 1:-1, :-2] + summed[..., 1:-1, 2:]
    down = summed[..., :-2, 1:-1] + summed[..., 2:, 1:-1]
    return 4 * summed[..., 1:-1, 1:-1] - across - down


def laplacian_loss(image: Tensor, target: Tensor, pool: int) -> Tensor:
    """Mean of squared differences of Laplacians after average pooling: two (N,C,H,W) -> (N,).

    Both are shrunk first: each pixel is the mean over a square of ``pool`` x ``pool`` pixels, at
    the right and lower border of what is left of one. The mean is over the positions of the
    Laplacian, which has one channel. Li et al. 2017, eq. 4, sum over the positions; their code
    (askerlee/lapstyle, commit 50d69d2ddd885fdda9c134aa29a373946628f2be) takes the mean, of pixels
    from 0 to 255, and drops squares that are not whole.

    Raises:
        StylenetError: fewer than 3 x 3 squares: there is no Laplacian.
    """
    height, width = image.shape[-2:]
    cells = [-(-side // pool) for side in (height, width)]
    if min(cells) < 3:
        raise StylenetError(
            f"Got a picture of {width} x {height} pixels, of which the Laplacian loss makes "
            f"{cells[1]} x {cells[0]} squares of {pool} pixels; expected at least 3 x 3.",
            f"Use a larger picture, or loss.laplacian_pools=[{max(1, min(height, width) // 3)}].",
        )
    return content_loss(laplacian(_pooled(image, pool)), laplacian(_pooled(target, pool)))


def _pooled(image: Tensor, pool: int) -> Tensor:
    image = single(image)
    if pool == 1:
        return image
    return nn.functional.avg_pool2d(image, pool, ceil_mode=True)


class LaplacianTerm(Term):
    """Laplacian loss against the content image, for each size in ``pools`` and their sum.

    It reads pixels only, so it costs no pass through the loss network, and steers a net that is
    trained as it does an image that is optimised. A small pool keeps fine lines, a large one the
    outlines of what is large.

    Args:
        weight: of the term.
        pools: sides in pixels of the squares that are averaged: at least one, none twice.
        pool_weights: a number for each of ``pools``, or None for 1 each.

    Raises:
        StylenetError: no pool, one below 1 or named twice, or another number of weights.
    """

    def __init__(
        self,
        weight: float,
        pools: Sequence[int] = (4,),
        pool_weights: Sequence[float] | None = None,
    ) -> None:
        super().__init__(weight)
        pools = list(pools)
        if not pools or len(set(pools)) != len(pools) or min(pools) < 1:
            raise StylenetError(
                f"Got loss.laplacian_pools={pools}, expected at least one side of 1 pixel or more, "
                "and none twice.",
                "Use loss.laplacian_pools=[4], or [4,16].",
            )
        weights = [1.0] * len(pools) if pool_weights is None else [float(w) for w in pool_weights]
        if len(weights) != len(pools):
            raise StylenetError(
                f"Got loss.laplacian_pool_weights={weights} for loss.laplacian_pools={pools}, "
                "expected lists of equal length.",
                "Give one number a pool, or null for 1 each.",
            )
        self.pool_weights = dict(zip(pools, weights, strict=True))

    def forward(self, stylised: View, content: View) -> dict[str, Tensor]:
        """One part a pool, named after its side in pixels."""
        return {
            str(pool): weight * laplacian_loss(stylised.image, content.image, pool)
            for pool, weight in self.pool_weights.items()
        }
