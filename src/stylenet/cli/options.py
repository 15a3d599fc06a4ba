"""Options that subcommands share: which net paints, in which style, where."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from stylenet.cli.backend import BackendName

Style: TypeAlias = Annotated[
    str | None,
    typer.Option(help="A name, a painting's path, or a mixture such as udnie:0.6,wave:0.4."),
]
Net: TypeAlias = Annotated[
    str | None,
    typer.Option(help="A run directory, a model file or a net that ships."),
]
Strength: TypeAlias = Annotated[float, typer.Option(help="Of the style, from 0 to 1.")]
KeepColours: TypeAlias = Annotated[
    bool, typer.Option("--keep-colours", help="Keep the photo's colours.")
]
Hue: TypeAlias = Annotated[float, typer.Option(help="Turn hues by so many degrees.")]
Saturation: TypeAlias = Annotated[float, typer.Option(help="Factor; 0 is grey.")]
Brightness: TypeAlias = Annotated[float, typer.Option(help="Factor.")]
Size: TypeAlias = Annotated[
    int | None, typer.Option(min=1, help="Bring the longer side to so many pixels.")
]
NetPackage: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(help="A module of your own that the net may be made of; its code is run."),
]
Device: TypeAlias = Annotated[str, typer.Option(help="auto, cpu, cuda and the like.")]
Backend: TypeAlias = Annotated[
    BackendName, typer.Option(help="What runs the net; auto: the fastest that is installed.")
]
Debug: TypeAlias = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
