"""A visitor and the pictures: in memory and in a folder of the visit's own, until it ends."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import secrets
import shutil
import threading
from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from torch import Tensor

from stylenet.app.jobs import Jobs
from stylenet.app.limits import Limits
from stylenet.app.studio import Mixture, Studio
from stylenet.errors import StylenetError
from stylenet.images import (
    LongerSide,
    Photograph,
    encoded_photograph,
    open_image,
    read_photograph,
    resize,
    sample_photographs,
    to_pil,
    write_image,
)

STYLE_PX = 512  # shorter side of a visitor's own painting: twice what nets look at
FILES = 24  # previews that are kept; a browser may still be loading the last few


class Visit:
    """One visitor's pictures.

    Args:
        folder: for these alone; its name cannot be guessed.
        limits: what the visitor may ask for.

    Attributes:
        folder: for the visitor's pictures alone.
        jobs: what the visitor has started.
        lock: held while something is done for the visitor, so that answers keep their order.
        uploaded: width and height of the photograph as it came.
        brushed_on: the file of the photograph on which regions are brushed.
    """

    def __init__(self, folder: Path, limits: Limits) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.lock = threading.Lock()
        self.jobs = Jobs()
        self.brushed_on: Path | None = None
        self._limits = limits
        self._samples = itertools.cycle(sample_photographs().items())
        self._photograph: Photograph | None = None
        self._pixels: Tensor | None = None
        self._name = ""
        self.uploaded = (0, 0)
        self._contents: dict[int, Tensor] = {}
        self._paintings: OrderedDict[tuple[Mixture, int, float], Tensor] = OrderedDict()
        self._previews: list[Path] = []
        self._uploads: set[Path] = set()
        self._styles: dict[str, str] = {}
        self._before: dict[int, Path] = {}

    def take_photograph(self, upload: Path) -> None:
        """The photograph to paint from now on, in place of the one before.

        Raises:
            PictureError: it cannot be read, or has too many pixels.
        """
        self.claim([upload])
        self._photograph = self._pixels = None
        self._contents, self._before = {}, {}
        self._paintings.clear()
        read = read_photograph(upload, max_pixels=self._limits.pixels)
        pixels = read.pixels
        height, width = pixels.shape[-2:]
        self.uploaded = (width, height)
        if max(read.image.size) > self._limits.side:  # what is larger than any painting goes
            pixels = LongerSide(self._limits.side)(pixels)
            read = dataclasses.replace(read, image=to_pil(pixels))
        # not of the reduced image: its rounding would be painted
        self._photograph, self._pixels, self._name = read, pixels, upload.stem

    def sample(self) -> Path:
        """A copy of a photograph that everybody has; the next one, each time."""
        name, file = next(self._samples)
        return Path(shutil.copy(file, self.new_file(f"{name}{file.suffix}")))

    def take_style(self, upload: Path) -> Path:
        """A painting of the visitor's own; the file by which mixtures name it.

        Raises:
            PictureError: it cannot be read, or has too many pixels.
        """
        self.claim([upload])
        image = open_image(upload, max_pixels=self._limits.pixels)
        image.thumbnail((2 * STYLE_PX, 2 * STYLE_PX))
        file = self.new_file(f"{upload.stem}.png")
        image.save(file)
        count = sum(name.partition(" (")[0] == upload.stem for name in self._styles.values())
        self._styles[str(file)] = f"{upload.stem} ({count + 1})" if count else upload.stem
        return file

    def take_net(self, folder: Path, painting: Path) -> None:
        """A finished net of the visitor's own, by its run directory, among the styles."""
        self._styles[str(folder)] = f"net of {painting.stem}"

    def style(self, studio: Studio, name: str) -> str:
        """``name``, which came from a browser, if it is one of the page's or the visitor's own.

        Raises:
            StylenetError: it is neither.
        """
        if name in studio.styles.values() or name in self._styles:
            return name
        raise StylenetError(
            "This style is not there any more.", "Choose another one, or upload the painting again."
        )

    def claim(self, uploads: Iterable[Path]) -> None:
        """Files that are the visitor's, to be deleted at the end."""
        self._uploads.update(uploads)

    @property
    def own_styles(self) -> list[tuple[str, str]]:
        """The visitor's own: what to call them in the page, and their files or folders."""
        return [(f"Your {name}", file) for file, name in self._styles.items()]

    @property
    def own_paintings(self) -> list[tuple[str, str]]:
        """Those of `own_styles` that are no nets."""
        return [(label, file) for label, file in self.own_styles if Path(file).is_file()]

    @property
    def has_photograph(self) -> bool:
        """Whether there is one to paint."""
        return self._photograph is not None

    def content(self, size: int) -> Tensor:
        """The photograph with a longer side of ``size`` pixels: (3,H,W) in [0,1].

        Raises:
            StylenetError: there is none.
        """
        if self._pixels is None:
            raise StylenetError("There is no photo yet.", "Choose one first.")
        if size not in self._contents:
            self._contents[size] = LongerSide(size)(self._pixels)
        return self._contents[size]

    def painting(self, studio: Studio, mixture: Mixture, size: int, strokes: float) -> Tensor:
        """The photograph painted, of the same size as `content`; by the net only the first time.

        Args:
            studio: what paints.
            mixture: in which styles.
            size: pixels of the longer side.
            strokes: how broad the strokes are: the net paints at ``size / strokes`` pixels.

        Raises:
            StylenetError: no photograph; see `Studio.paint`.
        """
        content = self.content(size)
        key = (mixture, size, strokes)
        if key not in self._paintings:
            seen = content if strokes == 1 else LongerSide(round(size / strokes))(content)
            painted = studio.paint(mixture, seen)
            self._paintings[key] = resize(painted, *content.shape[-2:])
        self._paintings.move_to_end(key)
        while len(self._paintings) > self._limits.paintings:
            self._paintings.popitem(last=False)
        return self._paintings[key]

    def before(self, size: int) -> Path:
        """A file of `content` for the browser."""
        if size not in self._before:
            self._before[size] = self._shown("photo.jpg", self.content(size))
        return self._before[size]

    def preview(self, image: Tensor) -> Path:
        """A file of (3,H,W) in [0,1] for the browser; the oldest go when there are many."""
        file = self._shown("painting.jpg", image)
        self._previews.append(file)
        while len(self._previews) > FILES:
            shutil.rmtree(self._previews.pop(0).parent)
        return file

    def download(self, image: Tensor, title: str, suffix: str) -> Path:
        """A file of the painting with the photograph's name and metadata."""
        assert self._photograph is not None
        file = self.new_file(f"{self._name}_{title}{suffix}")
        file.write_bytes(encoded_photograph(image, self._photograph, file))
        return file

    def _shown(self, name: str, image: Tensor) -> Path:
        """A JPEG of it, which lies on white where the photograph is transparent."""
        opaque = None if self._photograph is None else self._photograph.alpha_at(image)
        return write_image(self.new_file(name), image, None if opaque is None else np.array(opaque))

    def named(self, file: Path, title: str) -> Path:
        """A copy of a finished file, with the photograph's name."""
        return Path(shutil.copy(file, self.new_file(f"{self._name}_{title}{file.suffix}")))

    def new_file(self, name: str) -> Path:
        """Where a file of this name can be written; nobody can guess its path."""
        folder = self.folder / secrets.token_urlsafe(16)
        folder.mkdir()
        return folder / name

    @property
    def folders(self) -> set[Path]:
        """Where its files are."""
        return {self.folder, *(upload.parent for upload in self._uploads)}

    def close(self) -> None:
        """Delete all there is of the visitor's."""
        self.jobs.kill()
        self._photograph = self._pixels = None
        self._contents, self._before = {}, {}
        self._paintings.clear()
        shutil.rmtree(self.folder, ignore_errors=True)
        for upload in self._uploads:
            _forget(upload)


def _forget(upload: Path) -> None:
    """Delete an uploaded file, and its folder if no other lies there."""
    upload.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        upload.parent.rmdir()
