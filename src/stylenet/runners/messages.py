"""What a run says of itself in one line."""

from __future__ import annotations

import logging
from collections.abc import Iterable

log = logging.getLogger(__name__)


class Messages:
    """What a run says of itself, a line each, for its record; ``lines`` begins with ``before``."""

    def __init__(self, before: Iterable[str] = ()) -> None:
        self.lines = list(before)

    def say(self, words: str) -> None:
        """Say ``words``; keep them, once."""
        log.info(words)
        if words not in self.lines:
            self.lines.append(words)
