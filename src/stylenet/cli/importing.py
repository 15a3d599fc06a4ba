"""``stylenet import``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stylenet.cli import options
from stylenet.cli.saying import errors_in_words, say


def import_net(
    checkpoint: Annotated[
        str, typer.Argument(help="A file of weights that another repository's program wrote.")
    ],
    name: Annotated[
        str, typer.Option("--as", help="The style's name, and the folder that is written.")
    ],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Another folder for the net.")
    ] = None,
    debug: options.Debug = False,
) -> None:
    """Read an old checkpoint: stylenet import old.pth --as udnie (no pickle is executed).

    Known are the nets of pytorch/examples, abhiskk/fast-neural-style,
    rrmina/fast-neural-style-pytorch and gordicaleksa/pytorch-nst-feedforward.
    """
    with errors_in_words(debug):
        from stylenet.apply import check_empty, save_model
        from stylenet.apply.checkpoints import import_checkpoint

        folder = Path(name) if out is None else out
        check_empty(folder)
        net, description = import_checkpoint(checkpoint, name)
        file = save_model(folder, net, description)
    say(f"{file}: a net of {description['imported']['layout']}; paint: --model {folder}")
