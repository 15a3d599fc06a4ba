"""A library of images to colour sketches after: its shapes, kept in a file beside the caches."""

from __future__ import annotations

import hashlib
import logging
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from stylenet.errors import StylenetError
from stylenet.images import PictureError, picture_files, read_image
from stylenet.regions.retrieval import Shape, rank
from stylenet.regions.silhouettes import BorderContrast, mean_chroma, resized

log = logging.getLogger(__name__)
EVERY = 10.0  # seconds between words on how far it came
Descriptor: TypeAlias = NDArray[np.float32]
NAMED = 3  # images that are skipped for one reason
LEAST_PX = 16
NO_COLOUR = "it has hardly any colour"
NO_FIGURE = "no figure stands out from its border"


@dataclass(frozen=True)
class Shapes:
    """What is known of a library.

    Attributes:
        files: the images that can be found.
        descriptors: one row an image, (N,D) float32 of length 1.
        skipped: images that cannot be read, or have no figure or no colours, and why.
        made: how many were described now; all others were known.
    """

    files: tuple[Path, ...]
    descriptors: NDArray[np.float32]
    skipped: dict[Path, str]
    made: int


@dataclass(frozen=True)
class Ranked:
    """An image of the library, in its place in the ranking."""

    file: Path
    distance: float
    mirrored: bool


@dataclass(frozen=True)
class Describer:
    """Computes an image file's descriptor; its fields are all that this depends on.

    Attributes:
        figure: finds what stands out.
        shape: describes it.
        chroma: an image of less colour, on average, has none to give (CIELAB units; 0: any).
        px: longer side that images are reduced to.
    """

    figure: BorderContrast
    shape: Shape
    chroma: float = 4.0
    px: int = 160

    def __call__(self, file: Path) -> Descriptor | str:
        """The descriptor (D,) of length 1; or why the image is of no use.

        Raises:
            PictureError: no image.
        """
        picture = read_image(file).permute(1, 2, 0).numpy()
        scale = min(1.0, self.px / max(picture.shape))
        height, width = (max(1, round(side * scale)) for side in picture.shape[:2])
        if min(height, width) < LEAST_PX:
            return f"it is too narrow, {picture.shape[1]} x {picture.shape[0]} pixels"
        small = resized(picture, height, width)
        if mean_chroma(small) < self.chroma:
            return NO_COLOUR
        descriptor = self.shape.of_picture(small, self.figure(small))
        return NO_FIGURE if descriptor is None else descriptor


class Library:
    """The images below ``folder``, described by ``describe`` and remembered in ``cache``.

    What is remembered of a file counts as long as its path, size and time of change are the same,
    and the describer's settings. Each image is kept as soon as it is described: a building that
    is interrupted resumes where it stopped. A damaged file of the cache is rebuilt.
    """

    def __init__(self, folder: Path, cache: Path, describe: Describer) -> None:
        if not folder.is_dir():
            raise StylenetError(
                f"Got library={folder}, expected a folder of pictures.",
                "Name an existing folder; relative ones start from where train.py is called.",
            )
        self.folder = folder.resolve()
        self.describe = describe
        name = hashlib.sha256(str(self.folder).encode("utf-8", "surrogateescape")).hexdigest()[:16]
        self._settings = repr(describe)
        self.file = cache / "libraries" / f"{name}.sqlite"

    def shapes(self) -> Shapes:
        """Bring the index up to date, and give it.

        Raises:
            StylenetError: no images, or none with a figure.
        """
        files = picture_files(self.folder, "library")
        try:
            found = self._updated(files)
        except sqlite3.DatabaseError as error:
            log.warning("index of the library %s: damaged (%s), rebuilt", self.file, error)
            self.file.unlink(missing_ok=True)
            found = self._updated(files)
        for words in _grouped(found.skipped):
            log.info("skipped: %s", words)
        if not found.files:
            first = next(iter(found.skipped.items()))
            raise StylenetError(
                f"Got library={self.folder} with {len(files)} pictures of which none can be used "
                f"(for instance {first[0].name}: {first[1]}), expected pictures of things that "
                "stand out from their background.",
                "Name another folder, or the picture itself: reference=<picture>.",
            )
        return found

    def _updated(self, files: list[Path]) -> Shapes:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self.file, timeout=60)) as index:
            # a killed process loses nothing by that, a power cut the index, which is rebuilt
            index.execute("PRAGMA synchronous=OFF")
            index.execute(
                "CREATE TABLE IF NOT EXISTS shapes (path TEXT PRIMARY KEY, stamp TEXT NOT NULL, "
                "shape BLOB, problem TEXT)"
            )
            known = dict(index.execute("SELECT path, stamp FROM shapes"))
            start = len(str(self.folder)) + 1  # Path.relative_to takes longer than all the rest
            stamps = dict(sorted((str(file)[start:], self._stamp(file)) for file in files))
            with index:
                gone = [(path,) for path in known if path not in stamps]
                index.executemany("DELETE FROM shapes WHERE path = ?", gone)
            new = [path for path, stamp in stamps.items() if known.get(path) != stamp]
            for path in _told(new, len(files)):
                row = (path, stamps[path], *self._described(self.folder / path))
                with index:
                    index.execute("INSERT OR REPLACE INTO shapes VALUES (?, ?, ?, ?)", row)
            rows = index.execute("SELECT path, shape, problem FROM shapes ORDER BY path").fetchall()
        good = [(self.folder / path, shape) for path, shape, _ in rows if shape is not None]
        joined = np.frombuffer(b"".join(shape for _, shape in good), dtype=np.float16)
        return Shapes(
            tuple(file for file, _ in good),
            joined.reshape(-1, self.describe.shape.size).astype(np.float32),
            {self.folder / path: problem for path, shape, problem in rows if shape is None},
            len(new),
        )

    def _stamp(self, file: Path) -> str:
        """What must be the same for what is remembered to count."""
        facts = file.stat()
        return f"{facts.st_size} {facts.st_mtime_ns} {self._settings}"

    def _described(self, file: Path) -> tuple[bytes | None, str | None]:
        try:
            found = self.describe(file)
        except PictureError as error:
            return None, error.reason
        if isinstance(found, str):
            return None, found
        return found.astype(np.float16).tobytes(), None


def ranked(library: Library, queries: NDArray[np.float32], top: int) -> tuple[Ranked, ...]:
    """The library's ``top`` nearest images to a drawing's descriptors (2,D), best first."""
    shapes = library.shapes()
    log.info("library: %d pictures, %d indexed now", len(shapes.files), shapes.made)
    hits = rank(queries, shapes.descriptors, top)
    return tuple(Ranked(shapes.files[h.number], h.distance, h.mirrored) for h in hits)


def _grouped(skipped: dict[Path, str]) -> list[str]:
    """One line a reason, with how many images it is and the first of them."""
    files: dict[str, list[Path]] = {}
    for file, reason in skipped.items():
        files.setdefault(reason, []).append(file)
    return [
        f"{', '.join(map(str, some[:NAMED]))}"
        + (f" and {len(some) - NAMED} more" if len(some) > NAMED else "")
        + f": {reason}"
        for reason, some in files.items()
    ]


def _told(new: list[str], of: int) -> Iterator[str]:
    """The paths one by one; now and then how many are done is said."""
    if new:
        log.info("library: %d of %d pictures to index", len(new), of)
    said = time.monotonic()
    for number, path in enumerate(new):
        if time.monotonic() - said > EVERY:
            said = time.monotonic()
            log.info("library: %d of %d indexed", number, len(new))
        yield path
