"""``stylenet evaluate``."""

from __future__ import annotations

from typer import Context


def evaluate(context: Context) -> None:
    """Paint and measure: stylenet evaluate model=<run> content=<image or folder>."""
    from stylenet.run import evaluate as task
    from stylenet.run import launch

    launch(task, "evaluate", context.args, subcommand=["evaluate"])
