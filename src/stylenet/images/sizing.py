"""Sizes of images, as objects: by a side, by the height, cropped or whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import InitVar, dataclass
from typing import TypeAlias

import torch.nn.functional as F
from torch import Tensor

from stylenet.images.arrays import check_size, scaled
from stylenet.images.errors import SizeError

MOST_EXTREME = 100  # times the shorter side is the longer one of an image to enlarge
Sizing: TypeAlias = Callable[[Tensor], Tensor]
"""Images (3,H,W) or (N,3,H,W) in [0,1] -> the same at another size."""


def resize(image: Tensor, height: int, width: int) -> Tensor:
    """(3,H,W) or (N,3,H,W) in [0,1] -> (..., height, width): antialiased bicubic, clamped to [0,1].

    At its own size an image is returned unchanged.

    Raises:
        SizeError: a side is not positive, or the result would exceed `DEFAULT_MAX_PIXELS`.
    """
    if tuple(image.shape[-2:]) == (height, width):
        return image
    check_size(tuple(image.shape[-2:]), (height, width))
    batch = image if image.ndim == 4 else image[None]
    size = [height, width]
    batch = F.interpolate(batch, size, mode="bicubic", align_corners=False, antialias=True)
    return (batch if image.ndim == 4 else batch[0]).clamp(0, 1)


@dataclass(frozen=True)
class AsIs:
    """The image at its own size.

    ``px`` is taken and not used: tasks set it for whichever way of sizing is chosen.
    """

    px: InitVar[int | None] = None

    def __call__(self, image: Tensor) -> Tensor:
        """(3,H,W) -> (3,H,W), the same."""
        return image


def _check_side(size: object, side: str) -> None:
    """Refuse what is not a positive whole number (True is none)."""
    value = getattr(size, side)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        name = type(size).__name__
        problem = f"{name}({side}={value!r}): {side} must be a whole number of at least 1."
        raise SizeError(problem, f"Write for instance {name}({side}=256).")


@dataclass(frozen=True)
class _ToPixels:
    px: int

    def __post_init__(self) -> None:
        """Refuse what is not a positive whole number."""
        _check_side(self, "px")

    def _scaled(self, image: Tensor, side: int) -> Tensor:
        """The whole image with ``side``, one of its sides, brought to px."""
        return resize(image, *scaled(image.shape[-2:], self.px, side))


@dataclass(frozen=True)
class ShorterSide(_ToPixels):
    """The whole image with min(H,W) = px, aspect kept to the rounded pixel."""

    def __call__(self, image: Tensor) -> Tensor:
        """(3,H,W) -> (3,H',W') with min(H',W') = px.

        Raises:
            SizeError: an image to enlarge has too extreme a shape: one of 3 x 5000 pixels, a file
                of a few bytes, would take all memory.
        """
        shorter, longer = sorted(image.shape[-2:])
        if shorter < self.px and longer > MOST_EXTREME * shorter:
            (height, width), after = image.shape[-2:], scaled(image.shape[-2:], self.px, shorter)
            raise SizeError(
                f"A picture of {width} x {height} pixels cannot be resized to {after[1]} x "
                f"{after[0]}; expected a longer side of at most {MOST_EXTREME} times the shorter "
                "one where it is enlarged.",
                "Choose another size, or crop the picture to a less extreme shape.",
            )
        return self._scaled(image, shorter)


@dataclass(frozen=True)
class LongerSide(_ToPixels):
    """The whole image with max(H,W) = px, aspect kept to the rounded pixel."""

    def __call__(self, image: Tensor) -> Tensor:
        """(3,H,W) -> (3,H',W') with max(H',W') = px."""
        return self._scaled(image, max(image.shape[-2:]))


@dataclass(frozen=True)
class Height(_ToPixels):
    """The whole image with H = px, aspect kept to the rounded pixel."""

    def __call__(self, image: Tensor) -> Tensor:
        """(3,H,W) -> (3,px,W')."""
        return self._scaled(image, image.shape[-2])


@dataclass(frozen=True)
class CentreCrop(_ToPixels):
    """The square of px by px pixels in the image's middle, nothing resized."""

    def __call__(self, image: Tensor) -> Tensor:
        """(3,H,W) -> (3,px,px).

        Raises:
            SizeError: the image is smaller than the square.
        """
        height, width = image.shape[-2:]
        if min(height, width) < self.px:
            raise SizeError(
                f"{self} does not fit into a picture of {width} x {height} pixels.",
                f"Use CentreSquare(px={self.px}), which resizes first, or a smaller px.",
            )
        top, left = (height - self.px) // 2, (width - self.px) // 2
        return image[..., top : top + self.px, left : left + self.px]


@dataclass(frozen=True)
class CentreSquare(_ToPixels):
    """The largest square in the image's middle, at px by px pixels."""

    def __call__(self, image: Tensor) -> Tensor:
        """(3,H,W) -> (3,px,px): `ShorterSide`, then `CentreCrop`."""
        return CentreCrop(self.px)(ShorterSide(self.px)(image))


@dataclass(frozen=True)
class Exactly:
    """The whole image at ``height`` by ``width`` pixels, its proportions changed if need be."""

    height: int
    width: int

    def __post_init__(self) -> None:
        """Refuse what is not a positive whole number."""
        _check_side(self, "height")
        _check_side(self, "width")

    def __call__(self, image: Tensor) -> Tensor:
        """(3,H,W) -> (3,height,width)."""
        return resize(image, self.height, self.width)
