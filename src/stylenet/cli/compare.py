"""``stylenet compare``: runs side by side on one page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stylenet.cli import options
from stylenet.cli.saying import errors_in_words, say


def compare(
    runs: Annotated[list[str], typer.Argument(help="Run directories, and folders of sweeps.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The page.")] = Path("compare.html"),
    debug: options.Debug = False,
) -> None:
    """Show runs side by side on one page without a network: stylenet compare runs/a runs/b.

    What differs in their settings, what they were measured to be, their loss curves, and what their
    nets paint of three photographs.
    """
    with errors_in_words(debug):
        from stylenet.sweeps.page import read_runs, write_comparison

        jobs = read_runs(runs)
        file = write_comparison(jobs, out)
    say(f"{file}: {len(jobs)} runs, {file.stat().st_size / 1e6:.1f} MB")
