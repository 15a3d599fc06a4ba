"""PyAV, the extra ``video``, imported when a clip is first opened; what it says, in words."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from stylenet.errors import StylenetError


class VideoError(StylenetError):
    """A clip that cannot be read or written."""


def pyav() -> ModuleType:
    """The module ``av``.

    Raises:
        VideoError: it is not installed.
    """
    try:
        import av
    except ImportError as error:
        raise VideoError(
            f"Videos are read and written by PyAV, which cannot be imported ({error}).",
            "pip install 'stylenet[video]', or in a clone: uv sync --extra video.",
        ) from error
    return av


@contextlib.contextmanager
def in_words(file: Path, doing: str, remedy: str) -> Iterator[None]:
    """FFmpeg's errors while ``file`` is read or written, as `VideoError`."""
    try:
        yield
    except pyav().FFmpegError as error:
        reason = error.strerror or str(error)
        raise VideoError(f"{file} cannot be {doing} ({reason}).", remedy) from error


def place(file: Path) -> str:
    """``file`` for FFmpeg, to which a colon would say that it is no file."""
    return f"file:{file}"
