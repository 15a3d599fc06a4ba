"""Several folders of images at once, some of which come more often than others."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stylenet.data.choosing import check_numbers, existing_folder, take_readable
from stylenet.data.module import PictureData
from stylenet.data.pictures import FilePictures, Pictures
from stylenet.errors import StylenetError
from stylenet.images import picture_files


class FoldersData(PictureData):
    """Trains on all images below several folders, validates on another's.

    Args:
        roots: Folders, searched with their subfolders.
        repeats: How often each image of a folder comes in an epoch, 1 or more; None: once.
        exclude: patterns of file names, such as ``rain_princess.*``, that are never trained on.
        val_root: Folder of validation images, none of which is trained on; None: no validation.
        val_count: Validation images, at most.
        settings: As `PictureData`.

    Raises:
        StylenetError: As `PictureData`; from `setup`, where a folder is missing or without
            images, where a pattern fits no file, or where too many images are unreadable.
    """

    def __init__(
        self,
        *,
        roots: Sequence[str],
        repeats: Sequence[int] | None = None,
        exclude: Sequence[str] = (),
        val_root: str | None = None,
        val_count: int = 64,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        check_numbers(0, val_count=val_count)
        often = [1] * len(roots) if repeats is None else list(repeats)
        if not roots or len(often) != len(roots) or min(often) < 1:
            raise StylenetError(
                f"Got data.roots={list(roots)} and data.repeats={repeats}, expected one or more "
                "folders, and for each how often its pictures come: 1 or more.",
                "Set for instance data.roots=[photos,paintings] data.repeats=[1,10].",
            )
        self.roots = tuple(roots)
        self.repeats = tuple(often)
        self.exclude = tuple(exclude)
        self.val_root = val_root
        self.val_count = val_count

    def find(self) -> tuple[Pictures, Pictures]:
        """Search the folders and check headers; unreadable files are left out with one warning."""
        folders = [existing_folder(root, "data.roots", "data=folders") for root in self.roots]
        val_paths: list[Path] = []
        val = FilePictures([], Path())
        if self.val_root is not None:
            val_root = existing_folder(self.val_root, "data.val_root", "data=folders")
            val_paths = picture_files(val_root, "data.val_root")
            val = FilePictures(val_paths[: self.val_count], val_root)
        kept_apart = {path.resolve() for path in val_paths}
        train: list[Path] = []
        unused = set(self.exclude)
        for folder, often in zip(folders, self.repeats, strict=True):
            wanted = []
            for path in picture_files(folder, "data.roots"):
                fitting = {p for p in self.exclude if fnmatch.fnmatch(path.name, p)}
                unused -= fitting
                if not fitting and path.resolve() not in kept_apart:
                    wanted.append(path)
            train += take_readable(wanted, folder, self.max_unreadable) * often
        if unused:
            raise StylenetError(
                f"data.exclude={sorted(unused)} fits no picture, so something may be trained on "
                "that was to be left out.",
                "Correct the pattern; it is compared with file names, such as 'udnie.*'.",
            )
        if not train:
            raise StylenetError("No picture is left to train on.", "Exclude fewer.")
        return FilePictures(train, Path(os.path.commonpath([f.absolute() for f in folders]))), val
