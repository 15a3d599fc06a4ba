"""The tab in which regions are brushed, and each is painted in a style of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
import torch
from gradio.components.image_editor import EditorData
from torch import Tensor
from torch.nn import functional as F

from stylenet.app.controls import before_and_after
from stylenet.app.paint_tab import NET, SAVE
from stylenet.app.studio import Studio
from stylenet.app.visits import Visits
from stylenet.app.words import MENDABLE, in_words
from stylenet.errors import StylenetError
from stylenet.images import Photograph, read_photograph, to_tensor

COLOURS = {"red": "#e02020", "green": "#20b040", "blue": "#2060e0"}

# the page may have to be scrolled to it
INTO_VIEW = "() => document.querySelector('#regions_result').scrollIntoView({block: 'nearest'})"


@dataclass(frozen=True)
class Brushed:
    """What a browser sent: the layers that were brushed, and all files that it takes."""

    layers: tuple[Photograph, ...]
    files: tuple[Path, ...]


def layers_of(payload: EditorData | None) -> Brushed:
    """In place of Gradio's own, which forgets the files."""
    if payload is None:
        return Brushed((), ())
    files = [Path(layer.path) for layer in payload.layers if layer.path]
    more = [Path(p.path) for p in (payload.background, payload.composite) if p and p.path]
    return Brushed(tuple(read_photograph(file) for file in files), (*files, *more))


def regions_of(layers: Sequence[Photograph]) -> Tensor:
    """Which of `COLOURS` each place was brushed in: (R,H,W) of 0 and 1; nowhere in two.

    Args:
        layers: transparent where nothing was brushed; the later ones lie above.

    Raises:
        StylenetError: nothing was brushed.
    """
    values = torch.tensor([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in COLOURS.values()])
    found = torch.zeros(0)
    for layer in layers:
        colours = 255 * layer.pixels
        opaque = torch.ones(colours.shape[1:], dtype=torch.bool)
        if layer.alpha is not None:
            opaque = to_tensor(layer.alpha)[0] >= 0.5
        distances = ((colours[None] - values[:, :, None, None]) ** 2).sum(1)
        own = F.one_hot(distances.argmin(0), len(COLOURS)).permute(2, 0, 1) * opaque
        found = own.float() if not len(found) else torch.where(opaque, own.float(), found)
    if not len(found) or not found.any():
        raise StylenetError("Nothing was brushed yet.", "Brush a part of the photo, then paint.")
    return found


class RegionsTab:
    """The photo of the tab *Paint*, to brush on; a style for each colour and for the rest.

    Args:
        studio: what paints.
        visits: whose pictures.
        size: the control of the painting's size.
        tab: Gradio's, in which this is drawn.
    """

    def __init__(self, studio: Studio, visits: Visits, size: gr.Dropdown, tab: gr.Tab) -> None:
        self._studio, self._visits = studio, visits
        styles = list(studio.styles.items())
        gr.Markdown(
            "Paint parts of your photo in different styles: choose a colour, brush over a part of "
            "the photo, choose a style for that colour, and press *Paint the regions*."
        )
        with gr.Row():
            with gr.Column(scale=3, min_width=280):
                self.editor = gr.ImageEditor(
                    label="Brush here",
                    type="pil",
                    sources=[],
                    transforms=[],
                    layers=False,
                    brush=gr.Brush(colors=list(COLOURS.values()), color_mode="fixed"),
                    buttons=["fullscreen"],
                    height=420,
                    elem_id="editor",
                )
                vars(self.editor)["preprocess"] = layers_of
            with gr.Column(scale=2, min_width=280):
                self.styles = []
                for number, place in enumerate((*COLOURS, "everywhere else")):
                    words = "everywhere else" if place not in COLOURS else f"where it is {place}"
                    value = styles[(number + 1) % len(styles)][1]
                    self.styles.append(
                        gr.Dropdown(styles, value=value, label=f"Style {words}", filterable=False)
                    )
                self.go = gr.Button("Paint the regions", variant="primary", elem_id="go_regions")
        self.result = before_and_after("regions_result")
        self.said = gr.Markdown("", elem_id="regions_said", container=True)
        with gr.Row():
            self.jpeg = gr.Button("Download as JPEG", elem_id="regions_jpeg")
            self.png = gr.Button("Download as PNG", elem_id="regions_png")
        self.file = gr.File(visible="hidden", label="The painting's file")
        inputs = [self.editor, *self.styles, size]
        tab.select(
            self._load,
            [size],
            [self.editor, self.said],
            show_progress_on=self.said,  # what was brushed is not covered meanwhile
            **NET,
        )
        shown = self.go.click(self._show, inputs, [self.result, self.said], **NET)
        shown.success(None, None, None, js=INTO_VIEW)
        for button, download in ((self.jpeg, self._jpeg), (self.png, self._png)):
            saved = button.click(download, inputs, [self.file, self.said], **NET)
            saved.success(None, self.file, None, js=SAVE)

    def _load(self, request: gr.Request, size: int) -> tuple[Any, ...]:
        visit = self._visits.of(str(request.session_hash))
        with visit.lock:
            if not visit.has_photograph:
                return None, "Choose a photo in the *Paint* tab first."
            if visit.brushed_on == (shown := visit.before(int(size))):
                return gr.skip(), gr.skip()  # what was brushed stays
            visit.brushed_on = shown
        return {"background": str(shown), "layers": [], "composite": None}, "Brush, then paint."

    def _show(self, request: gr.Request, *controls: Any) -> tuple[Any, ...]:
        visit = self._visits.of(str(request.session_hash))
        size = int(controls[-1])
        try:
            with visit.lock:
                image = self._painted(request, *controls)
                pair = (str(visit.before(size)), str(visit.preview(image)))
        except MENDABLE as error:
            return gr.skip(), in_words(error)
        height, width = image.shape[-2:]
        return pair, f"{width} x {height} pixels"

    def _jpeg(self, request: gr.Request, *controls: Any) -> tuple[Any, ...]:
        return self._download(request, ".jpg", *controls)

    def _png(self, request: gr.Request, *controls: Any) -> tuple[Any, ...]:
        return self._download(request, ".png", *controls)

    def _download(self, request: gr.Request, suffix: str, *controls: Any) -> tuple[Any, ...]:
        visit = self._visits.of(str(request.session_hash))
        try:
            with visit.lock:
                file = visit.download(self._painted(request, *controls), "regions", suffix)
        except MENDABLE as error:
            raise gr.Error(in_words(error), title="No download") from error
        return str(file), f"{file.name} was downloaded."

    def _painted(self, request: gr.Request, *controls: Any) -> Tensor:
        """The whole photo in each style, of which each region shows one."""
        brushed, *styles, size = controls
        visit = self._visits.of(str(request.session_hash))
        visit.claim(brushed.files)
        content = visit.content(int(size))
        regions = regions_of(brushed.layers)
        rest = 1 - regions.sum(0, keepdim=True)
        parts = F.interpolate(
            torch.cat([regions, rest])[None], content.shape[-2:], mode="bilinear", antialias=True
        )[0]
        painted = torch.zeros_like(content)
        for part, style in zip(parts, styles, strict=True):
            if part.any():
                mixture = ((visit.style(self._studio, style), 1.0),)
                painted += part * visit.painting(self._studio, mixture, int(size), 1.0)
        return painted.clamp(0, 1)
