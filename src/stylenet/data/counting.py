"""How many images are done, on a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


def progress_bar() -> Progress:
    """Return a bar that shows itself only where the output is a terminal."""
    console = Console(soft_wrap=True)
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn())
    silent = not console.is_terminal
    return Progress(*columns, TimeRemainingColumn(), console=console, disable=silent)
