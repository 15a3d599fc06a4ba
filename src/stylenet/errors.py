"""The one base class of errors a user can cause and mend."""

from __future__ import annotations

from typing import Any


class StylenetError(Exception):
    """Bad input or a bad setting: what was got, what was expected, and the remedy.

    The entry points print it in one paragraph without a traceback; anything else that
    escapes is a bug and keeps its traceback.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        """Keep ``problem`` (what was got and expected) and ``remedy`` (what to do): sentences."""
        super().__init__(f"{problem} {remedy}")
        self.problem = problem
        self.remedy = remedy

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel between processes: a sweep's jobs may run elsewhere."""
        return type(self), (self.problem, self.remedy)
