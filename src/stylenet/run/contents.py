"""The pictures that ``evaluate.py`` is to paint, and where their results go."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from stylenet.errors import StylenetError
from stylenet.images import PictureError, picture_files, read_image

log = logging.getLogger(__name__)


class UnreadableError(StylenetError):
    """A content picture that cannot be read, as against a result that cannot be written."""


@dataclass(frozen=True)
class Content:
    """A content picture.

    Attributes:
        file: where it is.
        name: its path below the content folder, or its file name where it was named itself.
        target: where its results go, below a model's folder.
        named: it was named itself: what is wrong with it is an error, not a warning.
    """

    file: Path
    name: Path
    target: Path
    named: bool

    def read(self, max_pixels: int) -> Tensor:
        """The picture, (3,H,W) in [0,1].

        Raises:
            UnreadableError: no picture, or of more than ``max_pixels``.
        """
        try:
            return read_image(self.file, max_pixels=max_pixels)
        except PictureError as error:
            raise UnreadableError(f"{error.reason}.", error.remedy) from error

    def skip(self, error: StylenetError) -> None:
        """Warn that the picture is left out because of ``error``.

        Raises:
            StylenetError: it was named, so it must not be left out.
        """
        problem = f"Picture {self.file}: {error.problem}"
        if self.named:
            raise StylenetError(problem, error.remedy) from error
        log.warning("skipped: %s %s", problem, error.remedy)


def find_contents(given: Iterable[str]) -> list[Content]:
    """The pictures named, and those in the folders named in the order of their paths.

    Targets mirror the folders; where two coincide (``a.jpg`` and ``a.png``), the later one gets a
    number: ``a_2.png``.

    Raises:
        StylenetError: a folder without pictures.
    """
    contents: list[Content] = []
    taken: set[Path] = set()
    for path in (Path(text).expanduser() for text in given):
        is_folder = path.is_dir()
        for file in sorted(picture_files(path, "content")) if is_folder else [path]:
            name = file.relative_to(path) if is_folder else Path(file.name)
            target, count = name.parent / f"{name.stem}.png", 2
            while target in taken:
                target, count = name.parent / f"{name.stem}_{count}.png", count + 1
            taken.add(target)
            contents.append(Content(file, name, target, named=not is_folder))
    return contents
