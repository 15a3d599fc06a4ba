"""Images as arrays (3,H,W) of float32 in [0,1], without torch: to, from and by the longer side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from stylenet.images.errors import SizeError
from stylenet.images.reading import DEFAULT_MAX_PIXELS

Array = NDArray[np.float32]


def to_array(image: Image.Image) -> Array:
    """An image of mode RGB -> (3,H,W): what `to_tensor` gives."""
    pixels = np.asarray(image, np.uint8).transpose(2, 0, 1)
    return np.ascontiguousarray(pixels, np.float32) / np.float32(255)


def from_array(array: Array) -> Image.Image:
    """(3,H,W) -> mode RGB, clamped to [0,1] and rounded: what `to_pil` gives."""
    pixels = np.rint(array.clip(0, 1) * np.float32(255)).astype(np.uint8)
    return Image.fromarray(np.ascontiguousarray(pixels.transpose(1, 2, 0)))


def by_longer_side(array: Array, px: int) -> Array:
    """The image with max(H,W) = px, as `LongerSide` gives it: antialiased bicubic, clamped."""
    before = array.shape[-2:]
    height, width = scaled(before, px, max(before))
    if (height, width) == before:
        return array
    check_size(before, (height, width))
    bicubic = Image.Resampling.BICUBIC
    planes = [Image.fromarray(plane).resize((width, height), bicubic) for plane in array]
    return np.stack([np.asarray(plane) for plane in planes]).clip(0, 1)


def scaled(size: Sequence[int], px: int, side: int) -> tuple[int, int]:
    """Height and width, in whole pixels, where ``side``, one of them, is brought to ``px``."""
    height, width = (max(1, round(own * px / side)) for own in size)
    return height, width


def check_size(before: Sequence[int], after: Sequence[int]) -> None:
    """Refuse to resize to a size (height, width) that no image has, or too large a one.

    Raises:
        SizeError: what is refused.
    """
    (old_height, old_width), (height, width) = before, after
    if min(height, width) < 1 or height * width > DEFAULT_MAX_PIXELS:
        raise SizeError(
            f"A picture of {old_width} x {old_height} pixels cannot be resized to "
            f"{width} x {height}; expected sides of at least 1 and at most {DEFAULT_MAX_PIXELS} "
            "pixels.",
            "Choose another size, or crop the picture to a less extreme shape.",
        )
