"""Building a cache of pictures: those that are missing are decoded, shrunk and appended."""

from __future__ import annotations

import logging
import os
import shutil
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.filesize import decimal

from stylenet.data.cache.file import Appender, Index, Record, appending, begin_anew
from stylenet.data.counting import progress_bar
from stylenet.data.pictures import StampedPictures
from stylenet.data.reduction import Reduction
from stylenet.errors import StylenetError
from stylenet.images import PictureError

_log = logging.getLogger(__name__)

_AT_ONCE = 64
_SECONDS_BETWEEN_LINES = 30.0


def prepare(
    index: Index, names: Sequence[str], missing: Sequence[int], reduction: Reduction
) -> Index:
    """Say what is to be done and why; start over where the old cache is of no use."""
    if index.made_for is None:
        _log.info("Caching %d pictures (%s) in %s.", len(names), reduction, index.folder)
        return begin_anew(index.folder, str(reduction))
    if index.made_for != str(reduction):
        _log.info(
            "The cache %s holds pictures of %s, this run needs %s: it is rebuilt.",
            index.folder, index.made_for, reduction,
        )  # fmt: skip
        return begin_anew(index.folder, str(reduction))
    changed = [index.records[names[n]] for n in missing if names[n] in index.records]
    _log.info(
        "Of %d pictures the cache %s lacks %d, and %d changed since they were put in.",
        len(names), index.folder, len(missing) - len(changed), len(changed),
    )  # fmt: skip
    wasted = index.superseded + sum(record.bytes for record in changed)
    if 2 * wasted > index.pixel_bytes:
        _log.info("Most of it is out of date: it is rebuilt.")
        return begin_anew(index.folder, str(reduction))
    return index


def fill(
    index: Index,
    sources: StampedPictures,
    missing: Sequence[int],
    stamps: Sequence[str],
    reduction: Reduction,
) -> None:
    """Put the ``missing`` images in, with a progress bar.

    Raises:
        StylenetError: There is not enough room for them.
        OSError: From the file system.
    """

    def made(number: int) -> tuple[str, Record, bytes] | None:
        name, stamp = sources.name(number), stamps[number]
        try:
            picture = reduction(sources.load(number))
        except (PictureError, OSError) as error:
            if _passing(error):
                return None
            return name, Record(stamp, why=str(getattr(error, "reason", error))), b""
        width, height = picture.size
        return name, Record(stamp, 0, width, height), picture.tobytes()

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    threads = ThreadPoolExecutor(cores or 1)
    try:
        with appending(index) as appender, progress_bar() as bar:
            task = bar.add_task("caching pictures", total=len(missing))
            written, told = 0, time.monotonic()
            for first in range(0, len(missing), _AT_ONCE):
                group = [m for m in threads.map(made, missing[first : first + _AT_ONCE]) if m]
                written += sum(len(pixels) for *_, pixels in group)
                done = min(first + _AT_ONCE, len(missing))
                # The first group is a fair sample: the order of images is not that of a camera.
                needed = written * len(missing) / done
                _write(appender, group, index.folder, len(missing), needed, written)
                bar.update(task, completed=done)
                if bar.disable and time.monotonic() - told > _SECONDS_BETWEEN_LINES:
                    told = time.monotonic()
                    _log.info("%d of %d pictures are cached.", done, len(missing))
    finally:
        threads.shutdown(cancel_futures=True)
    _log.info("%d pictures are cached, %s.", len(missing), decimal(written))


def _write(
    appender: Appender,
    group: list[tuple[str, Record, bytes]],
    folder: Path,
    pictures: int,
    needed: float,
    written: int,
) -> None:
    to_come = needed - written + sum(len(pixels) for *_, pixels in group)
    if shutil.disk_usage(folder).free < to_come:
        raise no_room(folder, pictures, f"about {decimal(round(to_come))} more")
    appender.add(group)


def no_room(folder: Path, pictures: int, needed: str) -> StylenetError:
    """Return the error that ``pictures`` do not fit, which take as much as ``needed`` says."""
    there = decimal(shutil.disk_usage(folder).free)
    return StylenetError(
        f"The disk of data.cache={folder} has {there} left; {pictures} pictures need {needed}.",
        "Make room (what is cached so far is kept), set data.cache to a folder on a larger disk,"
        " set a smaller data.limit or data.size, or train without: data.cache=null.",
    )


def _passing(error: Exception) -> bool:
    # The system's own errors have a number, Pillow's do not: a drive may come back, a right be
    # given, without a change in the file that would show in its stamp.
    causes = (error, error.__cause__, error.__context__)
    return any(isinstance(cause, OSError) and cause.errno is not None for cause in causes)
