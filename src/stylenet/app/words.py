"""What goes wrong, said in the page."""

from __future__ import annotations

import re
from pathlib import Path

from stylenet.errors import StylenetError, lacks_memory
from stylenet.images import PictureError

STOPPING = "Stopping…"
MENDABLE = (StylenetError, OSError, RuntimeError, MemoryError)


def time_left(seconds: float) -> str:
    """What the page says beside a progress."""
    if seconds < 10:
        return "a few seconds left"
    if seconds < 90:
        return f"about {10 * round(seconds / 10)} seconds left"
    return f"about {round(seconds / 60)} minutes left"


class Pace:
    """How fast steps follow one another.

    Args:
        steps: until the end.
    """

    def __init__(self, steps: float) -> None:
        self._steps = steps
        self._since: tuple[int, float] | None = None

    def time_left(self, step: int, now: float) -> str:
        """The time that is left after ``step``; empty until two steps are known.

        Args:
            step: how many are done.
            now: seconds, of any clock.
        """
        if self._since is None:
            self._since = (step, now)
        first, begun = self._since
        if step <= first:
            return ""
        return time_left((now - begun) / (step - first) * max(0, self._steps - step))


def in_words(error: BaseException, upload: Path | None = None) -> str:
    """``error`` for a visitor, who does not know the server's paths.

    Args:
        error: one of `MENDABLE`; others of `RuntimeError` than a lack of memory are raised again.
        upload: the file that it is about.
    """
    if isinstance(error, PictureError):
        name = "This picture" if upload is None else upload.name
        return f"{name} cannot be used: {error.reason}. {error.remedy}"
    if isinstance(error, StylenetError):
        return str(error) if upload is None else without_path(str(error), upload)
    if lacks_memory(error):
        return "Memory ran out. Choose a smaller size."
    if isinstance(error, OSError):
        return f"The server could not keep the picture ({error.strerror}). Try it again later."
    raise error


def without_path(words: str, upload: Path) -> str:
    """``words`` about an uploaded file, which the visitor knows by its name alone."""
    return words.replace(str(upload), upload.name)


def short_title(title: str) -> str:
    """A painting's title for a sentence: without artist, year and further titles."""
    return re.split(r" \(|, ", title)[0]
