"""Numbered images, from files or from memory, and the data set that draws from them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset

from stylenet.data.augment import Augment
from stylenet.data.maps import labels_of, squared_maps
from stylenet.data.order import Draw, augment_rng
from stylenet.images import PictureError, open_image, to_tensor
from stylenet.motion import MovedStill


class Pictures(Protocol):
    """Numbered pictures: what a source of data (a folder, COCO, a cache) has to offer.

    An implementation must be picklable, and the same number must always mean the same image.
    """

    def __len__(self) -> int:
        """How many images there are."""
        ...

    def name(self, number: int) -> str:
        """Return what messages call the image; the same on another machine."""
        ...

    def load(self, number: int) -> Image.Image:
        """Return the image as RGB.

        Raises:
            PictureError: It cannot be read.
        """
        ...


@runtime_checkable
class StampedPictures(Pictures, Protocol):
    """Images that tell when one has changed: what `stylenet.data.cache` needs."""

    def stamp(self, number: int) -> str:
        """Return a text that is another one when the image is; cheap, nothing is decoded."""
        ...


@runtime_checkable
class FollowedPictures(Pictures, Protocol):
    """Frames of clips, each with the one that follows."""

    def following(self, number: int) -> Image.Image:
        """Return the frame that follows, as RGB, of the same size."""
        ...

    def moved(self, first: Tensor, second: Tensor) -> MovedStill:
        """Return ``second`` (3,H,W) with where in ``first`` lies what it shows."""
        ...


def moved_of(
    pictures: object, number: int, square: Callable[[Image.Image], Image.Image], first: Tensor
) -> MovedStill | None:
    """What followed ``first``, made by ``square`` of an image as ``first`` was; None of stills.

    The flow is found in the squares: whatever cut, scaled or flipped them did so to both.
    """
    if not isinstance(pictures, FollowedPictures):
        return None
    return pictures.moved(first, to_tensor(square(pictures.following(number))))


def stacked(moved: Sequence[MovedStill]) -> MovedStill:
    """One batch of them."""
    return MovedStill(*(torch.stack(parts) for parts in zip(*moved, strict=True)))


@dataclass(frozen=True)
class FilePictures:
    """Image files, decoded each time they are asked for.

    Args:
        paths: The files, in the order of their numbers.
        root: Names are given relative to it.
    """

    paths: Sequence[Path]
    root: Path

    def __len__(self) -> int:
        return len(self.paths)

    def name(self, number: int) -> str:
        """Return the path relative to ``root``, with forward slashes."""
        return self.paths[number].relative_to(self.root).as_posix()

    def load(self, number: int) -> Image.Image:
        """Return the decoded file; `PictureError` where it cannot be read."""
        return open_image(self.paths[number])

    def stamp(self, number: int) -> str:
        """Return size and time of change of the file; a file that is not there has a stamp too."""
        try:
            found = self.paths[number].stat()
        except OSError as error:
            return type(error).__name__
        return f"{found.st_size} {found.st_mtime_ns}"


@dataclass(frozen=True)
class MemoryPictures:
    """Decoded images held in memory, 3 bytes a pixel: for few images that are drawn often."""

    names: Sequence[str]
    images: Sequence[Image.Image]

    @classmethod
    def of(cls, pictures: Pictures) -> MemoryPictures:
        """Read all ``pictures``; the first that is unreadable raises its `PictureError`."""
        numbers = range(len(pictures))
        return cls([pictures.name(n) for n in numbers], [pictures.load(n) for n in numbers])

    def __len__(self) -> int:
        return len(self.images)

    def name(self, number: int) -> str:
        """Return the name the image had where it came from."""
        return self.names[number]

    def load(self, number: int) -> Image.Image:
        """Return the image itself, not a copy: resize or crop it, do not draw on it."""
        return self.images[number]


class Example(NamedTuple):
    """What became of a draw, or of a batch: its pixels, or None where it was given up.

    ``failures`` is {number of an unreadable picture: why}, ``seconds`` what making it took,
    ``regions`` the maps of images that have any, ``moved`` the frames that follow frames of clips.
    """

    pixels: Tensor | None
    failures: dict[int, str]
    seconds: float
    regions: Tensor | None = None
    moved: MovedStill | None = None


class DrawnPictures(Dataset[Example]):
    """Training examples: a pure function of (seed, epoch, index) and of what the disk holds.

    Where an image is unreadable, the next readable one takes its place, whichever process
    reads it and whatever was read before. No error is raised here, in a worker, because it
    would reach the main process as a mere `RuntimeError`: failures travel with the example.

    Args:
        pictures: At least one.
        augment: Makes squares of them.
        size: Side of these squares in pixels.
        seed: Of the run, 0 or more.
        attempts: Unreadable images in a row after which a draw is given up.
    """

    def __init__(
        self, pictures: Pictures, augment: Augment, *, size: int, seed: int, attempts: int
    ) -> None:
        self.pictures = pictures
        self.augment = augment
        self.size = size
        self.seed = seed
        self.attempts = attempts

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, draw: Draw) -> Example:
        """Return pixels (3, size, size) in [0, 1], or None if all ``attempts`` failed."""
        begun = time.perf_counter()
        failures: dict[int, str] = {}
        for step in range(min(self.attempts, len(self.pictures))):
            number = (draw.picture + step) % len(self.pictures)
            try:
                picture = self.pictures.load(number)
                labels = labels_of(self.pictures, number)
            except (PictureError, OSError) as error:
                failures[number] = str(getattr(error, "reason", error))
                continue

            def square(shown: Image.Image) -> Image.Image:
                rng = augment_rng(self.seed, draw.epoch, draw.index)
                return self.augment(shown, self.size, rng)

            pixels, regions = to_tensor(square(picture)), None
            if labels is not None:
                regions = squared_maps(*labels, picture.size, square)
            moved = moved_of(self.pictures, number, square, pixels)
            return Example(pixels, failures, time.perf_counter() - begun, regions, moved)
        return Example(None, failures, time.perf_counter() - begun)


def collate(examples: Sequence[Example]) -> Example:
    """Return the batch (N, 3, H, W), or None if a draw was given up, and all failures in it."""
    begun = time.perf_counter()
    failures = {number: why for e in examples for number, why in e.failures.items()}
    pixels = [example.pixels for example in examples if example.pixels is not None]
    regions = [example.regions for example in examples if example.regions is not None]
    batch = torch.stack(pixels) if len(pixels) == len(examples) else None
    maps = torch.stack(regions) if len(regions) == len(examples) else None
    moved = [example.moved for example in examples if example.moved is not None]
    seconds = sum(example.seconds for example in examples) + time.perf_counter() - begun
    following = stacked(moved) if len(moved) == len(examples) else None
    return Example(batch, failures, seconds, maps, following)
