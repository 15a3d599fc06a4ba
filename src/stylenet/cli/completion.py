"""``stylenet completion``: Hydra's own completes the word after the program only."""

from __future__ import annotations

from pathlib import Path

import typer


def completion() -> None:
    """Print what makes bash (or zsh) complete: eval "$(stylenet completion)"."""
    typer.echo(Path(__file__).with_name("completion.sh").read_text(), nl=False)
