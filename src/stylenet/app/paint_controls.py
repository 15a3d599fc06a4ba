"""The controls of the tab in which a photograph is painted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from stylenet.app.controls import style_menu, upload
from stylenet.app.studio import Studio
from stylenet.app.wanted import NONE
from stylenet.images import sample_photographs

SIZES = (256, 384, 512, 768, 1024, 1536)  # and the largest that is allowed
QUICK = 512
"""Pixels up to which a photo is painted at first; larger sizes can be chosen, and take longer."""


class PaintControls:
    """What is chosen for a painting.

    Args:
        studio: which styles there are.

    Attributes:
        photo: where the photo is uploaded; ``sample`` takes one that ships.
        style: the control of the style; ``more``: those of styles that are mixed in.
        own: where a painting is uploaded.
        size: the control of the size, of this and other tabs; drawn by `draw_size`.
        reset: sets all but the photo back.
    """

    size: gr.Dropdown

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        styles = list(studio.styles.items())
        self.photo = upload("Your photo", "photo", 220, "webcam")
        self.sample = gr.Button(
            "Or try a sample photo", size="sm", visible=bool(sample_photographs()), elem_id="sample"
        )
        self.style = style_menu(studio.styles, "style")
        with gr.Accordion("A painting of your own as the style", open=False):
            self.own = upload("The painting", "own", 160)
        with gr.Accordion("Mix several styles", open=False):
            gr.Markdown("Only the proportions count: 1 and 0.5 is the same as 0.8 and 0.4.")
            self.weights = [_weight("first style, chosen above", "first", 1.0)]
            self.more: list[gr.Dropdown] = []
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
                self.weights.append(_weight(f"{ordinal} style", ordinal, 0.5))
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
        self.reset = gr.Button("Reset all settings", size="sm", elem_id="reset")

    def draw_size(self) -> None:
        """The size, wherever it is to be."""
        offered, value = self.sizes((0, 0))
        self.size = gr.Dropdown(
            offered,
            value=value,
            label="Size of the painting, longer side",
            filterable=False,
            elem_id="size",
        )

    def sizes(self, photo: tuple[int, int]) -> tuple[list[tuple[str, int]], int]:
        """What to offer for a photo of this width and height, and what to take at first.

        Its own size is offered, too, and taken if it is among the quick ones. What is smaller than
        all others is enlarged.
        """
        own, most = max(photo), self._studio.limits.side
        pixels = {px for px in SIZES if px < most} | {most}
        if 0 < own < most:
            pixels.add(own)
        offered = [
            (f"{px} pixels, as your photo" if px == own else f"{px} pixels", px)
            for px in sorted(pixels)
        ]
        return offered, min(max(own, SIZES[0]) if own else QUICK, QUICK, most)

    @property
    def painting(self) -> list[Any]:
        """Those after which the net has to paint."""
        return [self.style, *self.more, *self.weights, self.size, self.strokes]

    @property
    def finishing(self) -> list[Any]:
        """Those of a finished painting."""
        return [self.strength, self.keep, self.hue, self.saturation, self.brightness]

    @property
    def all(self) -> list[Any]:
        """In the order in which `Wanted.of` takes their values."""
        return [*self.painting, *self.finishing]

    @property
    def defaults(self) -> list[Any]:
        """The values at first, of `all` but the size, which is the photo's."""
        return [control.value for control in self.all if control is not self.size]


def _weight(style: str, ordinal: str, value: float) -> gr.Slider:
    return gr.Slider(
        0,
        1,
        value,
        step=0.05,
        label=f"How much of the {style}",
        interactive=False,
        elem_id=f"weight_{ordinal}",
    )


def weighed(more: Sequence[str]) -> list[bool]:
    """Of which style the weight matters: the first one's and those of ``more``."""
    mixed = [style != NONE for style in more]
    return [any(mixed), *mixed]
