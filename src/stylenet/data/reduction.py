"""What an augmentation needs of a picture: the smallest copy that gives it the same squares.

A copy is never larger than the image, and an image that is small enough stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from PIL import Image

# Shrinking a large photograph first by a whole factor costs a fraction of the time; with a gap
# of 2 the remaining bicubic step hides it.
REDUCING_GAP = 2.0


class Reduction(Protocol):
    """Makes the copy; its ``str`` names it, and two with the same name do the same."""

    def __call__(self, picture: Image.Image) -> Image.Image:
        """Return ``picture`` (RGB), or a smaller copy of it or of a part of it."""
        ...


@dataclass(frozen=True)
class ShorterSide:
    """The whole image, its shorter side ``side`` pixels, its proportions kept to half a pixel."""

    side: int

    def __str__(self) -> str:
        return f"shorter side {self.side}"

    def __call__(self, picture: Image.Image) -> Image.Image:
        """Return ``picture``, shrunk if its shorter side is above ``side``."""
        factor = self.side / min(picture.size)
        if factor >= 1:
            return picture
        width, height = (max(self.side, round(length * factor)) for length in picture.size)
        return _shrunk(picture, width, height)


@dataclass(frozen=True)
class Squeezed:
    """The whole image, no axis longer than ``side`` pixels, its proportions given up."""

    side: int

    def __str__(self) -> str:
        return f"squeezed to {self.side} x {self.side}"

    def __call__(self, picture: Image.Image) -> Image.Image:
        """Return ``picture``, each axis above ``side`` shrunk to it."""
        width, height = (min(self.side, length) for length in picture.size)
        return picture if picture.size == (width, height) else _shrunk(picture, width, height)


@dataclass(frozen=True)
class MiddleSquare:
    """The greatest square in the middle of the image, ``side`` pixels wide."""

    side: int

    def __str__(self) -> str:
        return f"middle square of {self.side}"

    def __call__(self, picture: Image.Image) -> Image.Image:
        """Return the square; all of ``picture`` where its shorter side is below ``side``."""
        shorter = min(picture.size)
        if shorter < self.side:
            return picture
        left, top = (picture.width - shorter) / 2, (picture.height - shorter) / 2
        return _shrunk(picture, self.side, self.side, (left, top, left + shorter, top + shorter))


def _shrunk(
    picture: Image.Image,
    width: int,
    height: int,
    box: tuple[float, float, float, float] | None = None,
) -> Image.Image:
    return picture.resize((width, height), Image.Resampling.BICUBIC, box, REDUCING_GAP)
