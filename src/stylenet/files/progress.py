"""How far something long has come: a bar on a terminal, a line every tenth elsewhere."""

from __future__ import annotations

import logging
from types import TracebackType

from rich.filesize import decimal

_log = logging.getLogger(__name__)


class ByteProgress:
    """A context in which `at` shows how many bytes are done.

    Args:
        what: Words before the numbers.
        total: Bytes there are to do, or None if that is not known yet.
        done: Bytes that were done before.
    """

    def __init__(self, what: str, total: int | None, done: int = 0) -> None:
        self.what = what
        self.total = total
        self._told = 0 if not total else done * 10 // total
        # not before it is needed: it takes a tenth of a second, and most commands show no bytes
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )

        console = Console(soft_wrap=True)
        self._live = console.is_terminal
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=not self._live,
            refresh_per_second=2,
        )
        self._bar = self._progress.add_task(what, total=total, completed=done)

    def __enter__(self) -> ByteProgress:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def at(self, done: int) -> None:
        """Show that ``done`` bytes are done, of all, those done before included."""
        self._progress.update(self._bar, completed=done, total=self.total)
        if self._live or not self.total:
            return
        tenth = done * 10 // self.total
        if tenth > self._told:
            _log.info("%s: %d %% of %s", self.what, tenth * 10, decimal(self.total))
        self._told = tenth  # less than before where a server made us start over
