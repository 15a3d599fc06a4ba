"""``stylenet train``."""

from __future__ import annotations

from typer import Context


def train(context: Context) -> None:
    """Train: stylenet train style=udnie norm=instance (what there is: stylenet train --help)."""
    from stylenet.run import launch
    from stylenet.run import train as task

    launch(task, "train", context.args, subcommand=["train"])
