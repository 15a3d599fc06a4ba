"""Which of the image files found are used: what sources of files have in common."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PIL import Image

from stylenet.data.faults import most_unreadable, name_some, too_many_unreadable
from stylenet.errors import StylenetError
from stylenet.files import expanded
from stylenet.images import DEFAULT_MAX_PIXELS, PictureError, open_image

_log = logging.getLogger(__name__)

# Opening a header takes some 0.2 ms, so this many cost less than a second, and all of a large
# data set would cost minutes. Beyond it the readers notice (`data.pictures.DrawnPictures`).
_CHECKED_UP_FRONT = 2000


def existing_folder(value: str | None, setting: str, source: str) -> Path:
    """Return the folder that a setting names, ``~`` expanded.

    Args:
        value: Of the setting.
        setting: Its name, for the error.
        source: The choice that needs it, e.g. ``data=folder``, for the error.

    Raises:
        StylenetError: It is not set, or there is no such folder.
    """
    if value is None:
        raise StylenetError(
            f"{source} needs {setting}, which is not set; expected a folder of pictures.",
            f"Add {setting}=<folder>, or use data=sample, which needs no files.",
        )
    folder = expanded(value)
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "does not exist"
        raise StylenetError(
            f"{setting}={value} {what}, expected a folder of pictures.",
            f"Check the path; relative ones start from {Path.cwd()}.",
        )
    return folder


def check_numbers(minimum: int, **values: int | None) -> None:
    """Raise `StylenetError` unless all settings are None or whole, and ``minimum`` or more."""
    for name, value in values.items():
        if value is not None and (not isinstance(value, int) or value < minimum):
            raise StylenetError(
                f"data.{name} is {value!r}, expected a whole number of {minimum} or more.",
                f"Set another data.{name}.",
            )


def held_out_count(total: int, val_count: int) -> int:
    """Return how many of ``total`` images are held out: ``val_count``, at most a fifth or one."""
    held_out = min(val_count, max(1, total // 5))
    if held_out < val_count:
        _log.info("%d of %d pictures are held out for validation.", held_out, total)
    return held_out


def take_readable(
    paths: Sequence[Path],
    root: Path,
    max_unreadable: float,
    *,
    rgb_only: bool = False,
    most: int | None = None,
) -> list[Path]:
    """Return the first ``most`` of ``paths`` (all by default) less those with unreadable headers.

    The first 2000 headers are checked, no pixel is decoded. What is left out is logged.

    Args:
        paths: Files below ``root``.
        root: Names in messages are relative to it.
        max_unreadable: Fraction of those checked, from 0 to 1, above which it is an error.
        rgb_only: Leave out images of another mode than 8-bit RGB (grey, CMYK, palette); checks
            as many headers as it takes to have ``most``.
        most: 1 or more.

    Raises:
        StylenetError: Too many are unreadable.
    """
    kept: list[Path] = []
    faults: list[tuple[str, str]] = []
    checked = 0
    while checked < len(paths) and (most is None or len(kept) < most):
        if checked and not rgb_only:
            break
        chunk = paths[checked : checked + _CHECKED_UP_FRONT]
        checked += len(chunk)
        for path, (mode, fault) in zip(chunk, _headers(chunk), strict=True):
            if fault is not None:
                faults.append((path.relative_to(root).as_posix(), fault))
            elif mode == "RGB" or not rgb_only:
                kept.append(path)
    dropped = checked - len(kept) - len(faults)
    some = "" if checked == len(paths) else f", chosen from {len(paths)} to be checked,"
    if faults:
        if len(faults) > most_unreadable(checked, max_unreadable):
            raise too_many_unreadable(len(faults), checked, max_unreadable, name_some(faults))
        _log.warning(
            "%d of %d pictures%s in %s are unreadable and skipped: %s.",
            len(faults), checked, some, root, name_some(faults),
        )  # fmt: skip
    if rgb_only:
        _log.info("%d of %d pictures%s are not RGB and dropped.", dropped, checked, some)
    else:
        kept += paths[checked:]
    return kept[:most]


def _headers(paths: Sequence[Path]) -> list[tuple[str | None, str | None]]:
    # (mode, fault). Threads because on a network drive each file is a round trip. The filter
    # stands outside them: Python's warning filters are shared by all threads.
    with warnings.catch_warnings(), ThreadPoolExecutor(8) as threads:
        warnings.filterwarnings("ignore", module=r"PIL\.")
        modes = list(threads.map(_mode, paths))
    # a mode of None is suspect only: `open_image` finds out, and may read it after all
    return [
        (mode, None) if mode is not None else _look_closer(path)
        for path, mode in zip(paths, modes, strict=True)
    ]


def _mode(path: Path) -> str | None:
    if not path.is_file():  # a pipe: opening it would wait
        return None
    try:
        with Image.open(path) as image:
            return image.mode if image.width * image.height <= DEFAULT_MAX_PIXELS else None
    except Exception:  # Pillow lets errors of every kind escape
        return None


def _look_closer(path: Path) -> tuple[str | None, str | None]:
    try:
        return open_image(path).mode, None
    except PictureError as error:
        return None, error.reason
