"""What takes minutes: one at a time for all visitors, beside the net that paints photos."""

from __future__ import annotations

from typing import Any, Protocol

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
