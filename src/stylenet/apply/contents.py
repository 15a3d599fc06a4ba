"""The content pictures: the one that a task optimises, those that ``evaluate.py`` is to paint."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stylenet.errors import StylenetError
from stylenet.files import expanded
from stylenet.images import (
    PICTURE_SUFFIXES,
    PictureError,
    picture_files,
    read_image,
    sample_photographs,
)

if TYPE_CHECKING:
    from torch import Tensor

log = logging.getLogger(__name__)


class UnreadableError(StylenetError):
    """A content image that cannot be read, as against a result that cannot be written."""


@dataclass(frozen=True)
class Content:
    """A content image.

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
        """The image, (3,H,W) in [0,1].

        Raises:
            UnreadableError: no image, or of more than ``max_pixels``.
        """
        try:
            return read_image(self.file, max_pixels=max_pixels)
        except PictureError as error:
            raise UnreadableError(f"{error.reason}.", error.remedy) from error

    def skip(self, error: StylenetError) -> None:
        """Warn that the image is left out because of ``error``.

        Raises:
            StylenetError: it was named, so it must not be left out.
        """
        problem = f"Picture {self.file}: {error.problem}"
        if self.named:
            raise StylenetError(problem, error.remedy) from error
        log.warning("skipped: %s %s", problem, error.remedy)


def find_contents(
    given: Iterable[str],
    suffix_of: Callable[[Path], str] = lambda _: ".png",
    look_up: Callable[[str], Path] = expanded,
) -> list[Content]:
    """The images named, and those in the folders named in the order of their paths.

    Targets mirror the folders; where two coincide (``a.jpg`` and ``a.png``), the later one gets a
    number: ``a_2.png``.

    Args:
        given: paths.
        suffix_of: the suffix of an image's target.
        look_up: finds the file of what is no folder.

    Raises:
        StylenetError: a folder without images, or what ``look_up`` raises.
    """
    contents: list[Content] = []
    taken: set[Path] = set()
    for text in given:
        path = expanded(text)
        is_folder = path.is_dir()
        path = path if is_folder else look_up(text)
        for file in sorted(picture_files(path, "content")) if is_folder else [path]:
            name = file.relative_to(path) if is_folder else Path(file.name)
            suffix = suffix_of(file)
            target, count = name.parent / f"{name.stem}{suffix}", 2
            while target in taken:
                target, count = name.parent / f"{name.stem}_{count}{suffix}", count + 1
            taken.add(target)
            contents.append(Content(file, name, target, named=not is_folder))
    return contents


def find_content(content: str, folder: Path | None) -> Path:
    """A content image's file: ``content`` is its path, or its name.

    Args:
        content: a path; or a name in ``folder``, with or without suffix; or one of the
            photographs inside scikit-image.
        folder: the user's own content images (``paths.contents``), or None.

    Raises:
        StylenetError: no such image, with every place tried, and the nearest name.
    """
    path = expanded(content)
    if path.is_file():
        return path
    own = _pictures_in(folder)
    samples = sample_photographs()
    for name, file in [*own.items(), *samples.items()]:
        if content in (name, file.name):
            return file
    known = [*own, *samples]
    near = difflib.get_close_matches(path.stem, known, 1, 0.5)
    guess = f"Did you mean {near[0]!r}? " if near else ""
    where = "paths.contents is not set" if folder is None else f"there is none in {folder}"
    raise StylenetError(
        f"No picture was found for content={content}: there is no such file (looked from "
        f"{Path.cwd()}), {where}, and scikit-image has {', '.join(samples)}.",
        f"{guess}Give the path of a picture, or a name in a folder that STYLENET_CONTENTS or "
        "paths.contents is set to.",
    )


def _pictures_in(folder: Path | None) -> dict[str, Path]:
    if folder is None or not folder.is_dir():
        return {}
    files = (f for f in sorted(folder.iterdir()) if f.suffix.lower() in PICTURE_SUFFIXES)
    return {f.stem: f for f in files if f.is_file()}
