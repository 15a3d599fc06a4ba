"""``stylenet prune``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stylenet.cli import options
from stylenet.cli.saying import errors_in_words, say


def prune(
    what: Annotated[str, typer.Argument(help="A run directory, a model file or a net that ships.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The folder for the smaller net.")],
    keep: Annotated[
        float, typer.Option(help="The fraction of the multiplications that is left.")
    ] = 0.67,
    multiple: Annotated[
        int, typer.Option(help="Of which numbers of channels are: processors take 4, 8 or 16.")
    ] = 4,
    net_package: options.NetPackage = None,
    debug: options.Debug = False,
) -> None:
    """Leave out the channels that matter least: stylenet prune udnie -o udnie_small.

    Then train it: stylenet train style=udnie net=resnet_pruned init=udnie_small; again in rounds.
    """
    with errors_in_words(debug):
        from stylenet.apply import check_empty, load_model, pruning, save_model

        check_empty(out)
        whole = load_model(what, net_package or ())
        net, description = pruning.prune(whole, keep, multiple)
        file = save_model(out, net, description)
    left = description["pruned"]["multiplications"]
    say(f"{file}: {left:.0%} of the multiplications; train it: net=resnet_pruned init={out}")
