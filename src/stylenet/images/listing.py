"""The images in a folder."""

from __future__ import annotations

import hashlib
import logging
import os
from collections import Counter
from pathlib import Path

from stylenet.errors import StylenetError
from stylenet.images.reading import PICTURE_SUFFIXES

_log = logging.getLogger(__name__)
_HEIC = {".heic", ".heif"}


def picture_files(root: Path, setting: str) -> list[Path]:
    """Return all image files below ``root``, in an order that depends on their paths only.

    Files are told by their suffix, in any case; how many of which kind are left out is said in one
    line. Hidden files and folders are skipped; links are followed, and a folder that several of
    them lead to is searched once.

    Args:
        root: An existing folder.
        setting: Its name in the configuration, for the error.

    Raises:
        StylenetError: There is none.
    """
    found: list[tuple[bytes, Path]] = []
    others: Counter[str] = Counter()
    seen: set[str] = set()
    for folder, subfolders, names in os.walk(root, followlinks=True, onerror=_log_closed):
        if (real := os.path.realpath(folder)) in seen:
            subfolders.clear()
            continue
        seen.add(real)
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for name in names:
            path = Path(folder, name)
            if name.startswith("."):
                continue
            if path.suffix.lower() in PICTURE_SUFFIXES:
                below = path.relative_to(root).as_posix()
                found.append((path_hash(below), path))
            else:
                others[path.suffix.lower() or "no suffix"] += 1
    kinds = ", ".join(f"{count} x {suffix}" for suffix, count in others.most_common(5))
    kinds += f" and {len(others) - 5} other kinds" if len(others) > 5 else ""
    if found and others:
        more = ", read with: pip install 'stylenet[heic]'" if _HEIC & others.keys() else ""
        _log.warning("%s: left out %s%s.", root, kinds, more)
    if not found:
        raise StylenetError(
            f"{setting}={root} holds no picture; found were {kinds or 'no files at all'}, expected"
            f" files ending in {', '.join(PICTURE_SUFFIXES)}.",
            f"Point {setting} at a folder with pictures; subfolders are searched too.",
        )
    return [path for _, path in sorted(found)]


def path_hash(below: str) -> bytes:
    """Return what files are sorted by, from a path below the root, with forward slashes.

    The first n in this order are a choice that looks random and is the same on every machine.
    """
    return hashlib.sha256(below.encode("utf-8", "surrogateescape")).digest()


def _log_closed(error: OSError) -> None:
    _log.warning("A folder cannot be searched and is skipped: %s.", error)
