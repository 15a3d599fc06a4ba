"""One process at a time: waiting for another, or not."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from stylenet.errors import StylenetError

_log = logging.getLogger(__name__)


def locked(file: Path, waiting: str) -> AbstractContextManager[object]:
    """Wait until no other process or thread holds ``file``; leaving the context returned frees it.

    The system frees the lock of a process that dies. The file stays, empty.

    Args:
        file: The lock; its folder is made.
        waiting: Logged where there is someone to wait for.

    Raises:
        OSError: The file cannot be made or opened.
    """
    from filelock import FileLock, Timeout  # not before it is needed: it brings asyncio

    lock = FileLock(file)
    try:
        return lock.acquire(timeout=0)
    except Timeout:
        _log.info(waiting)
        return lock.acquire()


@contextlib.contextmanager
def in_turn(file: Path, waiting: str) -> Iterator[None]:
    """Hold ``file`` while the context lasts, after whoever holds it now; removed at the end.

    Args:
        file: Its folder is made.
        waiting: Logged where there is someone to wait for.

    Raises:
        OSError: The file cannot be made or opened.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with _removed_at_the_end(file, locked(file, waiting)):
        yield


@contextlib.contextmanager
def claimed(file: Path, taken: StylenetError) -> Iterator[None]:
    """Hold ``file`` while the context lasts; it is removed at the end.

    The system frees the claim of a process that dies; the file it leaves is claimed anew.

    Args:
        file: Its folder is made.
        taken: Raised where another process or thread holds it.

    Raises:
        OSError: The file cannot be made or opened.
    """
    from filelock import FileLock, Timeout  # as above

    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        held = FileLock(file).acquire(timeout=0)
    except Timeout:
        raise taken from None
    with _removed_at_the_end(file, held):
        yield


@contextlib.contextmanager
def _removed_at_the_end(file: Path, held: AbstractContextManager[object]) -> Iterator[None]:
    """Removed while it is held: whoever comes next makes one of his own."""
    with held:
        try:
            yield
        finally:
            file.unlink(missing_ok=True)
