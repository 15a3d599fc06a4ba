"""``stylenet sweep``: a sweep's table, chart and sheet, as far as its jobs have come."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from stylenet.cli import options
from stylenet.cli.saying import errors_in_words


def sweep(
    folder: Annotated[Path, typer.Argument(help="What train.py -m made: runs/..._sweep.")],
    debug: options.Debug = False,
) -> None:
    """Compare a sweep's jobs anew, also of one that was killed: stylenet sweep runs/..._sweep."""
    with errors_in_words(debug):
        from stylenet.sweeps.summary import sum_up

        typer.echo(sum_up(folder, shutil.get_terminal_size().columns))
