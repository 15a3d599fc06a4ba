"""Where in training images each style is wanted: a pure function of the seed and the step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from stylenet.errors import StylenetError

_STREAM = 3  # beside those of stylenet.data.order and stylenet.tasks.dealing


class Maps(Protocol):
    """Says for each image of a batch where each style is wanted."""

    def __call__(
        self, styles: int, pictures: Tensor, own: Tensor | None, step: int, seed: int
    ) -> Tensor:
        """Maps of ``pictures`` (N,3,H,W): (N,S,H,W) float32, of sum 1 at a pixel.

        Args:
            styles: S.
            pictures: of a batch.
            own: maps that the data have of them, (N,R,H,W), if any.
            step: 0 or more.
            seed: 0 or more.
        """
        ...


class RandomMaps:
    """Partitions of the image with smooth borders, each part in another style.

    An image gets a number of styles, uniform in ``regions`` but no more than there are, and these
    at random. Each has a field of normal random numbers, on a grid of as many cells a side as
    ``cells`` says, interpolated smoothly; a pixel belongs to the style whose field is highest
    there. So regions have any shape and any fraction of the image, none at all among them.

    Args:
        regions: smallest and largest number of styles in an image, 1 or more.
        cells: smallest and largest number of cells, 2 or more: few give large regions.

    Raises:
        StylenetError: a number out of its range.
    """

    def __init__(self, regions: Sequence[int] = (1, 4), cells: Sequence[int] = (2, 6)) -> None:
        self.regions = _range("regions", regions, 1)
        self.cells = _range("cells", cells, 2)

    def __call__(
        self, styles: int, pictures: Tensor, own: Tensor | None, step: int, seed: int
    ) -> Tensor:
        """See `Maps`; the data's own maps are not used. On the CPU."""
        del own
        n, _, height, width = pictures.shape
        size = (height, width)
        return torch.stack([self._map(styles, size, (step, place), seed) for place in range(n)])

    def _map(self, styles: int, size: tuple[int, int], place: tuple[int, int], seed: int) -> Tensor:
        key = np.random.SeedSequence(seed, spawn_key=(_STREAM, *place))
        rng = np.random.Generator(np.random.Philox(key))
        low, high = (min(number, styles) for number in self.regions)
        count = int(rng.integers(low, high, endpoint=True))
        cells = int(rng.integers(*self.cells, endpoint=True))
        chosen = rng.permutation(styles)[:count]
        grid = torch.from_numpy(rng.standard_normal((1, count, cells, cells), np.float32))
        fields = F.interpolate(grid, size, mode="bicubic", align_corners=True)[0]
        numbers = torch.from_numpy(chosen)[fields.argmax(0)]
        return F.one_hot(numbers, styles).permute(2, 0, 1).float()


class DataMaps:
    """The data's own maps: their first region has the first style, and so on."""

    reads_data = True  # so that data with maps are not refused

    def __call__(
        self, styles: int, pictures: Tensor, own: Tensor | None, step: int, seed: int
    ) -> Tensor:
        """See `Maps`; step and seed are not used. On the CPU.

        Raises:
            StylenetError: images without maps, or of another number of regions than styles.
        """
        del pictures, step, seed
        if own is None or own.shape[1] != styles:
            got = "no maps" if own is None else f"maps of {own.shape[1]} regions"
            raise StylenetError(
                f"Got pictures with {got} for {styles} styles.",
                "Use data=coco with a group of categories for each style but the first, which the "
                "background has, e.g. 'data.regions=[[person],[cat,dog]]' and three styles; or "
                "maps=random.",
            )
        return own.cpu()


def _range(name: str, values: Sequence[int], minimum: int) -> tuple[int, int]:
    numbers = tuple(int(value) for value in values)
    if len(numbers) != 2 or not minimum <= numbers[0] <= numbers[1]:
        raise StylenetError(
            f"Got maps.{name}={list(values)}, expected two numbers, {minimum} <= min <= max.",
            f"Use maps.{name}=[{minimum},4].",
        )
    return numbers[0], numbers[1]
