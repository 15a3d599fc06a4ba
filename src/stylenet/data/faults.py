"""Images that cannot be read: counted, named, and too many of them an error."""

from __future__ import annotations

import logging

from stylenet.data.pictures import Pictures
from stylenet.errors import StylenetError

# Through logging, not warnings: this is news about the user's files, to be read once, and
# nothing that a filter of Python warnings should hide or turn into an error.
_log = logging.getLogger(__name__)


class Faults:
    """Unreadable images met so far: the first is logged at once, the others summed up later.

    Args:
        pictures: That they are among.
        max_unreadable: Fraction of them, from 0 to 1, above which it is an error; see
            `most_unreadable`.
    """

    def __init__(self, pictures: Pictures, max_unreadable: float) -> None:
        self.allowed = most_unreadable(len(pictures), max_unreadable)
        self._pictures = pictures
        self._max_unreadable = max_unreadable
        self._found: dict[int, str] = {}
        self._told = 0

    def __str__(self) -> str:
        return name_some([(self._pictures.name(n), why) for n, why in self._found.items()])

    def add(self, failures: dict[int, str]) -> None:
        """Count {number: why}, each image once.

        Raises:
            StylenetError: They have become too many.
        """
        self._found |= failures
        if len(self._found) > self.allowed:
            raise too_many_unreadable(
                len(self._found), len(self._pictures), self._max_unreadable, str(self)
            )
        if self._found and not self._told:
            self._told = len(self._found)
            _log.warning(
                "While training a picture turned out unreadable: %s. Another takes its place;"
                " further ones are counted and named at the end of the epoch.",
                self,
            )

    def sum_up(self) -> None:
        """Log number and names, if there are more than were told."""
        if len(self._found) > self._told:
            self._told = len(self._found)
            total = len(self._pictures)
            _log.warning("%d of %d pictures are unreadable: %s.", self._told, total, self)


def most_unreadable(total: int, share: float) -> int:
    """Return how many of ``total`` images may be unreadable.

    One may be whatever the ``share``, unless that is 0; but at least one image has to be left.
    """
    if share == 0:
        return 0
    # Rounded so that 0.29 of 100 is 29.
    return min(max(1, int(share * total + 1e-9)), total - 1)


def name_some(faults: list[tuple[str, str]], most: int = 3) -> str:
    """Return the first ``most`` of (name, fault) in words, and how many are not named."""
    named = "; ".join(f"{name} ({why})" for name, why in faults[:most])
    return named + (f"; and {len(faults) - most} more" if len(faults) > most else "")


def too_many_unreadable(found: int, total: int, share: float, names: str) -> StylenetError:
    """Return the error that ``found`` of ``total`` images are bad, too many for ``share``."""
    return StylenetError(
        f"{found} of {total} pictures are unreadable, expected at most"
        f" {most_unreadable(total, share)} by a fraction of {share:g}: {names}.",
        "Remove or replace them, or allow more with data.max_unreadable (a fraction from 0 to 1).",
    )
