"""Photographs that every installation has: they ship inside scikit-image's wheel."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from torch import Tensor

from stylenet.data.module import PictureData
from stylenet.data.pictures import FilePictures, MemoryPictures, Pictures
from stylenet.errors import StylenetError
from stylenet.images import ShorterSide, read_image
from stylenet.images.samples import SAMPLES, sample_folder

TRAIN_NAMES, VAL_NAMES = SAMPLES[:4], SAMPLES[4:]


class SampleData(PictureData):
    """Four photographs to train on, two to validate on, from 451 x 300 to 741 x 500 pixels.

    Too few for a network that is to do well on any photograph, enough to see a style take hold.
    They are held in memory, since each is drawn hundreds of times.

    Args:
        epoch_size: Squares in an epoch.
        settings: As `PictureData`.

    Raises:
        StylenetError: As `PictureData`; from `setup`, where scikit-image lacks the photographs.
    """

    def __init__(self, *, epoch_size: int = 1000, **settings: Any) -> None:
        super().__init__(epoch_size=epoch_size, **settings)

    def find(self) -> tuple[Pictures, Pictures]:
        """Read the photographs of scikit-image's folder."""
        folder = sample_folder()
        _sample_files()
        train, val = (
            FilePictures([folder / name for name in names], folder)
            for names in (TRAIN_NAMES, VAL_NAMES)
        )
        return MemoryPictures.of(train), MemoryPictures.of(val)


@functools.cache
def reference_photographs(px: int = 256) -> tuple[Tensor, ...]:
    """The photographs of `SampleData` that style distances are normalised by.

    All six, (1,3,H,W) in [0,1] with a shorter side of ``px`` pixels; read once.

    Raises:
        StylenetError: scikit-image lacks them.
    """
    sized = ShorterSide(px)
    return tuple(sized(read_image(file))[None] for file in _sample_files())


def _sample_files() -> list[Path]:
    folder = sample_folder()
    files = [folder / name for name in TRAIN_NAMES + VAL_NAMES]
    if missing := [file.name for file in files if not file.is_file()]:
        raise StylenetError(
            f"The photographs of scikit-image {', '.join(missing)} are not in {folder}, expected "
            "there since version 0.18: data=sample and normalised style distances need them.",
            "Install scikit-image from its wheel (pip install --force-reinstall scikit-image),"
            " or train on your own: data=folder data.root=<folder>.",
        )
    return files
