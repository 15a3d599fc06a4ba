"""``stylenet texture``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stylenet.cli import options
from stylenet.cli.saying import errors_in_words, say
from stylenet.importing import importing


def texture(
    model: Annotated[str, typer.Argument(help="A run of task=texture_net, or its model file.")],
    out: Annotated[
        Path, typer.Option("-o", "--out", help="The image; of several, each gets a number.")
    ] = Path("texture.png"),
    count: Annotated[int, typer.Option(min=1, help="How many to draw.")] = 1,
    width: Annotated[int, typer.Option(min=1, help="Pixels.")] = 512,
    height: Annotated[int, typer.Option(min=1, help="Pixels.")] = 512,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, other images.")] = 0,
    device: options.Device = "auto",
    debug: options.Debug = False,
) -> None:
    """Draw images of a texture: stylenet texture runs/latest -o wall.png --count 4.

    Where width and height are multiples of 16, an image can be laid beside itself without a seam.
    """
    with errors_in_words(debug):
        with importing():
            from stylenet.apply import load_model
            from stylenet.apply.textures import draw_textures, write_numbered

        drawn = draw_textures(load_model(model), count, height, width, seed, device)
        for file in write_numbered(out, drawn, count):
            say(str(file))
