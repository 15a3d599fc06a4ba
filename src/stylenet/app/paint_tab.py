"""The tab in which a photograph is painted and its colours are changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from stylenet.app.controls import before_and_after, size_menu, style_menu, upload
from stylenet.app.look import Look, kept
from stylenet.app.studio import Mixture, Studio
from stylenet.app.visit import Visit
from stylenet.app.visits import Visits
from stylenet.app.words import MENDABLE, in_words
from stylenet.images import Adjustment, sample_photographs

SIZES = (256, 384, 512, 768, 1024, 1536)  # and the largest that is allowed
NONE = ""
NET: dict[str, Any] = {"concurrency_id": "net", "concurrency_limit": 1}
"""Of Gradio's events in which a net paints: one at a time for all visitors."""
# a hidden link would not be followed: Gradio gives it its address only afterwards
SAVE = "(file) => { const a = document.createElement('a'); a.href = file.url; \
a.download = file.orig_name; a.click(); }"


@dataclass(frozen=True)
class Wanted:
    """What the controls say; in words for the page, and as a title for files."""

    mixture: Mixture
    size: int
    strokes: float
    look: Look
    words: str
    title: str


class PaintTab:
    """Controls, the picture before and after, downloads.

    Args:
        studio: what paints.
        visits: whose pictures.

    Attributes:
        size: the control of the size, of this and other tabs.
        style: the control of the style; ``more``: those of styles that are mixed in.
        own: where a painting is uploaded.
    """

    def __init__(self, studio: Studio, visits: Visits) -> None:
        self._studio, self._visits = studio, visits
        with gr.Row(elem_id="paint"):
            with gr.Column(scale=2, min_width=280, elem_id="controls"):
                self._draw_controls(list(studio.styles.items()))
            with gr.Column(scale=3, min_width=280, elem_id="painted"):
                self._draw_result()
        self._listen()

    def _draw_controls(self, styles: Sequence[tuple[str, str]]) -> None:
        self.photo = upload("Your photo", "photo", 220, "webcam")
        self.sample = gr.Button(
            "Or try a sample photo", size="sm", visible=bool(sample_photographs()), elem_id="sample"
        )
        self.style = style_menu(self._studio.styles, "style")
        with gr.Accordion("A painting of your own as the style", open=False):
            self.own = upload("The painting", "own", 160)
        with gr.Accordion("Mix several styles", open=False):
            gr.Markdown("Only the proportions count: 1 and 0.5 is the same as 0.8 and 0.4.")
            self.weights = [
                gr.Slider(
                    0,
                    1,
                    1,
                    step=0.05,
                    label="How much of the first style, chosen above",
                    interactive=False,
                    elem_id="weight_first",
                )
            ]
            self.more = []
            for ordinal in ("second", "third"):
                self.more.append(
                    gr.Dropdown(
                        [("none", NONE), *styles],
                        value=NONE,
                        label=f"The {ordinal} style",
                        elem_id=f"style_{ordinal}",
                        filterable=False,
                    )
                )
                self.weights.append(
                    gr.Slider(
                        0,
                        1,
                        0.5,
                        step=0.05,
                        label=f"How much of the {ordinal} style",
                        interactive=False,
                        elem_id=f"weight_{ordinal}",
                    )
                )
        self.strength = gr.Slider(
            0, 1, 1, step=0.05, label="Strength: 0 is the photo, 1 the painting", elem_id="strength"
        )
        self.keep = gr.Checkbox(label="Keep the photo's colours", elem_id="keep")
        with gr.Accordion("Colours", open=False):
            self.hue = gr.Slider(-180, 180, 0, step=5, label="Hue, in degrees", elem_id="hue")
            self.saturation = gr.Slider(
                0, 2, 1, step=0.05, label="Saturation", elem_id="saturation"
            )
            self.brightness = gr.Slider(
                0, 2, 1, step=0.05, label="Brightness", elem_id="brightness"
            )
        self.strokes = gr.Slider(0.5, 2, 1, step=0.25, label="Size of strokes", elem_id="strokes")

    def _draw_result(self) -> None:
        side = self._studio.limits.side
        self.result = before_and_after("result")
        self.said = gr.Markdown("Choose a photo.", elem_id="said", container=True)
        self.size = size_menu(
            (*(px for px in SIZES if px < side), side),
            min(512, side),
            "size",
            "Size of the painting, longer side",
        )
        with gr.Row():
            self.jpeg = gr.Button("Download as JPEG", variant="primary", elem_id="jpeg")
            self.png = gr.Button("Download as PNG", elem_id="png")
        self.file = gr.File(visible="hidden", label="The painting's file")
        gr.Markdown(self._studio.limits.in_words)

    @property
    def _painting(self) -> list[Any]:
        """Controls after which the net has to paint."""
        return [self.style, *self.more, *self.weights, self.size, self.strokes]

    @property
    def _finishing(self) -> list[Any]:
        """Controls of a finished painting."""
        return [self.strength, self.keep, self.hue, self.saturation, self.brightness]

    def _listen(self) -> None:
        controls = [*self._painting, *self._finishing]
        gr.on(
            [more.change for more in self.more],
            lambda *more: [gr.update(interactive=on) for on in _weighed(more)],
            self.more,
            self.weights,
            queue=False,
            show_progress="hidden",
        )
        shown = [self.result, self.said]
        self.photo.input(self._take, [self.photo, *controls], shown, **NET)
        self.sample.click(self._take_sample, controls, [self.photo, *shown], **NET)
        gr.on(
            [control.change for control in self._painting],
            self._show,
            controls,
            shown,
            trigger_mode="always_last",
            **NET,
        )
        gr.on(
            [control.change for control in self._finishing],
            self._show,
            controls,
            shown,
            trigger_mode="always_last",
            concurrency_limit=8,
            show_progress="hidden",
        )
        for button, download in ((self.jpeg, self._jpeg), (self.png, self._png)):
            done = button.click(download, controls, [self.file, self.said], **NET)
            done.success(None, self.file, None, js=SAVE)

    def _take(self, request: gr.Request, upload: str | None, *controls: Any) -> tuple[Any, ...]:
        visit = self._visits.of(str(request.session_hash))
        if upload is None:
            return gr.skip(), "Choose a photo."
        try:
            with visit.lock:
                visit.take_photograph(Path(upload))
        except MENDABLE as error:
            return None, in_words(error, Path(upload))
        return self._show(request, *controls)

    def _take_sample(self, request: gr.Request, *controls: Any) -> tuple[Any, ...]:
        """The next one of those that ship, each time."""
        visit = self._visits.of(str(request.session_hash))
        with visit.lock:
            file = str(visit.sample())
        return file, *self._take(request, file, *controls)

    def _show(self, request: gr.Request, *controls: Any) -> tuple[Any, ...]:
        visit = self._visits.of(str(request.session_hash))
        try:
            with visit.lock:
                wanted = self._wanted(visit, *controls)
                if not visit.has_photograph:
                    return gr.skip(), "Choose a photo."
                image = self._finished(visit, wanted)
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
                wanted = self._wanted(visit, *controls)
                image = self._finished(visit, wanted)
                file = visit.download(image, wanted.title, suffix)
        except MENDABLE as error:
            raise gr.Error(in_words(error), title="No download") from error
        return str(file), f"{file.name} was downloaded."

    def _finished(self, visit: Visit, wanted: Wanted) -> Any:
        painted = visit.painting(self._studio, wanted.mixture, wanted.size, wanted.strokes)
        return wanted.look(painted, visit.content(wanted.size))

    def _wanted(self, visit: Visit, *controls: Any) -> Wanted:
        style, second, third, *rest = controls
        *weights, size, strokes, strength, keep, hue, saturation, brightness = rest
        names = [visit.style(self._studio, name) for name in (style, second, third) if name != NONE]
        shares = [w for n, w in zip((style, second, third), weights, strict=True) if n != NONE]
        mixed = len(names) > 1
        mixture = tuple(zip(names, shares if mixed else [1.0], strict=True))
        look = Look(
            strength,
            kept(keep),
            Adjustment(hue, saturation, brightness),
        )
        own = {file: label for label, file in visit.own_styles}
        whole = sum(share for _, share in mixture) or 1
        words, parts = [], []
        for name, share in mixture:
            percent = f"{100 * share / whole:.0f}"
            called = own.get(name) or self._studio.called(name)
            words.append(f"{percent}% {called}" if mixed else called)
            parts.append(f"{Path(name).stem}_{percent}" if mixed else Path(name).stem)
        return Wanted(
            mixture, int(size), float(strokes), look, " and ".join(words), "_and_".join(parts)
        )


def _weighed(more: Sequence[str]) -> list[bool]:
    """Of which style the weight matters: the first one's and those of ``more``."""
    mixed = [style != NONE for style in more]
    return [any(mixed), *mixed]
