"""What takes minutes: one at a time for all visitors, beside the net that paints photos."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from stylenet.app.words import STOPPING
from stylenet.errors import StylenetError

LONG: dict[str, Any] = {"concurrency_id": "long", "concurrency_limit": 1}
"""Of Gradio's events that start a `Job`."""


class Job(Protocol):
    """What a visitor has started, and can stop."""

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        ...

    def stop(self) -> None:
        """Ask it to end."""
        ...

    def kill(self) -> None:
        """End it at once; when this returns, it uses no files any more."""
        ...


Started = TypeVar("Started", bound=Job)


class Jobs:
    """A visitor's, by the name of their tab."""

    def __init__(self) -> None:
        self._of: dict[str, Job] = {}

    def begin(self, tab: str, start: Callable[[], Started]) -> Started:
        """What ``start`` starts.

        Raises:
            StylenetError: what was started there before is still at work.
        """
        before = self._of.get(tab)
        if before is not None and before.running:
            raise StylenetError("One is at work already.", "Stop it first.")
        job = start()
        self._of[tab] = job
        return job

    def stop(self, tab: str) -> str:
        """Ask what the tab has started to end; in words, what comes of it."""
        job = self._of.get(tab)
        if job is None or not job.running:
            return "Nothing is at work."
        job.stop()
        return STOPPING

    def kill(self) -> None:
        """End all at once."""
        for job in self._of.values():
            job.kill()
