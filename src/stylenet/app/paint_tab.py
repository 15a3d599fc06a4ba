"""The tab in which a photograph is painted and its colours are changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from stylenet.app.controls import before_and_after
from stylenet.app.paint_controls import PaintControls, weighed
from stylenet.app.studio import Studio
from stylenet.app.visits import Visits
from stylenet.app.wanted import Wanted
from stylenet.app.words import MENDABLE, in_words

NET: dict[str, Any] = {"concurrency_id": "net", "concurrency_limit": 1}
"""Of Gradio's events in which a net paints: one at a time for all visitors."""
# a hidden link would not be followed: Gradio gives it its address only afterwards
SAVE = "(file) => { const a = document.createElement('a'); a.href = file.url; \
a.download = file.orig_name; a.click(); }"


class PaintTab:
    """Controls, the picture before and after, downloads.

    Args:
        studio: what paints.
        visits: whose pictures.

    Attributes:
        controls: what is chosen; other tabs take the size and the style from there, too.
        said: what is said below the picture.
    """

    def __init__(self, studio: Studio, visits: Visits) -> None:
        self._studio, self._visits = studio, visits
        with gr.Row(elem_id="paint"):
            with gr.Column(scale=2, min_width=280, elem_id="controls"):
                self.controls = PaintControls(studio)
            with gr.Column(scale=3, min_width=280, elem_id="painted"):
                self._draw_result()
        self._listen()

    def _draw_result(self) -> None:
        self.result = before_and_after("result")
        self.said = gr.Markdown("Choose a photo.", elem_id="said", container=True)
        self.controls.draw_size()
        with gr.Row():
            self.jpeg = gr.Button("Download as JPEG", variant="primary", elem_id="jpeg")
            self.png = gr.Button("Download as PNG", elem_id="png")
        self.file = gr.File(visible="hidden", label="The painting's file")
        gr.Markdown(self._studio.limits.in_words)

    def _listen(self) -> None:
        at, shown = self.controls, [self.result, self.said]
        gr.on(
            [more.change for more in at.more],
            lambda *more: [gr.update(interactive=on) for on in weighed(more)],
            at.more,
            at.weights,
            queue=False,
            show_progress="hidden",
        )
        at.photo.input(self._take, [at.photo, *at.all], [*shown, at.size], **NET)
        at.sample.click(self._take_sample, at.all, [at.photo, *shown, at.size], **NET)
        at.reset.click(self._reset, None, at.all, queue=False)
        gr.on(
            [control.change for control in at.painting],
            self._show,
            at.all,
            shown,
            trigger_mode="always_last",
            **NET,
        )
        gr.on(
            [control.change for control in at.finishing],
            self._show,
            at.all,
            shown,
            trigger_mode="always_last",
            concurrency_limit=8,
            show_progress="hidden",
        )
        for button, download in ((self.jpeg, self._jpeg), (self.png, self._png)):
            done = button.click(download, at.all, [self.file, self.said], **NET)
            done.success(None, self.file, None, js=SAVE)

    def _take(self, request: gr.Request, upload: str | None, *controls: Any) -> tuple[Any, ...]:
        visit = self._visits.of(str(request.session_hash))
        if upload is None:
            return gr.skip(), "Choose a photo.", gr.skip()
        at = self.controls.all.index(self.controls.size)
        try:
            with visit.lock:
                _, before = self.controls.sizes(visit.uploaded)
                visit.take_photograph(Path(upload))
        except MENDABLE as error:
            return None, in_words(error, Path(upload)), gr.skip()
        offered, size = self.controls.sizes(visit.uploaded)
        if controls[at] != before and controls[at] in dict(offered).values():
            size = controls[at]  # the visitor chose it
        shown = self._show(request, *controls[:at], size, *controls[at + 1 :])
        return *shown, gr.update(choices=offered, value=size)

    def _take_sample(self, request: gr.Request, *controls: Any) -> tuple[Any, ...]:
        """The next one of those that ship, each time."""
        visit = self._visits.of(str(request.session_hash))
        with visit.lock:
            file = str(visit.sample())
        return file, *self._take(request, file, *controls)

    def _reset(self, request: gr.Request) -> list[Any]:
        visit = self._visits.of(str(request.session_hash))
        at = self.controls
        values: list[Any] = list(at.defaults)
        values.insert(at.all.index(at.size), at.sizes(visit.uploaded)[1])
        return values

    def _show(self, request: gr.Request, *controls: Any) -> tuple[Any, ...]:
        visit = self._visits.of(str(request.session_hash))
        try:
            with visit.lock:
                wanted = Wanted.of(self._studio, visit, *controls)
                if not visit.has_photograph:
                    return gr.skip(), "Choose a photo."
                image = wanted.painted(self._studio, visit)
                pair = (str(visit.before(wanted.size)), str(visit.preview(image)))
        except MENDABLE as error:
            return gr.skip(), in_words(error)
        height, width = image.shape[-2:]
        said = f"{wanted.words}, {width} x {height} pixels"
        if max(visit.uploaded) > max(width, height):
            said += f" (your photo: {visit.uploaded[0]} x {visit.uploaded[1]})"
        return pair, said

    def _jpeg(self, request: gr.Request, *controls: Any) -> tuple[Any, ...]:
        return self._download(request, ".jpg", *controls)

    def _png(self, request: gr.Request, *controls: Any) -> tuple[Any, ...]:
        return self._download(request, ".png", *controls)

    def _download(self, request: gr.Request, suffix: str, *controls: Any) -> tuple[Any, ...]:
        visit = self._visits.of(str(request.session_hash))
        try:
            with visit.lock:
                wanted = Wanted.of(self._studio, visit, *controls)
                image = wanted.painted(self._studio, visit)
                file = visit.download(image, wanted.title, suffix)
        except MENDABLE as error:
            raise gr.Error(in_words(error), title="No download") from error
        return str(file), f"{file.name} was downloaded."
