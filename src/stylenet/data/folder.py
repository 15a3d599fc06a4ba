"""Any tree of image files."""

from __future__ import annotations

from typing import Any

from stylenet.data.choosing import check_numbers, existing_folder, held_out_count, take_readable
from stylenet.data.module import PictureData
from stylenet.data.pictures import FilePictures, Pictures
from stylenet.errors import StylenetError
from stylenet.images import picture_files


class FolderData(PictureData):
    """Trains on all images below a folder, validates on another's or on some held out.

    Choices are made by a hash of each file's path below the root: they look random, and are the
    same for every seed and machine. Files below ``val_root`` are never trained on.

    Args:
        root: Folder, searched with its subfolders; links are followed, hidden names are not.
        val_root: Folder of validation images; None: hold out images of ``root``.
        val_count: Validation images, at most; held-out ones also at most a fifth of ``root``'s
            (but one). 0: no validation.
        limit: Training images, at most; None: all. A smaller limit chooses among the images
            of a larger one, and leaves the validation images as they are.
        settings: As `PictureData`.

    Raises:
        StylenetError: As `PictureData`; from `setup`, where a folder is not given, missing or
            without images, or where too many images are unreadable.
    """

    def __init__(
        self,
        *,
        root: str | None,
        val_root: str | None = None,
        val_count: int = 16,
        limit: int | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        check_numbers(0, val_count=val_count)
        check_numbers(1, limit=limit)
        self.root = root
        self.val_root = val_root
        self.val_count = val_count
        self.limit = limit

    def find(self) -> tuple[Pictures, Pictures]:
        """Search the folders and check headers; unreadable files are left out with one warning."""
        root = existing_folder(self.root, "data.root", "data=folder")
        paths = picture_files(root, "data.root")
        if self.val_root is None:
            paths = take_readable(paths, root, self.max_unreadable)
            held_out = held_out_count(len(paths), self.val_count)
            val, train = FilePictures(paths[:held_out], root), paths[held_out:]
        else:
            val_root = existing_folder(self.val_root, "data.val_root", "data=folder")
            val_paths = picture_files(val_root, "data.val_root")
            kept_apart = {path.resolve() for path in val_paths}
            train = [path for path in paths if path.resolve() not in kept_apart]
            train = take_readable(train, root, self.max_unreadable)
            val = FilePictures(val_paths[: self.val_count], val_root)
        if not train:
            raise StylenetError(
                f"Of {len(paths)} pictures in {root} none is left to train on: all are validation"
                " pictures.",
                "Add pictures, or set data.val_root to another folder, or data.val_count=0.",
            )
        return FilePictures(train[: self.limit], root), val
