"""Photographs that every installation has: they ship inside scikit-image's wheel."""

from __future__ import annotations

import functools
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from stylenet.errors import StylenetError
from stylenet.images.reading import read_image

if TYPE_CHECKING:
    from torch import Tensor

SAMPLES = (
    "astronaut.png",
    "coffee.png",
    "motorcycle_left.png",
    "motorcycle_right.png",
    "chelsea.png",
    "rocket.jpg",
)


def sample_photographs() -> dict[str, Path]:
    """The photographs by name, such as ``chelsea``; those of them that are there."""
    files = (_skimage_data() / name for name in SAMPLES)
    return {file.stem: file for file in files if file.is_file()}


def sample_files() -> list[Path]:
    """The files of all six photographs.

    Raises:
        StylenetError: scikit-image lacks some, or is not installed.
    """
    folder = _skimage_data()
    files = [folder / name for name in SAMPLES]
    if missing := [file.name for file in files if not file.is_file()]:
        raise StylenetError(
            f"The photographs of scikit-image {', '.join(missing)} are not in {folder}, expected "
            "there since version 0.18: data=sample and normalised style distances need them.",
            "Install scikit-image from its wheel (pip install --force-reinstall scikit-image),"
            " or train on your own: data=folder data.root=<folder>.",
        )
    return files


@functools.cache
def reference_photographs(px: int = 256) -> tuple[Tensor, ...]:
    """The photographs of ``data=sample`` that style distances are normalised by.

    All six, (1,3,H,W) in [0,1] with a shorter side of ``px`` pixels; read once.

    Raises:
        StylenetError: scikit-image lacks them.
    """
    from stylenet.images.sizing import ShorterSide  # torch comes with it

    sized = ShorterSide(px)
    return tuple(sized(read_image(file))[None] for file in sample_files())


def _skimage_data() -> Path:
    # By its place on the disk: importing skimage.data sets up downloads, which nobody asked for.
    spec = importlib.util.find_spec("skimage")
    if spec is None or spec.origin is None:
        raise StylenetError(
            "The sample photographs are scikit-image's, which is not installed.",
            "Install it (pip install scikit-image), or name pictures of your own "
            "(content=<file>, data=folder data.root=<folder>).",
        )
    return Path(spec.origin).parent / "data"
