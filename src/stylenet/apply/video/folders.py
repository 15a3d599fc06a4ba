"""Folders of frames, one image each."""

from __future__ import annotations

import re
from collections.abc import Generator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from stylenet.apply.video.clips import About, Frame, PaintedFrame, Source
from stylenet.apply.video.libraries import VideoError
from stylenet.images import painted_suffix, picture_files, read_photograph, write_image

RATE = Fraction(24)  # frames a second, where nothing says another


class FolderSource:
    """The images of a folder, in the order of the numbers in their names.

    They are transparent where the first one is.

    Args:
        folder: where they are.
        rate: frames a second.
        start: seconds into the clip, of the first frame that is wanted.
        end: seconds into the clip, of the first frame that is not; None: all there are.

    Raises:
        StylenetError: there are none.
    """

    def __init__(
        self,
        folder: Path,
        rate: Fraction = RATE,
        start: Fraction = Fraction(0),
        end: Fraction | None = None,
    ) -> None:
        files = sorted(
            (f for f in picture_files(folder, "frames") if f.parent == folder), key=_in_order
        )
        wanted = [
            file
            for number, file in enumerate(files)
            if number / rate >= start and (end is None or number / rate < end)
        ]
        self._files = wanted
        self.remarks: list[str] = []
        self.about = About(folder, 1 / rate, rate, len(wanted))

    def sounds(self) -> Generator[Any, None, None]:
        """None."""
        yield from ()

    def frames(self) -> Generator[Frame, None, None]:
        """The frames.

        Raises:
            PictureError: an image that cannot be read.
            VideoError: one of another size than the first.
        """
        size, clear = None, False
        for number, file in enumerate(self._files):
            image = read_photograph(file)
            pixels = np.array(image.on_white)  # writable, for torch
            alpha = None if image.alpha is None else np.asarray(image.alpha)
            if size is None:
                size, clear = pixels.shape, alpha is not None
            if clear and alpha is None:
                alpha = np.full(size[:2], 255, np.uint8)
            if pixels.shape != size:
                (height, width), (rows, columns) = pixels.shape[:2], size[:2]
                raise VideoError(
                    f"The frame {file} has {width} x {height} pixels, but the first one has "
                    f"{columns} x {rows}.",
                    "Leave it out, or bring all to one size.",
                )
            yield Frame(pixels, number, 1, file.name, alpha=alpha if clear else None)

    def close(self) -> None:
        """Nothing is open."""


class FolderSink:
    """A folder of images, one a frame, named as in the source's folder or by number.

    Args:
        folder: where they grow; it may hold some already.
        target: what the user calls it.
        about: the source.
        pattern: of names, such as ``%05d.png``, for frames that have none.
        count: how many are in ``folder``.
    """

    def __init__(self, folder: Path, target: Path, about: About, pattern: str, count: int) -> None:
        self._folder = folder
        self._pattern = pattern
        self._count = count
        self.remarks = (
            [f"{target}: images have no sound, which is left out"] if about.sounds else []
        )
        folder.mkdir(exist_ok=True)

    def write(self, painted: PaintedFrame) -> None:
        """Write a frame's image.

        Raises:
            PictureError: a suffix that images are not written as.
            OSError: from the file system.
        """
        self._count += 1
        name = painted.frame.name
        file = Path(self._pattern % self._count if name is None else name)
        image = torch.from_numpy(np.ascontiguousarray(painted.pixels)).permute(2, 0, 1)
        file = self._folder / file.with_suffix(painted_suffix(file))
        write_image(file, image, painted.alpha())

    def end_piece(self) -> dict[str, NDArray[Any]]:
        """Nothing: the images lie in their folder."""
        return {}

    def finish(self, part: Path, source: Source) -> None:
        """Every image is there: the folder takes its place."""
        del source
        self._folder.rename(part)


def _in_order(file: Path) -> list[str | int]:
    """Text and numbers by turns."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", file.name)]
