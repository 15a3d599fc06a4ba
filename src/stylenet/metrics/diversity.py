"""How much the images that a generator paints of one texture differ."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from stylenet.losses.diversity import to_nearest

COARSE = 8  # sides of the squares whose means are the layout


def diversity(samples: Tensor, style: Tensor) -> dict[str, float]:
    """Distance to the nearest other sample, over that of unrelated images of the same colours.

    ``diversity`` is of pixels, ``diversity/layout`` of means over squares of 8 px, where grain does
    not count. 0 where all samples are the same, about 1 where they have nothing in common but the
    style image's colours: of two independent images the mean squared difference is twice the
    variance.

    Args:
        samples: (N,3,H,W) in [0,1], 2 or more.
        style: the style image at their scale, (1,3,h,w) in [0,1].
    """
    coarse = [F.avg_pool2d(images, COARSE) for images in (samples, style)]
    return {
        "diversity": _relative(samples, style),
        "diversity/layout": _relative(*coarse),
    }


def _relative(samples: Tensor, style: Tensor) -> float:
    unrelated = 2 * style.var((2, 3), correction=0).mean()
    return float((to_nearest(samples) / unrelated.clamp_min(1e-8)).sqrt().mean())
