"""``stylenet styles``."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stylenet.cli import options
from stylenet.cli.saying import errors_in_words, say

if TYPE_CHECKING:
    from stylenet.apply.style_sheet import NamedStyle


def styles(
    sheet: Annotated[
        Path | None, typer.Option(help="Paint this photo in all styles, side by side.")
    ] = None,
    out: Annotated[Path, typer.Option("-o", "--out", help="The file that --sheet writes.")] = Path(
        "styles.jpg"
    ),
    size: Annotated[
        int, typer.Option(min=16, help="Longer side of the photo when it is painted.")
    ] = 384,
    device: options.Device = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="List as JSON.")] = False,
    debug: options.Debug = False,
) -> None:
    """List the styles that --style knows by name; --sheet photo.jpg paints it in all of them.

    Flicker: what to expect of clips that are painted frame by frame (stylenet video --blend 0).
    """
    with errors_in_words(debug):
        from stylenet.apply.style_sheet import named_styles, write_sheet

        if sheet is not None:
            names = write_sheet(sheet, out, size, device, say)
            say(f"{out}: {', '.join(names)}")
            return
        found = named_styles()
        if as_json:
            typer.echo(json.dumps([asdict(style) for style in found], indent=2))
            return
        nets = [f"{style.painter or '-'}{_mark(style)}" for style in found]
        widths = [max(len(s.name) for s in found), max(map(len, nets))]
        typer.echo(f"{'style':{widths[0]}}  {'net':{widths[1]}}  flicker  painting")
        for style, net in zip(found, nets, strict=True):
            start = f"{style.name:{widths[0]}}  {net:{widths[1]}}  {style.flicker or '-':7}"
            typer.echo(f"{start}  {style.title}".rstrip())
        if any(style.painter is None for style in found):
            say("-: no net for it ships with this version; train one: stylenet train style=<style>")
        if any(map(_mark, found)):
            say("*: by the painting, which is not here: it is downloaded")


def _mark(style: NamedStyle) -> str:
    return "*" if style.painter is not None and not style.here else ""
