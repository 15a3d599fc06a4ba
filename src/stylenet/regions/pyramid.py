"""The Laplacian pyramid of an image (Burt and Adelson 1983), for any size.

An image is an array (H,W,C) of floats. The finest level holds what a blurred image of half the
size lacks, the next one what that image's blurred half lacks, and so on; the last one is the
smallest blurred image itself. Sides of odd length are halved to the larger half.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate1d

from stylenet.errors import StylenetError

Picture: TypeAlias = NDArray[np.floating]
KERNEL = np.array([1, 4, 6, 4, 1]) / 16  # a = 3/8 in the paper's family, nearly a Gaussian
GREY = 0.5
SMALLEST = 4  # pixels that the shorter side of the last level has at least


def reduce(picture: Picture) -> Picture:
    """Blur and take every other row and column: (H,W,C) -> (ceil(H/2),ceil(W/2),C).

    Beyond its border an image is mirrored, the border itself not repeated.
    """
    return _blurred(picture, KERNEL)[::2, ::2]


def expand(picture: Picture, height: int, width: int) -> Picture:
    """The opposite way, smooth between the pixels: (h,w,C) -> (height,width,C).

    ``height`` and ``width`` are those of the image that was reduced, so h = ceil(height / 2).
    What is flat stays flat, up to the border.
    """
    spread: Picture = np.zeros((height, width, *picture.shape[2:]), picture.dtype)
    spread[::2, ::2] = picture
    # between the pixels there is nothing yet: each axis takes twice the weight
    return _blurred(spread, 2 * KERNEL)


def laplacian_pyramid(picture: Picture, levels: int) -> list[Picture]:
    """The levels of ``picture`` (H,W,C), from the finest to the coarsest, each half as large.

    All but the last may be negative, and are 0 where the image is flat. `reconstruct` gives the
    image back.

    Raises:
        StylenetError: less than 1 level, or so many that the last one would be smaller than
            `SMALLEST` pixels.
    """
    height, width = picture.shape[:2]
    most = most_levels(height, width)
    if not 1 <= levels <= most:
        raise StylenetError(
            f"Got a pyramid of {levels} levels for a picture of {width} x {height} pixels, "
            f"expected 1 to {most}: the coarsest has at least {SMALLEST} pixels a side.",
            "Use a larger picture, or fewer levels.",
        )
    pyramid = []
    for _ in range(levels - 1):
        smaller = reduce(picture)
        pyramid.append(picture - expand(smaller, *picture.shape[:2]))
        picture = smaller
    return [*pyramid, picture]


def reconstruct(pyramid: Sequence[Picture]) -> Picture:
    """The image of which these are the levels, finest first: exact but for rounding."""
    *finer, picture = pyramid
    for level in reversed(finer):
        picture = level + expand(picture, *level.shape[:2])
    return picture


def level_pictures(picture: Picture, levels: int) -> list[Picture]:
    """Each level alone, as an image of the size of ``picture`` (H,W,C) with values in [0,1].

    The coarsest level is a blurred image already. The others, differences around 0, are put
    around mid grey: an image that has nothing at that level is then flat and near the mean of what
    loss networks were trained on. Contrast is left as it is. What leaves [0,1] is cut off, at the
    very sharpest edges only.

    Raises:
        StylenetError: as `laplacian_pyramid`.
    """
    pyramid = laplacian_pyramid(picture, levels)
    sizes = [level.shape[:2] for level in pyramid]
    shown = []
    for number, level in enumerate(pyramid):
        for height, width in reversed(sizes[:number]):
            level = expand(level, height, width)
        middle = GREY if number < levels - 1 else 0.0
        shown.append((level + middle).clip(0, 1))
    return shown


def most_levels(height: int, width: int) -> int:
    """How many levels an image has room for: at least 1."""
    levels, shorter = 1, min(height, width)
    while (shorter := -(-shorter // 2)) >= SMALLEST:
        levels += 1
    return levels


def _blurred(picture: Picture, kernel: NDArray[np.float64]) -> Picture:
    for axis in (0, 1):
        picture = correlate1d(picture, kernel, axis=axis, mode="mirror")
    return picture
