"""One process at a time."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager
from pathlib import Path

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
