"""``stylenet tune``."""

from __future__ import annotations

import typer
from typer import Context

from stylenet.config import Settings

HELP = """Search the settings that suit a painting: short trainings, chosen by Optuna, judged.

  stylenet tune style=udnie                        20 short trainings of a net
  stylenet tune style=udnie tune.trials=40         go on with it, to 40
  stylenet tune style=udnie data=folder data.root=photos norm=batch      all that train takes
  stylenet tune task=gatys content=chelsea style=udnie                   one picture optimised
  stylenet tune style=udnie tune.space.loss.style_weight.max=4           another range
  stylenet tune style=udnie '~tune.space.style_scale'                    not searched
  stylenet tune style=udnie '+tune.space.optimizer.lr={min: 1e-4, max: 1e-2, log: true}'

Start the same command in several terminals, or on machines that share the folder, and they share
the search; stopped or killed, the same command goes on. At the end: trials.csv and the command
to train with. Needs: pip install 'stylenet[tune,judge]'.

Keys, with their values by default, of tune=net and (task=gatys) tune=image:
"""


def tune(context: Context) -> None:
    """Search the settings that suit a painting: stylenet tune style=udnie (tune --help)."""
    from stylenet.run import launch

    if {"--help", "-h"} & set(context.args):
        typer.echo(HELP + "\n".join(_keys()))
        return
    arguments = list(context.args)
    if not any(argument.startswith("tune=") for argument in arguments):
        image = any(argument == "task=gatys" for argument in arguments)
        arguments.insert(0, f"tune={'image' if image else 'net'}")
    launch(_task, "train", arguments, subcommand=["tune"])


def _task(config: Settings) -> None:
    from stylenet.tuning.tune import tune as search

    search(config)


def _keys() -> list[str]:
    from stylenet.settings.folder import conf_folder
    from stylenet.settings.guide import read_guide

    keys = read_guide(conf_folder(), "train").sections()["tune"]
    return [f"  {key.name}={key.default or ''}".ljust(50) + f"  {key.comment}" for key in keys]
