"""``stylenet site``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stylenet.cli import options
from stylenet.cli.saying import errors_in_words, say


def site(
    styles: Annotated[
        list[str],
        typer.Argument(help="Styles: names, paintings, runs or model files of one style."),
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="The folder.")] = Path("site"),
    runtime: Annotated[
        Path | None,
        typer.Option(
            help="A folder with the npm package onnxruntime-web; fetched by npm and kept in the "
            "cache if left out."
        ),
    ] = None,
    webgpu: Annotated[
        bool,
        typer.Option(
            "--webgpu", help="Let visitors try their graphics card: an experiment, 27 MB more."
        ),
    ] = False,
    debug: options.Debug = False,
) -> None:
    """Write a page that paints in the browser, for any web server: stylenet site udnie wave."""
    with errors_in_words(debug):
        from stylenet.app.site import write_site

        done = write_site(styles, out, runtime, say, webgpu)
        typer.echo(
            f"{done.folder}: {done.size / 1e6:.1f} MB; with one style {done.largest / 1e6:.1f} MB. "
            f"Look at it: python -m http.server --bind 127.0.0.1 --directory {done.folder}"
        )
