"""The tab in which a net is trained for a painting, and can be watched meanwhile."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from stylenet.app.child_runs import training
from stylenet.app.controls import job_buttons, stopped_by, style_menu, upload
from stylenet.app.jobs import LONG
from stylenet.app.loss_plot import loss_curves, loss_plot
from stylenet.app.studio import Studio
from stylenet.app.visits import Visits
from stylenet.app.words import MENDABLE, STOPPING, in_words, time_left

JOB = "train"


class TrainTab:
    """A net of the visitor's own, trained from what the net for any style predicts.

    Args:
        studio: which styles there are.
        visits: whose paintings and nets.

    Attributes:
        own: where a painting is uploaded.
        style: the control of the painting.
        finished: what waits for a net that is finished.
    """

    def __init__(self, studio: Studio, visits: Visits) -> None:
        self._studio, self._visits = studio, visits
        limits = studio.limits
        with gr.Row():
            with gr.Column(scale=2, min_width=280):
                gr.Markdown(
                    "In the *Paint* tab, a painting of your own is painted at once, by a network "
                    "that only glances at it. Here a network learns that one painting, for as "
                    "many minutes as you give it, and comes closer to it. It then appears "
                    "among the styles of the other tabs. It is yours alone, and is deleted with "
                    "your pictures."
                )
                self.own = upload("Upload a painting", "t_own", 160)
                self.style = style_menu(studio.styles, "t_style", "The painting to learn")
                self.minutes = gr.Slider(
                    0.5,
                    limits.training,
                    min(2, limits.training),
                    step=0.5,
                    label="Minutes",
                    elem_id="t_minutes",
                )
                self.go, self.stop = job_buttons("Train", "t")
            with gr.Column(scale=3, min_width=280):
                self.grid = gr.Image(
                    label="What the net paints",
                    show_label=False,
                    type="filepath",
                    interactive=False,
                    buttons=["fullscreen"],
                    elem_id="t_grid",
                )
                self.said = gr.Markdown(
                    "Choose a painting, then press *Train*.", elem_id="t_said", container=True
                )
                self.files = gr.File(
                    label="The trained network: two files, to keep",
                    file_count="multiple",
                    interactive=False,
                    height=180,
                    elem_id="t_files",
                )
                self.losses = loss_plot("t_losses")
        run = self.go.click(
            self._run,
            [self.style, self.minutes],
            [self.grid, self.losses, self.said, self.files],
            show_progress_on=self.said,  # while others wait for their turn
            **LONG,
        )
        self.finished = run.success
        stopped_by(self.stop, JOB, visits, self.said)

    def _run(self, request: gr.Request, style: str, minutes: float) -> Iterator[tuple[Any, ...]]:
        visit = self._visits.of(str(request.session_hash))
        try:
            with visit.lock:
                painting = self._studio.file(visit.style(self._studio, style))
                limits = self._studio.limits
                minutes = min(float(minutes), limits.training)
                folder = visit.new_file(f"{painting.stem}_net")
                run = visit.jobs.begin(
                    JOB, lambda: training(folder, painting, minutes, minutes + limits.minutes)
                )
            yield (
                None,
                loss_curves(()),
                "Starting. The first steps can take half a minute, or longer on a busy computer.",
                None,
            )
            begun: float | None = None
            for progress in run.watch():
                words = f"{progress.step} steps"
                if begun is None and progress.step > 0:
                    begun = time.monotonic()
                grid = None if progress.picture is None else str(progress.picture)
                curves = loss_curves(progress.losses)
                if progress.finished:
                    visit.take_net(folder, painting)
                    ended = f"Stopped after {words}" if progress.stopping else f"{words}: finished"
                    said = f"{ended}. Among the styles it is *Your net of {painting.stem}*."
                    tensors = folder / "model.safetensors"
                    yield grid, curves, said, _named(tensors, visit.new_file(folder.name))
                elif progress.stopping:
                    yield grid, curves, STOPPING, None
                elif begun is not None:
                    left = 60 * minutes - (time.monotonic() - begun)
                    yield grid, curves, f"{words}, {time_left(left)}", None
        except MENDABLE as error:
            yield gr.skip(), gr.skip(), in_words(error), None


def _named(tensors: Path, target: Path) -> list[str]:
    """Copies of the two files of a net, under the painting's name."""
    return [
        str(shutil.copy(tensors.with_suffix(suffix), target.with_suffix(suffix)))
        for suffix in (".safetensors", ".json")
    ]
