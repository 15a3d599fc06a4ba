"""The tab in which one picture is optimised, and can be watched meanwhile."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import gradio as gr

from stylenet.app.child_runs import optimisation
from stylenet.app.controls import job_buttons, size_menu, stopped_by, style_menu
from stylenet.app.jobs import LONG
from stylenet.app.loss_plot import loss_curves, loss_plot
from stylenet.app.studio import Studio
from stylenet.app.visits import Visits
from stylenet.app.words import MENDABLE, STOPPING, Pace, in_words

SIZES = (128, 256, 384, 512)
JOB = "optimise"


class OptimiseTab:
    """Without any net: the pixels of the photo of the tab *Paint* are changed step by step.

    Args:
        studio: which styles there are.
        visits: whose pictures.

    Attributes:
        style: the control of the style.
    """

    def __init__(self, studio: Studio, visits: Visits) -> None:
        self._studio, self._visits = studio, visits
        with gr.Row():
            with gr.Column(scale=2, min_width=280):
                gr.Markdown(
                    "Here your photo from the *Paint* tab is changed little by little until it has "
                    "the colours and brushwork of the painting. That takes minutes instead of a "
                    "second, and often looks better (it is the method of Gatys et al., 2016). You "
                    "can watch, and stop whenever you like what you see; it stops by itself after "
                    f"{studio.limits.minutes:g} minutes."
                )
                self.style = style_menu(studio.styles, "o_style")
                self.size = size_menu(SIZES, 256, "o_size")
                self.steps = gr.Slider(5, 300, 100, step=5, label="Steps", elem_id="o_steps")
                self.go, self.stop = job_buttons("Optimise", "o")
            with gr.Column(scale=3, min_width=280):
                self.result = gr.Image(
                    label="The picture so far",
                    show_label=False,  # it would lie on the picture
                    type="filepath",
                    interactive=False,
                    buttons=["fullscreen"],
                    elem_id="o_result",
                )
                self.said = gr.Markdown(
                    "Choose a photo in the *Paint* tab, then press *Optimise*.",
                    elem_id="o_said",
                    container=True,
                )
                self.save = gr.DownloadButton(
                    "Download as PNG", interactive=False, elem_id="o_save"
                )
                self.losses = loss_plot("o_losses")
        self.go.click(
            self._run,
            [self.style, self.size, self.steps],
            [self.result, self.losses, self.said, self.save],
            show_progress_on=self.said,  # while others wait for their turn
            **LONG,
        )
        stopped_by(self.stop, JOB, visits, self.said)

    def _run(
        self, request: gr.Request, style: str, size: int, steps: int
    ) -> Iterator[tuple[Any, ...]]:
        visit = self._visits.of(str(request.session_hash))
        waiting = gr.update(interactive=False)
        try:
            with visit.lock:
                content = visit.before(int(size))
                file = self._studio.file(visit.style(self._studio, style))
                limits = self._studio.limits
                px, minutes = min(size, limits.side), limits.minutes
                folder = visit.new_file("run")
                run = visit.jobs.begin(
                    JOB, lambda: optimisation(folder, content, file, px, int(steps), minutes)
                )
            yield (
                None,
                loss_curves(()),
                "Starting. The first steps can take half a minute, or longer on a busy computer.",
                waiting,
            )
            pace = Pace(steps)
            for progress in run.watch():
                words = f"{progress.step} of {steps:g} steps"
                picture = None if progress.picture is None else str(progress.picture)
                curves = loss_curves(progress.losses)
                if progress.finished:
                    assert progress.picture is not None
                    named = visit.named(progress.picture, "optimised")
                    ready = gr.update(value=str(named), interactive=True)
                    said = f"Stopped after {words}." if progress.stopping else f"{words}: finished."
                    yield picture, curves, said, ready
                elif progress.stopping:
                    yield picture, curves, STOPPING, waiting
                elif progress.picture is not None:
                    left = pace.time_left(progress.step, time.monotonic())
                    yield picture, curves, f"{words}, {left}" if left else words, waiting
        except MENDABLE as error:
            yield gr.skip(), gr.skip(), in_words(error), waiting
