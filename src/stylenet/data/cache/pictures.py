"""Images decoded and shrunk once, kept on the disk, read back without decoding."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from stylenet.data.cache.building import fill, no_room, prepare
from stylenet.data.cache.file import Index, Record, read_index
from stylenet.data.pictures import StampedPictures
from stylenet.data.reduction import Reduction
from stylenet.errors import StylenetError
from stylenet.files import FULL, locked
from stylenet.images import PictureError


class CachedPictures:
    """Images as ``reduction`` leaves them, read from a memory map; made by `cached`.

    An image that the cache does not hold, because its file could not be reached when the cache
    was made, is asked of ``sources`` again.

    Args:
        sources: The images themselves; names and numbers are theirs.
        reduction: That the cache was made with.
        file: Of the cache's pixels.
        records: One an image, None where the cache does not hold it.
    """

    def __init__(
        self,
        sources: StampedPictures,
        reduction: Reduction,
        file: Path,
        records: Sequence[Record | None],
    ) -> None:
        self.sources = sources
        self.reduction = reduction
        self.file = file
        self._faults = {n: r.why for n, r in enumerate(records) if r is not None and r.why}
        self._places = np.array(
            [(r.start, r.width, r.height) if r else (0, 0, 0) for r in records], np.int64
        ).reshape(-1, 3)
        self._pixels: mmap.mmap | None = None

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_pixels": None}  # each process opens its own

    def __len__(self) -> int:
        return len(self.sources)

    def name(self, number: int) -> str:
        """Return the name of the source."""
        return self.sources.name(number)

    def load(self, number: int) -> Image.Image:
        """Return the reduced image; `PictureError` where it, or the cache, cannot be read."""
        if (why := self._faults.get(number)) is not None:
            raise PictureError(self.name(number), why, "Replace the file.")
        start, width, height = self._places[number].tolist()
        if not width:
            return self.reduction(self.sources.load(number))
        if self._pixels is None:
            self._pixels = self._open()
        # A slice of a map is a copy; this copies once, into the image.
        with memoryview(self._pixels) as pixels, pixels[start : start + width * height * 3] as own:
            return Image.frombytes("RGB", (width, height), own)

    def _open(self) -> mmap.mmap:
        try:
            with self.file.open("rb") as file:
                return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            reason = f"the cache {self.file} cannot be read ({error})"
            raise PictureError(self.file, reason, "Start again: it is rebuilt.") from error


def cached(sources: StampedPictures, folder: Path, reduction: Reduction) -> CachedPictures:
    """Return ``sources`` from the cache in ``folder``, adding first what it lacks.

    What is there already stays, unless the cache was made with another reduction. A build that is
    interrupted, however hard, resumes where it stopped. Processes that build at the same time
    wait for one another; one that finds the cache complete reads only. Images that the cache
    holds and ``sources`` do not are kept, for a run without data.limit.

    Raises:
        StylenetError: The folder cannot be written to, or has too little room.
    """
    names = [sources.name(number) for number in range(len(sources))]
    stamps = _stamps(sources)
    try:
        index = read_index(folder)
        if _lacking(index, names, stamps, reduction):
            waiting = f"Another process is building the cache {folder}: waiting for it."
            with locked(folder / "build.lock", waiting):
                index = read_index(folder)  # another process may have built it meanwhile
                if missing := _lacking(index, names, stamps, reduction):
                    index = prepare(index, names, missing, reduction)
                    missing = _lacking(index, names, stamps, reduction)
                    fill(index, sources, missing, stamps, reduction)
                    index = read_index(folder)
    except OSError as error:
        if error.errno in FULL:
            raise no_room(folder, len(sources), "more room than that") from error
        raise StylenetError(
            f"The cache data.cache={folder} cannot be used ({error}), expected a folder that can be"
            " written to.",
            "Name another one, or train without: data.cache=null.",
        ) from error
    found = [index.records.get(name) for name in names]
    # One that changed, and then could not be reached, is there still as it was before.
    pairs = zip(found, stamps, strict=True)
    records = [record if record and record.stamp == stamp else None for record, stamp in pairs]
    return CachedPictures(sources, reduction, index.pixel_file, records)


def _stamps(sources: StampedPictures) -> list[str]:
    def some(first: int) -> list[str]:
        last = min(first + 256, len(sources))
        return [sources.stamp(number) for number in range(first, last)]

    with ThreadPoolExecutor(8) as threads:  # on a network drive each file is a round trip
        return [stamp for part in threads.map(some, range(0, len(sources), 256)) for stamp in part]


def _lacking(index: Index, names: list[str], stamps: list[str], reduction: Reduction) -> list[int]:
    """The numbers of images that have to be put in."""
    if index.made_for != str(reduction):
        return list(range(len(names)))
    known = (index.records.get(name) for name in names)
    pairs = enumerate(zip(known, stamps, strict=True))
    return [n for n, (record, stamp) in pairs if record is None or record.stamp != stamp]
