"""Controls that more than one tab has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import gradio as gr

from stylenet.app.visits import Visits


def upload(label: str, elem_id: str, height: int, *more: Literal["webcam"]) -> gr.Image:
    """Where a picture is uploaded; what listens to it gets its file's path, or None.

    Gradio's own way decodes the picture, by which its name and metadata are lost, and says what is
    wrong with it in its own words. A subclass would have Gradio write a stub beside this file.
    """
    sources: list[Literal["upload", "webcam", "clipboard"]] = ["upload", "clipboard", *more]
    image = gr.Image(
        label=label, type="filepath", sources=sources, height=height, buttons=[], elem_id=elem_id
    )
    vars(image)["preprocess"] = lambda payload: None if payload is None else payload.path
    return image


def style_menu(styles: Mapping[str, str], elem_id: str, label: str = "Style") -> gr.Dropdown:
    """The styles, by what they are called; the first one is chosen."""
    return gr.Dropdown(list(styles.items()), label=label, filterable=False, elem_id=elem_id)


def size_menu(
    sizes: Iterable[int], value: int, elem_id: str, label: str = "Size, longer side"
) -> gr.Dropdown:
    """Sizes in pixels."""
    return gr.Dropdown(
        [(f"{px} pixels", px) for px in sizes],
        value=value,
        label=label,
        filterable=False,
        elem_id=elem_id,
    )


def before_and_after(elem_id: str) -> gr.ImageSlider:
    """The photo and the painting, with a line between them to drag."""
    return gr.ImageSlider(
        label="Before and after: drag the line",
        type="filepath",
        interactive=False,
        buttons=["fullscreen"],
        max_height=640,
        elem_id=elem_id,
    )


def job_buttons(words: str, prefix: str) -> tuple[gr.Button, gr.Button]:
    """Side by side: what starts a `Job`, and what stops it."""
    with gr.Row():
        go = gr.Button(words, variant="primary", elem_id=f"{prefix}_go")
        stop = gr.Button("Stop", variant="stop", elem_id=f"{prefix}_stop")
    return go, stop


def stopped_by(button: gr.Button, job: str, visits: Visits, said: gr.Markdown) -> None:
    """``button`` stops the visitor's job of this name; ``said`` gets what comes of it."""

    def stop(request: gr.Request) -> str:
        return visits.of(str(request.session_hash)).jobs.stop(job)

    button.click(stop, None, said, queue=False)
