"""The command ``stylenet``: thin, one file a subcommand."""

from __future__ import annotations

from typer import Typer

from stylenet.cli.app import app as page
from stylenet.cli.banks import bank
from stylenet.cli.compare import compare
from stylenet.cli.completion import completion
from stylenet.cli.evaluate import evaluate
from stylenet.cli.export import export
from stylenet.cli.importing import import_net
from stylenet.cli.prune import prune
from stylenet.cli.site import site
from stylenet.cli.styles import styles
from stylenet.cli.stylize import stylize
from stylenet.cli.sweep import sweep
from stylenet.cli.texture import texture
from stylenet.cli.train import train
from stylenet.cli.tune import tune
from stylenet.cli.video import video

__all__ = ["main"]

# Hydra reads what follows the subcommand, ``--help`` included
_HYDRAS = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def main() -> None:
    """Run the command line, ``sys.argv``."""
    app = Typer(
        help="Neural style transfer: train, paint, measure.",
        no_args_is_help=True,
        add_completion=False,  # Typer knows nothing of Hydra's groups; ours: completion.py
        pretty_exceptions_enable=False,
    )
    app.command(context_settings=_HYDRAS, add_help_option=False)(train)
    app.command(context_settings=_HYDRAS, add_help_option=False)(evaluate)
    app.command(context_settings=_HYDRAS, add_help_option=False)(tune)
    app.command()(stylize)
    app.command()(texture)
    app.command()(video)
    app.command()(styles)
    app.command()(sweep)
    app.command()(compare)
    app.command()(export)
    app.command()(prune)
    app.command("import")(import_net)
    app.command("app")(page)
    app.command()(site)
    app.add_typer(bank, name="bank")
    app.command()(completion)
    app(prog_name="stylenet")
