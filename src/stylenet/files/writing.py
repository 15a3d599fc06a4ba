"""Writing files that appear whole or not at all: beside their place first, then put there."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import threading
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType

_ENDS = ("SIGTERM", "SIGHUP")  # the second one, of a terminal that is closed, not on Windows


def part_of(path: Path) -> Path:
    """Where `replacing` and downloads let ``path`` grow: the same name with ``.part`` appended."""
    return path.with_name(f"{path.name}.part")


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A context that gives a place to write to, whose content then takes the place of ``path``.

    The place is `part_of` ``path``, a file or a folder, and empty at first. After an exception it
    is removed and ``path`` is as it was. What a killed process leaves is overwritten by the next
    one; so only one process at a time may write the same ``path`` this way (`locked` sees to that).

    Args:
        path: A file, new or to be replaced; or a folder, new or empty. Its parent is made.

    Raises:
        OSError: From the file system.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = part_of(path)
    _remove(part)
    try:
        yield part
        part.replace(path)
    except BaseException:
        _remove(part)
        raise


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file; several processes may do so at once. Its parent folders are made.

    Raises:
        OSError: From the file system; nothing is left, and ``path`` is as it was.
    """
    write_files({path: content})


def write_text(path: Path, text: str) -> None:
    """Write a file of UTF-8 as `write_bytes` does; undecodable bytes of file names are kept."""
    write_bytes(path, text.encode("utf-8", "surrogateescape"))


def write_files(contents: Mapping[Path, bytes]) -> None:
    """Write files that belong together: a full disk leaves either all of them new or all old.

    Raises:
        OSError: From the file system.
    """
    # a name of its own each time: another process may be writing the same file; and short: the
    # file's own may be as long as the file system allows
    parts = {path: path.with_name(f".{uuid.uuid4().hex}.part") for path in contents}
    with _not_ended():
        try:
            for path, content in contents.items():
                path.parent.mkdir(parents=True, exist_ok=True)
                parts[path].write_bytes(content)
            for path, part in parts.items():
                part.replace(path)
        finally:
            for part in parts.values():
                part.unlink(missing_ok=True)


@contextlib.contextmanager
def _not_ended() -> Iterator[None]:
    """Let signals that would end the process at once wait for the end of what is within.

    Else a part would be left. In another thread than the main one nothing changes: it cannot set
    handlers. Those that the program has set itself stay, as after them `finally` is run.
    """
    came: list[int] = []

    def keep(number: int, _: FrameType | None) -> None:
        came.append(number)

    main = threading.current_thread() is threading.main_thread()
    numbers = [getattr(signal, name) for name in _ENDS if main and hasattr(signal, name)]
    held = [number for number in numbers if signal.getsignal(number) == signal.SIG_DFL]
    for number in held:
        signal.signal(number, keep)
    try:
        yield
    finally:
        for number in held:
            signal.signal(number, signal.SIG_DFL)
        for number in came:
            os.kill(os.getpid(), number)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
