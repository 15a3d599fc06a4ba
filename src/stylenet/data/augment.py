"""From an image of any size to a square of pixels, for training and for validation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from stylenet.data.reduction import (
    REDUCING_GAP,
    MiddleSquare,
    Reduction,
    ShorterSide,
    Squeezed,
)
from stylenet.errors import StylenetError


class Augment(Protocol):
    """Makes a training example of an image; all randomness comes from the given generator.

    An implementation must be picklable (it travels to worker processes) and keep no state.
    """

    def __call__(self, picture: Image.Image, size: int, rng: np.random.Generator) -> Image.Image:
        """Return a ``size`` x ``size`` RGB image made of ``picture`` (RGB, any size)."""
        ...

    def reduction(self, size: int) -> Reduction:
        """Return how to make copies of images that give (nearly) the same squares of ``size``."""
        ...


class RandomCrop:
    """A square cut out at random, scaled to the wanted size, flipped left to right at random.

    Law: f is uniform in ``scale``; the square's side is f times the image's shorter side, its
    place uniform among those inside the image, and it is resized to size x size (bicubic).
    That is a crop of ``size`` pixels from the image resized to a shorter side of size / f;
    an image smaller than that is enlarged.

    Args:
        scale: Smallest and largest f, 0 < min <= max <= 1. (1, 1) crops along the longer
            side only.
        flip: Probability of a mirror image, 0 to 1.

    Raises:
        StylenetError: A value is out of its range.
    """

    def __init__(self, scale: Sequence[float] = (0.5, 1.0), flip: float = 0.5) -> None:
        values = tuple(float(value) for value in scale)
        if len(values) != 2 or not 0 < values[0] <= values[1] <= 1:
            raise StylenetError(
                f"RandomCrop got scale={list(values)}, expected two numbers with"
                " 0 < min <= max <= 1: the crop's side over the picture's shorter side.",
                "Set for instance data.augment.scale='[0.5,1.0]'.",
            )
        self.scale = values[0], values[1]
        self.flip = _probability(flip)

    def __call__(self, picture: Image.Image, size: int, rng: np.random.Generator) -> Image.Image:
        """Return a random ``size`` x ``size`` crop of ``picture``."""
        fraction, along, down, coin = rng.random(4)
        low, high = self.scale
        side = (low + (high - low) * fraction) * min(picture.size)
        left = (picture.width - side) * along
        top = (picture.height - side) * down
        return _flipped(_resized(picture, size, left, top, side, side), coin < self.flip)

    def reduction(self, size: int) -> Reduction:
        """Shrink to where the smallest crop still has ``size`` pixels: none is ever enlarged."""
        return ShorterSide(math.ceil(size / self.scale[0]))


class WholeSquare:
    """The whole image squeezed into a square (its proportions change), as in Johnson's training.

    Args:
        flip: Probability of a mirror image, 0 to 1.

    Raises:
        StylenetError: ``flip`` is out of its range.
    """

    def __init__(self, flip: float = 0.0) -> None:
        self.flip = _probability(flip)

    def __call__(self, picture: Image.Image, size: int, rng: np.random.Generator) -> Image.Image:
        """Return all of ``picture`` as ``size`` x ``size`` pixels."""
        square = _resized(picture, size, 0, 0, picture.width, picture.height)
        return _flipped(square, rng.random() < self.flip)

    def reduction(self, size: int) -> Reduction:
        """Squeeze in advance: the squares stay the same."""
        return Squeezed(size)


class CentreSquare:
    """The largest square in the middle of the image, scaled: nothing is random.

    Validation images are made so, and the training images of recipes that say "resize the
    shorter side, crop the centre".
    """

    def __call__(
        self,
        picture: Image.Image,
        size: int,
        rng: np.random.Generator | None = None,  # noqa: ARG002, the protocol's
    ) -> Image.Image:
        """Return the middle of ``picture`` as ``size`` x ``size`` pixels; ``rng`` is not used."""
        side = min(picture.size)
        left, top = (picture.width - side) / 2, (picture.height - side) / 2
        return _resized(picture, size, left, top, side, side)

    def reduction(self, size: int) -> Reduction:
        """Cut out in advance: the squares stay the same."""
        return MiddleSquare(size)


class ColourChanged:
    """Squares of another augmentation, most of them in colours that no photograph has.

    Law: with probability ``share``, contrast about mid grey, saturation and a turn of the hue
    (about the grey axis) are drawn uniformly, then a cast, a shift of each channel; values are cut
    off at 0 and 255.

    Args:
        squares: Makes the squares.
        share: Of the squares that are changed, 0 to 1.
        contrast: The factor lies within 1 - contrast and 1 + contrast.
        saturation: Likewise.
        hue: The turn lies within -hue and hue, in degrees.
        cast: Each channel is shifted by at most this fraction of half its range.

    Raises:
        StylenetError: A value is out of its range.
    """

    def __init__(
        self,
        squares: Augment,
        share: float = 0.8,
        contrast: float = 0.4,
        saturation: float = 0.8,
        hue: float = 90.0,
        cast: float = 0.4,
    ) -> None:
        for name, value in {"contrast": contrast, "saturation": saturation, "cast": cast}.items():
            if not 0 <= value <= 1:
                raise StylenetError(
                    f"ColourChanged got {name}={value}, expected 0 to 1.",
                    f"Set for instance data.augment.{name}=0.4.",
                )
        self.squares = squares
        self.share = _probability(share, "share")
        self.contrast = contrast
        self.saturation = saturation
        self.hue = hue
        self.cast = cast

    def __call__(self, picture: Image.Image, size: int, rng: np.random.Generator) -> Image.Image:
        """Return a square of ``picture``, its colours changed or not."""
        square = self.squares(picture, size, rng)
        coin, contrast, saturation, turn, *casts = rng.uniform(-1, 1, 7)
        if coin >= 2 * self.share - 1:
            return square
        matrix = _rotation_about_grey(math.radians(self.hue * turn))
        # grey stays; what differs from it is stretched
        matrix = _GREY + (1 + self.saturation * saturation) * (matrix - _GREY)
        matrix *= 1 + self.contrast * contrast
        shift = 127.5 * (1 + self.cast * np.array(casts, np.float32))
        pixels = (np.asarray(square, np.float32) - 127.5) @ matrix.T.astype(np.float32) + shift
        return Image.fromarray(pixels.clip(0, 255).round().astype(np.uint8))

    def reduction(self, size: int) -> Reduction:
        """That of the squares' augmentation."""
        return self.squares.reduction(size)


_GREY = np.full((3, 3), 1 / 3)  # projects a colour onto the grey axis


def _rotation_about_grey(angle: float) -> NDArray[np.float64]:
    # Rodrigues' formula for the axis (1,1,1)/sqrt(3)
    axis = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / math.sqrt(3)
    return math.cos(angle) * np.eye(3) + math.sin(angle) * axis + (1 - math.cos(angle)) * _GREY


def _resized(
    picture: Image.Image, size: int, left: float, top: float, width: float, height: float
) -> Image.Image:
    # Rounding may put left + width a hair outside the image, which Pillow refuses.
    box = (left, top, min(left + width, picture.width), min(top + height, picture.height))
    return picture.resize((size, size), Image.Resampling.BICUBIC, box, REDUCING_GAP)


def _flipped(picture: Image.Image, flip: bool) -> Image.Image:
    return picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if flip else picture


def _probability(value: float, name: str = "flip") -> float:
    if not 0 <= value <= 1:
        raise StylenetError(
            f"Augmentation got {name}={value}, expected a probability from 0 to 1.",
            f"Set for instance data.augment.{name}=0.5.",
        )
    return float(value)
