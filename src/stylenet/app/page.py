"""The page as a whole, and its server."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import gradio as gr
from gradio.exceptions import ServerFailedToStartError

from stylenet.app.appearance import CSS, THEME
from stylenet.app.optimise_tab import OptimiseTab
from stylenet.app.own_styles import OwnStyles
from stylenet.app.paint_tab import PaintTab
from stylenet.app.pictures import pictures_css
from stylenet.app.regions_tab import RegionsTab
from stylenet.app.studio import Studio
from stylenet.app.train_tab import TrainTab
from stylenet.app.video_tab import VideoTab
from stylenet.app.visits import Visits
from stylenet.errors import StylenetError

PORTS = range(7860, 7960)  # Gradio's
DAY = 24 * 3600
NOT_REACHED = "localhost is not accessible"  # in words of Gradio's


@dataclass(frozen=True)
class Served:
    """A page that is being served.

    Attributes:
        address: for the browser.
        page: Gradio's.
        visits: who is there.
    """

    address: str
    page: gr.Blocks
    visits: Visits


def page_of(studio: Studio, visits: Visits) -> gr.Blocks:
    """The page with its tabs."""
    # files of visitors whose end went unnoticed are deleted after a day
    page: gr.Blocks
    with gr.Blocks(title="stylenet", analytics_enabled=False, delete_cache=(3600, DAY)) as page:
        gr.Markdown(
            "# stylenet\nChoose a photo: it is painted at once. Then change the style, move the "
            "sliders, and download what you like."
        )
        with gr.Tab("Paint"):
            paint = PaintTab(studio, visits)
        with gr.Tab("Regions") as tab:
            regions = RegionsTab(studio, visits, paint.controls.size, tab)
        with gr.Tab("Optimise"):
            optimise = OptimiseTab(studio, visits)
        with gr.Tab("Train"):
            train = TrainTab(studio, visits)
        with gr.Tab("Video"):
            video = VideoTab(studio, visits)
        own = OwnStyles(
            studio,
            visits,
            painters=[paint.controls.style, *regions.styles, video.style],
            mixed=paint.controls.more,
            paintings=[optimise.style, train.style],
        )
        own.taken_from(paint.controls.own, paint.controls.style, paint.said)
        own.taken_from(train.own, train.style, train.said)
        own.offered_after(train.finished)
        own.carried(paint.controls.style, [optimise.style, train.style])

        def end(request: gr.Request) -> None:
            visits.end(str(request.session_hash))

        page.unload(end)
    return page


@contextlib.contextmanager
def served(
    studio: Studio,
    host: str = "127.0.0.1",
    port: int | None = None,
    auth: tuple[str, str] | None = None,
) -> Iterator[Served]:
    """Serve the page until the end of the block; all pictures are deleted then.

    Args:
        studio: what paints.
        host: the address to listen on; the default is reached from this machine only.
        port: None for the first free one from 7860 on, 0 for any free one.
        auth: a name and a password that visitors have to give; nobody has to if None.

    Raises:
        StylenetError: the port is taken; the machine is too busy.
    """
    chosen = _free_port(host, port)
    with _folder_of_uploads() as folder:
        os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
        visits = Visits(Path(folder), studio.limits)

        async def begin() -> tuple[gr.Blocks, str]:
            page = page_of(studio, visits)
            page.queue(max_size=studio.limits.waiting)
            try:
                _, address, _ = page.launch(
                    server_name=host,
                    server_port=chosen,
                    auth=auth,
                    inline=False,
                    share=False,
                    prevent_thread_lock=True,
                    quiet=True,
                    footer_links=[],
                    run_history=False,
                    enable_monitoring=False,
                    ssr_mode=False,
                    pwa=False,
                    mcp_server=False,
                    max_file_size=f"{studio.limits.upload_mb}mb",
                    theme=THEME,
                    css=CSS + pictures_css(studio.pictures),
                )
            except ValueError:  # it runs, but did not answer in time
                page.close(verbose=False)
                raise
            return page, address

        # where no event loop runs Gradio makes several, and closes none
        with ThreadPoolExecutor(1) as thread:
            beginning = thread.submit(asyncio.run, begin())
        try:
            page, address = beginning.result()
        except (ServerFailedToStartError, ValueError) as error:
            if isinstance(error, ValueError) and NOT_REACHED not in str(error):
                raise
            raise StylenetError(
                f"The page's server did not begin to answer at port {chosen} of {host}.",
                "Start it again: this machine may be too busy.",
            ) from error
        try:
            yield Served(address, page, visits)
        finally:
            page.close(verbose=False)
            visits.end_all()


@contextlib.contextmanager
def _folder_of_uploads() -> Iterator[str]:
    """Where Gradio puts them, which it takes from the environment."""
    with tempfile.TemporaryDirectory(prefix="stylenet-app-", ignore_cleanup_errors=True) as folder:
        before = os.environ.get("GRADIO_TEMP_DIR")
        os.environ["GRADIO_TEMP_DIR"] = folder
        try:
            yield folder
        finally:
            if before is None:
                del os.environ["GRADIO_TEMP_DIR"]
            else:
                os.environ["GRADIO_TEMP_DIR"] = before


def _free_port(host: str, port: int | None) -> int:
    """``port``, or the first of `PORTS` that is free; Gradio's own search leaves sockets open."""
    for wanted in PORTS if port is None else [port]:
        try:
            with socket.create_server((host, wanted)) as tried:
                found: int = tried.getsockname()[1]
                return found
        except OSError as error:
            reason = error.strerror or str(error)
    wish = f"{PORTS[0]} to {PORTS[-1]}" if port is None else str(port)
    raise StylenetError(
        f"Port {wish} of {host} cannot be had ({reason}).", "Choose another: --port 8000."
    )
