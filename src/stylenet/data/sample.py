"""Photographs that every installation has: they ship inside scikit-image's wheel."""

from __future__ import annotations

from typing import Any

from stylenet.data.module import PictureData
from stylenet.data.pictures import FilePictures, MemoryPictures, Pictures
from stylenet.images.samples import sample_files

TRAINED = 4  # the others are validated on


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
        files = sample_files()
        folder = files[0].parent
        train, val = FilePictures(files[:TRAINED], folder), FilePictures(files[TRAINED:], folder)
        return MemoryPictures.of(train), MemoryPictures.of(val)
