"""What COCO consists of and how it is fetched: verified, unpacked, by one process at a time."""

from __future__ import annotations

import contextlib
import importlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stylenet.errors import StylenetError
from stylenet.files.disk import disk_error, require_space
from stylenet.files.downloads import fetch
from stylenet.files.unpacking import unpack

_log = logging.getLogger(__name__)
_LOCK = ".download.lock"


@dataclass(frozen=True)
class Archive:
    """A zip file on a server.

    Attributes:
        url: Its address.
        size: In bytes; None: unknown.
        sha256: 64 hexadecimal digits; None: unknown, then only the CRC-32 of each file is checked.
    """

    url: str
    size: int | None = None
    sha256: str | None = None


@dataclass(frozen=True)
class CocoSplit:
    """Where a split lies below the root, and what it is downloaded from.

    Attributes:
        annotations: Its instances, JSON.
        pictures: Folder of its pictures.
        archive: Unpacks to ``pictures``; None: it cannot be downloaded.
        annotations_archive: Unpacks to ``annotations``, among others; likewise.
    """

    annotations: str
    pictures: str
    archive: Archive | None = None
    annotations_archive: Archive | None = None


@dataclass(frozen=True)
class CocoRelease:
    """The splits of a release; ``val`` is None where it has but one."""

    train: CocoSplit
    val: CocoSplit | None = None


def get(archive: Archive | None, root: Path, needed: str) -> None:
    """Download an archive into ``root``, unpack it there and remove it.

    Args:
        archive: What to fetch.
        root: Is made if need be.
        needed: What it is fetched for, below ``root``, for the error.

    Raises:
        StylenetError: There is none, or as `fetch` and `unpack`.
    """
    if archive is None:
        raise StylenetError(
            f"{root / needed} is absent or incomplete, and this data.release has no archive to"
            " download it from.",
            "Choose a release that has (data/release=coco2017, data/release=coco2014), or lay the"
            " files there yourself without data.download.",
        )
    target = root / archive.url.rpartition("/")[2]
    if archive.size is not None:
        came = [f for f in (target, target.with_name(target.name + ".part")) if f.is_file()]
        rest = archive.size - sum(f.stat().st_size for f in came)
        # photographs take as much room unpacked as packed
        require_space(root, rest + archive.size, f"Downloading and unpacking {target.name}")
    _log.info("downloading %s into %s", archive.url, root)
    fetch(archive.url, target, size=archive.size, sha256=archive.sha256)
    count = unpack(target, root)
    _log.info("%d files unpacked from %s", count, target.name)
    target.unlink()


@contextlib.contextmanager
def alone_in(root: Path) -> Iterator[None]:
    """Wait until no other process is in this context with the same folder, and make the folder.

    Where the system has no file locks (Windows) it does not wait.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        stream = (root / _LOCK).open("w")
    except OSError as error:
        raise disk_error(error, root) from error
    with stream:  # closing it, or dying, gives the lock back
        try:
            fcntl: Any = importlib.import_module("fcntl")
        except ModuleNotFoundError:
            yield
            return
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _log.info("another process is downloading into %s: waiting for it", root)
            fcntl.flock(stream, fcntl.LOCK_EX)
        yield
