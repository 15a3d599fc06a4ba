"""The tab in which one picture is optimised, and can be watched meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from stylenet.app.optimising import Optimisation
from stylenet.app.paint_tab import PaintTab
from stylenet.app.studio import Studio
from stylenet.app.visits import Visits
from stylenet.app.words import MENDABLE, in_words
from stylenet.errors import StylenetError

SIZES = (128, 256, 384, 512)


class OptimiseTab:
    """Without any net: the pixels of the photo of the tab *Paint* are changed step by step.

    Args:
        studio: which styles there are.
        visits: whose pictures.
        paint: where the photo comes from.
    """

    def __init__(self, studio: Studio, visits: Visits, paint: PaintTab) -> None:
        self._studio, self._visits = studio, visits
        with gr.Row():
            with gr.Column(scale=2, min_width=280):
                gr.Markdown(
                    "No net paints here: the pixels themselves are optimised (Gatys et al. 2016). "
                    "It takes minutes and is often better. The photo is that of the tab *Paint*; "
                    f"after {studio.limits.minutes:g} minutes it stops by itself."
                )
                self.style = gr.Dropdown(
                    list(studio.styles.items()), label="Style", filterable=False, elem_id="o_style"
                )
                self.size = gr.Dropdown(
                    [(f"{px} pixels", px) for px in SIZES],
                    value=256,
                    label="Size, longer side",
                    filterable=False,
                    elem_id="o_size",
                )
                self.steps = gr.Slider(5, 300, 100, step=5, label="Steps", elem_id="o_steps")
                with gr.Row():
                    self.go = gr.Button("Optimise", variant="primary", elem_id="o_go")
                    self.stop = gr.Button("Stop", variant="stop", elem_id="o_stop")
            with gr.Column(scale=3, min_width=280):
                self.result = gr.Image(
                    label="The picture so far",
                    type="filepath",
                    interactive=False,
                    buttons=["fullscreen"],
                    elem_id="o_result",
                )
                self.said = gr.Markdown("", elem_id="o_said", container=True)
                self.save = gr.DownloadButton(
                    "Download as PNG", interactive=False, elem_id="o_save"
                )
        self.go.click(
            self._run,
            [self.style, self.size, self.steps],
            [self.result, self.said, self.save],
            concurrency_id="optimise",
            concurrency_limit=1,
            show_progress_on=self.said,  # while others wait for their turn
        )
        self.stop.click(self._stop, None, self.said, queue=False)
        paint.own_taken.then(self._offer, None, self.style)

    def _offer(self, request: gr.Request) -> Any:
        """The visitor's own paintings, among the styles."""
        visit = self._visits.of(str(request.session_hash))
        with visit.lock:
            return gr.update(choices=[*self._studio.styles.items(), *visit.own_styles])

    def _run(
        self, request: gr.Request, style: str, size: int, steps: int
    ) -> Iterator[tuple[Any, ...]]:
        visit = self._visits.of(str(request.session_hash))
        waiting = gr.update(interactive=False)
        try:
            with visit.lock:
                if visit.optimisation is not None and visit.optimisation.running:
                    raise StylenetError("One is at work already.", "Stop it first.")
                content = visit.before(int(size))
                file = self._studio.file(visit.style(self._studio, style))
                limits = self._studio.limits
                run = visit.new_file("run")
                made = Optimisation(
                    run, content, file, min(size, limits.side), int(steps), limits.minutes
                )
                visit.optimisation = made
            yield None, "It begins; that takes some seconds.", waiting
            for progress in made.watch():
                words = f"{progress.step} of {steps:g} steps"
                picture = None if progress.picture is None else str(progress.picture)
                if progress.finished and progress.picture is not None:
                    named = visit.named(progress.picture, "optimised")
                    ready = gr.update(value=str(named), interactive=True)
                    yield picture, f"{words}: finished.", ready
                else:
                    yield picture, words, waiting
        except MENDABLE as error:
            yield gr.skip(), in_words(error), waiting

    def _stop(self, request: gr.Request) -> Any:
        visit = self._visits.of(str(request.session_hash))
        if visit.optimisation is None or not visit.optimisation.running:
            return "Nothing is at work."
        visit.optimisation.stop()
        return "It stops after this step."
