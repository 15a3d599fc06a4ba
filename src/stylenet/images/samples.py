"""Photographs that every installation has: they ship inside scikit-image's wheel."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from stylenet.errors import StylenetError

SAMPLES = (
    "astronaut.png",
    "coffee.png",
    "motorcycle_left.png",
    "motorcycle_right.png",
    "chelsea.png",
    "rocket.jpg",
)


def sample_photographs() -> dict[str, Path]:
    """The photographs by name, such as ``chelsea``; those of them that are there.

    Raises:
        StylenetError: as `sample_folder`.
    """
    files = (sample_folder() / name for name in SAMPLES)
    return {file.stem: file for file in files if file.is_file()}


def sample_folder() -> Path:
    """Where they lie.

    Raises:
        StylenetError: scikit-image is not installed.
    """
    # By its place on the disk: importing skimage.data sets up downloads, which nobody asked for.
    spec = importlib.util.find_spec("skimage")
    if spec is None or spec.origin is None:
        raise StylenetError(
            "The sample photographs are scikit-image's, which is not installed.",
            "Install it (pip install scikit-image), or name pictures of your own "
            "(content=<file>, data=folder data.root=<folder>).",
        )
    return Path(spec.origin).parent / "data"
