"""Any tree of picture files."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from PIL import Image

from stylenet.data.faults import most_unreadable, name_some, too_many_unreadable
from stylenet.data.module import PictureData
from stylenet.data.pictures import FilePictures, Pictures
from stylenet.errors import StylenetError
from stylenet.images import DEFAULT_MAX_PIXELS, PictureError, open_image, picture_files

_log = logging.getLogger(__name__)

# Opening a header takes some 0.2 ms, so this many cost less than a second, and all of a large
# data set would cost minutes. Beyond it the readers notice (`data.pictures.DrawnPictures`).
_CHECKED_UP_FRONT = 2000


class FolderData(PictureData):
    """Trains on all pictures below a folder, validates on another's or on some held out.

    Choices are made by a hash of each file's path below the root: they look random, and are the
    same for every seed and machine. Files below ``val_root`` are never trained on.

    Args:
        root: Folder, searched with its subfolders; links are followed, hidden names are not.
        val_root: Folder of validation pictures; None: hold out pictures of ``root``.
        val_count: Validation pictures, at most; held-out ones also at most a fifth of ``root``'s
            (but one). 0: no validation.
        limit: Training pictures, at most; None: all. A smaller limit chooses among the pictures
            of a larger one, and leaves the validation pictures as they are.
        settings: As `PictureData`.

    Raises:
        StylenetError: As `PictureData`; from `setup`, where a folder is not given, missing or
            without pictures, or where too many pictures are unreadable.
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
        for name, value, least in (("val_count", val_count, 0), ("limit", limit, 1)):
            if value is not None and value < least:
                raise StylenetError(
                    f"data.{name} is {value}, expected {least} or more.",
                    f"Set another data.{name}.",
                )
        self.root = root
        self.val_root = val_root
        self.val_count = val_count
        self.limit = limit

    def find(self) -> tuple[Pictures, Pictures]:
        """Search the folders and check headers; unreadable files are left out with one warning."""
        root = _folder(self.root, "data.root")
        paths = picture_files(root, "data.root")
        if self.val_root is None:
            paths = self._readable(paths, root)
            held_out = min(self.val_count, max(1, len(paths) // 5))
            if held_out < self.val_count:
                _log.info("%d of %d pictures are held out for validation.", held_out, len(paths))
            val, train = FilePictures(paths[:held_out], root), paths[held_out:]
        else:
            val_root = _folder(self.val_root, "data.val_root")
            val_paths = picture_files(val_root, "data.val_root")
            kept_apart = {path.resolve() for path in val_paths}
            train = [path for path in paths if path.resolve() not in kept_apart]
            train = self._readable(train, root) if train else []
            val = FilePictures(val_paths[: self.val_count], val_root)
        if not train:
            raise StylenetError(
                f"Of {len(paths)} pictures in {root} none is left to train on: all are validation"
                " pictures.",
                "Add pictures, or set data.val_root to another folder, or data.val_count=0.",
            )
        return FilePictures(train[: self.limit], root), val

    def _readable(self, paths: list[Path], root: Path) -> list[Path]:
        checked = paths[:_CHECKED_UP_FRONT]
        faults = {
            path: why for path, why in zip(checked, _header_faults(checked), strict=True) if why
        }
        if not faults:
            return paths
        names = name_some([(path.relative_to(root).as_posix(), w) for path, w in faults.items()])
        if len(faults) > most_unreadable(len(checked), self.max_unreadable):
            raise too_many_unreadable(len(faults), len(checked), self.max_unreadable, names)
        some = "" if len(checked) == len(paths) else f", chosen from {len(paths)} to be checked,"
        _log.warning(
            "%d of %d pictures%s in %s are unreadable and skipped: %s.",
            len(faults), len(checked), some, root, names,
        )  # fmt: skip
        return [path for path in paths if path not in faults]


def _folder(value: str | None, setting: str) -> Path:
    if value is None:
        raise StylenetError(
            f"data=folder needs {setting}, which is not set; expected a folder of pictures.",
            f"Add {setting}=<folder>, or use data=sample, which needs no files.",
        )
    folder = Path(value).expanduser()
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "does not exist"
        raise StylenetError(
            f"{setting}={value} {what}, expected a folder of pictures.",
            f"Check the path; relative ones start from {Path.cwd()}.",
        )
    return folder


def _header_faults(paths: Sequence[Path]) -> list[str | None]:
    # Threads because on a network drive each file is a round trip. The filter stands outside
    # them: Python's warning filters are shared by all threads.
    with warnings.catch_warnings(), ThreadPoolExecutor(8) as threads:
        warnings.filterwarnings("ignore", module=r"PIL\.")
        suspects = list(threads.map(_suspect, paths))
    return [_fault(path) if bad else None for path, bad in zip(paths, suspects, strict=True)]


def _suspect(path: Path) -> bool:
    try:
        with Image.open(path) as image:
            return image.width * image.height > DEFAULT_MAX_PIXELS
    except Exception:  # Pillow lets errors of every kind escape; `_fault` finds out which
        return True


def _fault(path: Path) -> str | None:
    try:
        open_image(path)
    except PictureError as error:
        return error.reason
    return None
