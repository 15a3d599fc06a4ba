"""How the cases of the campaign end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lives import End


@dataclass(frozen=True)
class Outcome:
    """How a case ended: ``result``, ``words``, ``traceback``, ``hang`` or ``broken``."""

    kind: str
    number: int
    tried: str
    end: str
    said: str
    seconds: float


GOOD = ("result", "words", "skipped")
ENDS = ("result", "words", "traceback", "hang", "broken", "skipped")


class Hang(BaseException):
    """The time is over; not an `Exception`, lest it be put into words."""


class BrokenPromiseError(Exception):
    """What is promised did not come true; the text says what."""


class SkippedError(Exception):
    """The case cannot be tried here; the text says why."""


def expect(kept: bool, broken: str, said: str = "") -> None:
    """Raise `BrokenPromiseError` with ``broken`` if it is not ``kept``."""
    if not kept:
        raise BrokenPromiseError(f"{broken}\n{said}".strip())


def expect_end(end: End, *statuses: int) -> None:
    """Expect one of ``statuses``, without a traceback; 2 with an error in words."""
    expect(not end.hung, "it hangs", end.said)
    expect("Traceback" not in end.said, "a traceback", end.said)
    expect(end.status in statuses, f"it ended with {end.status}", end.said)
    expect(end.status != 2 or end.words, "no error in words", end.said)
