"""From a picture of any size to a square of pixels, for training and for validation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np
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
    """Makes a training example of a picture; all its chance comes from the generator it is given.

    An implementation must be picklable (it travels to worker processes) and keep no state.
    """

    def __call__(self, picture: Image.Image, size: int, rng: np.random.Generator) -> Image.Image:
        """Return a ``size`` x ``size`` RGB picture made of ``picture`` (RGB, any size)."""
        ...

    def reduction(self, size: int) -> Reduction:
        """Return how to make copies of pictures that give (nearly) the same squares of ``size``."""
        ...


class RandomCrop:
    """A square cut out at random, scaled to the wanted size, flipped left to right at random.

    Law: f is uniform in ``scale``; the square's side is f times the picture's shorter side, its
    place uniform among those inside the picture, and it is resized to size x size (bicubic).
    That is a crop of ``size`` pixels from the picture resized to a shorter side of size / f;
    a picture smaller than that is enlarged.

    Args:
        scale: Least and greatest f, 0 < least <= greatest <= 1. (1, 1) crops along the longer
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
                " 0 < least <= greatest <= 1: the crop's side over the picture's shorter side.",
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
    """The whole picture squeezed into a square (its proportions change), as in Johnson's training.

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
        """Squeeze already: the squares of larger pictures are then just the same."""
        return Squeezed(size)


class CentreSquare:
    """The greatest square in the middle of the picture, scaled: no chance in it.

    Validation pictures are made so, and the training pictures of recipes that say "resize the
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
        """Cut out already: the squares are then just the same."""
        return MiddleSquare(size)


def _resized(
    picture: Image.Image, size: int, left: float, top: float, width: float, height: float
) -> Image.Image:
    # Rounding may put left + width a hair outside the picture, which Pillow refuses.
    box = (left, top, min(left + width, picture.width), min(top + height, picture.height))
    return picture.resize((size, size), Image.Resampling.BICUBIC, box, REDUCING_GAP)


def _flipped(picture: Image.Image, flip: bool) -> Image.Image:
    return picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if flip else picture


def _probability(flip: float) -> float:
    if not 0 <= flip <= 1:
        raise StylenetError(
            f"Augmentation got flip={flip}, expected a probability from 0 to 1.",
            "Set for instance data.augment.flip=0.5.",
        )
    return float(flip)
