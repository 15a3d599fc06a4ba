"""Pictures named ``<content>_<style>.jpg``: whose they are, and how the study reads them."""

from __future__ import annotations

from collections.abc import Collection
from glob import glob
from pathlib import Path
from typing import NamedTuple

from PIL import Image
from torch import Tensor

from stylenet.errors import StylenetError
from stylenet.images import open_image, picture_files, to_tensor

SHARED = Path(__file__).parents[2].parent / "shared" / "assets"


class Picture(NamedTuple):
    """A painted picture: its file, the photograph's and the painting's."""

    file: Path
    content: Path
    style: Path


class Library(NamedTuple):
    """The photographs and the paintings that names may speak of: name -> file."""

    contents: dict[str, Path]
    styles: dict[str, Path]

    @classmethod
    def of(cls, contents: Path, styles: Path) -> Library:
        """All pictures of two folders, by the stems of their files."""
        return cls(_by_stem(contents, "contents"), _by_stem(styles, "styles"))

    def only(self, contents: Collection[str], styles: Collection[str]) -> Library:
        """Those of these names; all, where no name is given.

        Raises:
            StylenetError: a name that is none of them.
        """
        return Library(_chosen(self.contents, contents), _chosen(self.styles, styles))

    def pictures(self, files: Collection[Path]) -> list[Picture]:
        """Those of ``files`` that are named after a photograph and a painting of the library's.

        Raises:
            StylenetError: there is none.
        """
        pairs = {f"{c}_{s}": (c, s) for c in self.contents for s in self.styles}
        named = [(file, *pairs[file.stem]) for file in sorted(files) if file.stem in pairs]
        if not named:
            raise StylenetError(
                f"None of {len(files)} files is named <content>_<style>, with a content of "
                f"{', '.join(self.contents)} and a style of {', '.join(self.styles)}.",
                "Name the pictures so, or give the folders of the contents and styles they are of.",
            )
        return [Picture(file, self.contents[c], self.styles[s]) for file, c, s in named]


class Contender(NamedTuple):
    """Who painted some files."""

    name: str
    files: list[Path]


def contender(text: str) -> Contender:
    """Read a word of the command line, ``name=<folder or glob>``.

    Raises:
        StylenetError: it is none, or there are no files.
    """
    name, _, where = text.partition("=")
    pattern = f"{where}/*" if Path(where).is_dir() else where
    files = [Path(found) for found in sorted(glob(pattern))]  # noqa: PTH207 - Path.glob takes no absolute pattern
    if not name or not files:
        raise StylenetError(
            f"Got {text!r}, expected name=<folder or glob> of {len(files) or 'some'} files.",
            "Check the name before the = and the path after it.",
        )
    return Contender(name, files)


def read(file: Path, px: int) -> Tensor:
    """A picture at a shorter side of ``px``, (3,H,W) in [0,1].

    By Pillow's Lanczos filter, which the figures of the anchors were found with; the bicubic one of
    `stylenet.images` is softer, which moves the one-pass peer's distance at stride 4 by 0.07.
    """
    image = open_image(file)
    scale = px / min(image.size)
    size = (round(image.width * scale), round(image.height * scale))
    return to_tensor(image.resize(size, Image.Resampling.LANCZOS))


def _by_stem(folder: Path, role: str) -> dict[str, Path]:
    return {file.stem: file for file in sorted(picture_files(folder, role))}


def _chosen(files: dict[str, Path], names: Collection[str]) -> dict[str, Path]:
    unknown = sorted(set(names) - set(files))
    if unknown:
        raise StylenetError(
            f"Got the names {', '.join(unknown)}, expected some of {', '.join(files)}.",
            "Name pictures of the folders given, without their suffix.",
        )
    return {name: file for name, file in files.items() if not names or name in names}
