"""Painting files: photographs in, paintings with their metadata out; without torch of its own."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from stylenet.apply.contents import Content, find_contents
from stylenet.errors import OutOfMemoryError, PictureTooSmallError, StylenetError
from stylenet.files import expanded
from stylenet.images import (
    Photograph,
    PictureError,
    check_writable,
    encoded_photograph,
    painted_suffix,
    read_photograph,
    write_photograph,
)
from stylenet.images.writing import size_of

if TYPE_CHECKING:
    from torch import Tensor

    from stylenet.images import PilImage


class Paints(Protocol):
    """What paints photographs; ``name``, in which style, can be part of a file's."""

    @property
    def name(self) -> str:
        """In which style, in a word."""
        ...

    def paint(self, photograph: Photograph) -> Tensor | PilImage:
        """The painting: (3,H,W) in [0,1], or Pillow's.

        Raises:
            PictureTooSmallError, OutOfMemoryError: what cannot be painted.
        """
        ...


@dataclass(frozen=True)
class Painted:
    """A file that was written: of which image, where, its pixels, and how long that took."""

    photo: str
    file: str
    width: int
    height: int
    seconds: float


@dataclass(frozen=True)
class Skipped:
    """An image that could not be painted, and why."""

    photo: str
    error: StylenetError

    @property
    def reason(self) -> str:
        """Why, without the file's name."""
        error = self.error
        return f"{error.reason}. {error.remedy}" if isinstance(error, PictureError) else str(error)


@dataclass(frozen=True)
class Job:
    """An image and the file that its painting goes to."""

    content: Content
    target: Path


def plan(given: Iterable[str], out: str | None, name: str) -> list[Job]:
    """What to paint, and where to.

    Args:
        given: paths of images and folders.
        out: a file, for one image; or a folder. In the working directory if None: a file named
            after the image and ``name``, or a folder so named for one folder.
        name: of the style.

    Raises:
        StylenetError: a folder without images; one file for several; a file onto itself.
    """
    given = list(given)
    contents = find_contents(given, painted_suffix)
    single = len(given) == 1 and contents[0].named
    if out is None:
        folders = [Path(path).resolve().name for path in given if expanded(path).is_dir()]
        folder = Path(f"{folders[0]}_{name}" if len(given) == len(folders) == 1 else "")
        jobs = [
            Job(c, folder / (_suffixed(c.target, name) if c.named else c.target)) for c in contents
        ]
    elif single and not _is_folder(out):
        check_writable(expanded(out))
        jobs = [Job(contents[0], expanded(out))]
    elif not _is_folder(out):
        raise StylenetError(
            f"Got {len(contents)} images and the file {out} for their paintings.",
            "Name a folder: -o painted.",
        )
    else:
        jobs = [Job(c, expanded(out) / c.target) for c in contents]
    for job in jobs:
        if job.target.exists() and job.target.samefile(job.content.file):
            raise StylenetError(
                f"The painting of {job.content.file} would take its place.", "Use -o elsewhere."
            )
    return jobs


def paint_files(jobs: Iterable[Job], recipe: Paints) -> Iterator[Painted | Skipped]:
    """Paint one after the other; what is wrong with one image does not keep the others.

    Raises:
        OSError: a painting that cannot be written.
    """
    for job in jobs:
        start = time.perf_counter()
        try:
            photograph = read_photograph(job.content.file)
            painted = recipe.paint(photograph)
            write_photograph(job.target, painted, photograph)
        except (PictureError, PictureTooSmallError, OutOfMemoryError) as error:
            yield Skipped(str(job.content.file), error)
            continue
        width, height = size_of(painted)
        seconds = round(time.perf_counter() - start, 3)
        yield Painted(str(job.content.file), str(job.target), width, height, seconds)


def paint_stream(given: BinaryIO | str, out: BinaryIO | str, recipe: Paints) -> Painted:
    """Paint one photograph of which at least one side is a stream.

    Args:
        given: the stream that it is read from, or its path.
        out: the stream that the painting is written to, in the photograph's format; or a path.
        recipe: how to paint.

    Raises:
        PictureError: no image, or a file of an unknown suffix.
        PictureTooSmallError, OutOfMemoryError: see `Paints`.
        OSError: what cannot be written.
    """
    start = time.perf_counter()
    if isinstance(out, str):
        check_writable(expanded(out))
    if isinstance(given, str):
        photograph = read_photograph(expanded(given))
    else:
        photograph = read_photograph("-", given.read())
    painted = recipe.paint(photograph)
    if isinstance(out, str):
        write_photograph(expanded(out), painted, photograph)
    else:
        file = Path(f"painted{photograph.suffix}")
        out.write(encoded_photograph(painted, photograph, file))
        out.flush()
    width, height = size_of(painted)
    seconds = round(time.perf_counter() - start, 3)
    names = (given if isinstance(given, str) else "-", out if isinstance(out, str) else "-")
    return Painted(*names, width, height, seconds)


def _suffixed(path: Path, name: str) -> Path:
    return path.with_name(f"{path.stem}_{name}{path.suffix}")


def _is_folder(out: str) -> bool:
    path = expanded(out)
    return path.is_dir() or out.endswith(("/", "\\")) or not path.suffix
