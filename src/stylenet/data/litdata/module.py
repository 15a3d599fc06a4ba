"""Data sets in LitData's format, for more images than a disk holds: chunks, local or remote."""

from __future__ import annotations

from typing import Any

from stylenet.data.choosing import check_numbers
from stylenet.data.litdata.chunk_order import ChunkOrder
from stylenet.data.litdata.pictures import LitDataPictures
from stylenet.data.module import PictureData
from stylenet.data.order import Order
from stylenet.data.pictures import Pictures
from stylenet.errors import StylenetError


class LitData(PictureData):
    """Trains on a data set in LitData's format, in a directory or at an address.

    Of a directory the order is that of all other data; from an address one chunk comes after
    another (`ChunkOrder`).

    Args:
        root: A directory, or an address such as ``s3://bucket/folder``; see `LitDataPictures`.
        val_root: Another such data set for validation; None: the last images of ``root``.
        val_count: Validation images, at most; held-out ones also at most a fifth of ``root``'s.
        chunk_folder: See `LitDataPictures`.
        settings: As `PictureData`.

    Raises:
        StylenetError: As `PictureData`; from `setup`, where litdata is not installed or a data set
            not there.
    """

    def __init__(
        self,
        *,
        root: str | None,
        val_root: str | None = None,
        val_count: int = 16,
        chunk_folder: str | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        check_numbers(0, val_count=val_count)
        self.root = root
        self.val_root = val_root
        self.val_count = val_count
        self.chunk_folder = chunk_folder

    def find(self) -> tuple[Pictures, Pictures]:
        """Read the index of the data set."""
        if self.root is None:
            raise StylenetError(
                "data=litdata needs data.root, which is not set; expected a data set in LitData's"
                " format: a directory or an address such as s3://bucket/folder.",
                "Add data.root=<directory or address>; stylenet.data.write_litdata makes one.",
            )
        every = LitDataPictures(self.root, self.chunk_folder)
        if self.val_root is not None:
            val = LitDataPictures(self.val_root, self.chunk_folder)
            return every, val.part(0, min(self.val_count, len(val)))
        held_out = min(self.val_count, max(1, len(every) // 5), len(every) - 1)
        split = len(every) - held_out
        return every.part(0, split), every.part(split, len(every))

    def order(self, pictures: Pictures) -> Order:
        """Chunk after chunk where chunks have to be fetched and are not cached as images."""
        if isinstance(pictures, LitDataPictures) and pictures.is_far:
            epoch_size = self.epoch_size or len(pictures)
            return ChunkOrder(len(pictures), epoch_size, self.seed, pictures.chunks())
        return super().order(pictures)
