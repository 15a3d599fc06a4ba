"""What COCO consists of and how it is fetched: verified, unpacked, by one process at a time."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from stylenet.errors import StylenetError
from stylenet.files import disk_error, download_file, locked, part_of, require_space, unpack

_log = logging.getLogger(__name__)
_LOCK = ".download.lock"
_SETTING = "data.root"


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
        pictures: Folder of its images.
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
        StylenetError: There is none, or as `download_file` and `unpack`.
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
        came = [f for f in (target, part_of(target)) if f.is_file()]
        rest = archive.size - sum(f.stat().st_size for f in came)
        # photographs take as much room unpacked as packed
        purpose = f"Downloading and unpacking {target.name}"
        require_space(root, rest + archive.size, purpose, setting=_SETTING)
    _log.info("downloading %s into %s", archive.url, root)
    download_file(archive.url, target, size=archive.size, sha256=archive.sha256, setting=_SETTING)
    count = unpack(target, root, setting=_SETTING)
    _log.info("%d files unpacked from %s", count, target.name)
    target.unlink()


def alone_in(root: Path) -> AbstractContextManager[object]:
    """Wait until no other process is in this context with the same folder; the folder is made.

    Raises:
        StylenetError: The folder cannot be made or written to.
    """
    try:
        return locked(root / _LOCK, f"another process is downloading into {root}: waiting for it")
    except OSError as error:
        raise disk_error(error, root, setting=_SETTING) from error
