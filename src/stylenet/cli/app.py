"""``stylenet app``."""

from __future__ import annotations

import signal
import sys
from typing import Annotated

import typer

from stylenet.cli import options
from stylenet.cli.saying import errors_in_words, say
from stylenet.errors import StylenetError
from stylenet.importing import importing


def app(
    host: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 lets other machines in.")
    ] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(help="The first free one from 7860 on if left out.")
    ] = None,
    auth: Annotated[
        str | None,
        typer.Option(envvar="STYLENET_APP_AUTH", help="name:password that visitors have to give."),
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda and the like.")] = "auto",
    debug: options.Debug = False,
) -> None:
    """Paint in the browser: a page on this machine, until Ctrl-C."""
    with errors_in_words(debug):
        name, colon, password = (auth or "").partition(":")
        if auth is not None and not (name and colon and password):
            raise StylenetError("Got --auth without a name and a password.", "Use name:password.")
        from stylenet.app.quick_import import without_stubs
        from stylenet.apply.extras import imported

        with importing():
            with without_stubs():
                imported("gradio", "app", "the page")
            from stylenet.app.page import served
            from stylenet.app.studio import Studio

        # pictures are deleted then, too
        before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        try:
            with served(Studio(device), host, port, (name, password) if auth else None) as page:
                say(f"{page.address}  (Ctrl-C ends it and deletes all pictures)")
                page.page.block_thread()
        finally:
            signal.signal(signal.SIGTERM, before)
