"""The tab in which a clip is painted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import gradio as gr
from torch import Tensor

from stylenet.app.controls import job_buttons, size_menu, stopped_by, style_menu
from stylenet.app.jobs import LONG
from stylenet.app.look import Look, kept
from stylenet.app.studio import Studio
from stylenet.app.visits import Visits
from stylenet.app.words import MENDABLE, in_words, without_path
from stylenet.apply.video import CancelledError, ClipOptions, paint_clip
from stylenet.images import LongerSide

SIZES = (256, 384, 512, 768)
JOB = "video"
PROGRESS = gr.Progress()  # Gradio looks for it among the defaults
LEAVING = 30  # seconds that a frame may take to end


class ClipJob:
    """A clip being painted by another thread.

    Args:
        minutes: after which it ends.
    """

    def __init__(self, minutes: float) -> None:
        self._until = time.monotonic() + 60 * minutes
        self._asked, self._ended = threading.Event(), threading.Event()

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return not self._ended.is_set()

    @property
    def late(self) -> bool:
        """Whether it has taken too long."""
        return time.monotonic() > self._until

    def is_over(self) -> bool:
        """Whether to paint no further frame."""
        return self._asked.is_set() or self.late

    def stop(self) -> None:
        """No further frame."""
        self._asked.set()

    def kill(self) -> None:
        """No further frame; wait for the last one."""
        self.stop()
        self._ended.wait(LEAVING)

    def ended(self) -> None:
        """By the thread that paints."""
        self._ended.set()


class VideoTab:
    """A clip in, the painted clip with its sound out.

    Args:
        studio: what paints.
        visits: whose clips.

    Attributes:
        style: the control of the style.
    """

    def __init__(self, studio: Studio, visits: Visits) -> None:
        self._studio, self._visits = studio, visits
        limits = studio.limits
        with gr.Row():
            with gr.Column(scale=2, min_width=280):
                self.clip = gr.Video(
                    label="Your clip", sources=["upload"], height=240, buttons=[], elem_id="clip"
                )
                self.style = style_menu(studio.styles, "v_style")
                self.strength = gr.Slider(0, 1, 1, step=0.05, label="Strength")
                self.keep = gr.Checkbox(label="Keep the clip's colours")
                self.size = size_menu(SIZES, 384, "v_size")
                self.start = gr.Number(0, label="From second", minimum=0, elem_id="v_start")
                self.seconds = gr.Slider(
                    1,
                    limits.clip_seconds,
                    min(5, limits.clip_seconds),
                    step=1,
                    label="Seconds to paint",
                    elem_id="v_seconds",
                )
                self.go, self.stop = job_buttons("Paint the clip", "v")
            with gr.Column(scale=3, min_width=280):
                self.result = gr.Video(
                    label="The painted clip, with its sound",
                    interactive=False,
                    buttons=["download"],
                    height=360,
                    elem_id="v_result",
                )
                self.said = gr.Markdown(
                    "Choose a clip, then paint it.", elem_id="v_said", container=True
                )
                gr.Markdown(
                    f"Clips up to {limits.upload_mb} MB; at most {limits.clip_seconds} seconds are "
                    f"painted, in at most {limits.minutes:g} minutes."
                )
        self.go.click(
            self._run,
            [
                *(self.clip, self.style, self.strength, self.keep),
                *(self.size, self.start, self.seconds),
            ],
            [self.result, self.said],
            show_progress_on=self.result,
            **LONG,
        )
        stopped_by(self.stop, JOB, visits, self.said)

    def _run(
        self,
        request: gr.Request,
        clip: str | None,
        style: str,
        strength: float,
        keep: bool,
        size: int,
        start: float,
        seconds: float,
        progress: gr.Progress = PROGRESS,
    ) -> tuple[Any, ...]:
        visit = self._visits.of(str(request.session_hash))
        limits = self._studio.limits
        if clip is None:
            return None, "Choose a clip first."
        file = Path(clip)
        visit.claim([file])
        try:
            with visit.lock:
                name = visit.style(self._studio, style)
                target = visit.new_file(f"{file.stem}_{Path(name).stem}.mp4")
                job = visit.jobs.begin(JOB, lambda: ClipJob(limits.minutes))
        except MENDABLE as error:
            return None, in_words(error)
        said: list[str] = []
        try:
            done = paint_clip(
                file,
                target,
                self._painter(name, Look(strength, kept(keep)), size),
                self._part(start, seconds),
                say=said.append,
                progress=lambda count, total: progress((count, total), unit="frames"),
                cancelled=job.is_over,
            )
        except CancelledError:
            late = (
                f"It took longer than {limits.minutes:g} minutes. Paint fewer seconds, or a "
                "smaller size."
            )
            return None, late if job.late else "It was stopped; nothing is left of it."
        except MENDABLE as error:
            return None, in_words(error, file)
        finally:
            job.ended()
        pixels = f"{done.width} x {done.height} pixels"
        words = f"{done.frames} frames, {pixels}, painted in {done.seconds:.0f} seconds"
        return str(target), ". ".join([words, *(without_path(line, file) for line in said)])

    def _painter(self, style: str, look: Look, size: int) -> Callable[[Tensor], Tensor]:
        """What paints a frame, (3,H,W) in [0,1], no larger than it is."""
        paint = self._studio.painter(((style, 1.0),))
        longest = min(int(size), self._studio.limits.side)

        def painted(image: Tensor) -> Tensor:
            content = LongerSide(min(longest, max(image.shape)))(image)
            return look(paint(content), content)

        return painted

    def _part(self, start: float | None, seconds: float) -> ClipOptions:
        begin = Fraction(start or 0).limit_denominator(1000)
        length = Fraction(min(seconds, self._studio.limits.clip_seconds))
        return ClipOptions(start=begin, end=begin + length.limit_denominator(1000))
