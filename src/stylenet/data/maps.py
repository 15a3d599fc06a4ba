"""Maps beside pictures: they go through the same augmentation."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from stylenet.images import to_tensor


@runtime_checkable
class MappedPictures(Protocol):
    """Images that say what each of their pixels belongs to."""

    count: int
    """Regions."""

    def labels(self, number: int) -> NDArray[np.uint8]:
        """The region of each pixel of an image, 0 to ``count`` - 1, of the image's shape."""
        ...


class Mapped(NamedTuple):
    """A batch with maps: images (N,3,H,W) and the share that each region has of every pixel.

    ``regions`` is (N,R,H,W) float32, of sum 1 at each pixel.
    """

    pictures: Tensor
    regions: Tensor


def labels_of(pictures: object, number: int) -> tuple[NDArray[np.uint8], int] | None:
    """The map of an image and the number of regions; None of images without maps."""
    if not isinstance(pictures, MappedPictures):
        return None
    return pictures.labels(number), pictures.count


def squared_maps(
    labels: NDArray[np.uint8],
    count: int,
    size: tuple[int, int],
    square: Callable[[Image.Image], Image.Image],
) -> Tensor:
    """What ``square`` makes of an image of ``size`` (width, height), made of its map.

    Three regions at a time are the channels of an image, so any augmentation that moves pixels
    serves; it has to do the same each time that it is called.

    Returns:
        (count,H,W) float32, of sum 1 at each pixel.
    """
    maps = []
    for first in range(0, count, 3):
        channels = [labels == number for number in range(first, first + 3)]
        drawn = Image.fromarray(np.stack(channels, -1).astype(np.uint8) * 255)
        if drawn.size != size:  # the file is of another size than its annotations are for
            drawn = drawn.resize(size, Image.Resampling.NEAREST)
        maps.append(to_tensor(square(drawn)))
    regions = torch.cat(maps)[:count]
    # interpolation overshoots at borders
    return regions / regions.sum(0).clamp_min(1 / 255)
