"""The progress bar: steps of the whole run, rate, ETA, losses."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import ProgressBar
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from typing_extensions import override

from stylenet.callbacks.throughput import RATE

LOSS = "train/loss/"
BAR = 16


class StepProgress(ProgressBar):
    """One bar over the steps of the run; where the output is no terminal, a line now and then.

    Lightning's own bars count the batches of an epoch; a style is trained for a number of steps.
    ``every_n_steps`` is the distance of those lines, ``unit`` what the rate counts: the images that
    a net is trained on, or the iterations of an image that is optimised. Bar, rate and ETA fit into
    80 columns, with as many of the losses as find room beside them: the total first.
    """

    def __init__(self, every_n_steps: int = 50, unit: str = "images") -> None:
        super().__init__()
        self.unit = unit
        self.every_n_steps = every_n_steps
        self.console = Console(soft_wrap=True)
        self._progress: Progress | None = None
        self._bar = TaskID(0)
        self._enabled = True

    def disable(self) -> None:
        """Lightning calls this on all processes but the first."""
        self._enabled = False

    def enable(self) -> None:
        """Show the bar again."""
        self._enabled = True

    @override
    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Open the bar at the step that the run starts or resumes from."""
        if not self._enabled:
            return
        self._progress = Progress(
            TextColumn("step {task.completed:.0f}/{task.total:.0f}"),
            BarColumn(bar_width=BAR),
            TextColumn("{task.fields[rate]}"),
            TextColumn("ETA"),
            TimeRemainingColumn(),
            TextColumn("{task.description}"),
            console=self.console,
            disable=not self.console.is_terminal,
            refresh_per_second=2,
            # rich forgets the speed after 30 s by default: a slow machine does a step in that time
            speed_estimate_period=600,
        )
        # the steps done before a resume are no measure of this machine's speed
        self._bar = self._progress.add_task(
            "", total=steps_of(trainer), completed=trainer.global_step, rate=""
        )
        self._progress.start()

    @override
    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Move the bar; print a line where there is no terminal."""
        if self._progress is None:
            return
        step = trainer.global_step
        if step % trainer.log_every_n_steps == 0 or step == steps_of(trainer):  # type: ignore[attr-defined]
            losses = losses_in_words(trainer, self._room(trainer))
            rate = rate_in_words(trainer, self.unit)
            self._progress.update(self._bar, completed=step, description=losses, rate=rate)
        elif self.console.is_terminal:
            self._progress.update(self._bar, completed=step)
        if not self.console.is_terminal and step % self.every_n_steps == 0:
            left = self._progress.tasks[self._bar].time_remaining
            left_in_words = str(timedelta(seconds=round(left))) if left is not None else "unknown"
            words = [f"step {step}/{steps_of(trainer)}", losses_in_words(trainer)]
            words += [rate_in_words(trainer, self.unit), f"ETA {left_in_words}"]
            self.console.print("  ".join(filter(None, words)), highlight=False)

    @override
    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._close()

    @override
    def on_exception(
        self, trainer: Trainer, pl_module: LightningModule, exception: BaseException
    ) -> None:
        """Close the bar, so that the error is not drawn over."""
        self._close()

    def _room(self, trainer: Trainer) -> int:
        """Characters beside the bar, the steps, the rate and the ETA."""
        steps = f"step {steps_of(trainer)}/{steps_of(trainer)} "
        rest = f" 12345.6 {self.unit}/s ETA 0:00:00 "
        return self.console.width - len(steps) - BAR - len(rest)

    def _close(self) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = None


def steps_of(trainer: Trainer) -> int:
    """Steps of the whole run: the smaller of ``max_steps`` and the steps of ``max_epochs``."""
    limits = []
    if trainer.max_steps >= 0:
        limits.append(trainer.max_steps)
    if trainer.max_epochs is not None and trainer.max_epochs >= 0:
        limits.append(int(trainer.max_epochs * trainer.num_training_batches))
    return min(limits, default=0)


def losses_in_words(trainer: Trainer, room: int | None = None) -> str:
    """The last loss terms, without their layers: ``tv 0.31  total 0.4``.

    Of those that have not all ``room`` characters the last ones: the total is the last.
    """
    metrics = trainer.callback_metrics
    losses = {k.removeprefix(LOSS): v for k, v in metrics.items() if k.startswith(LOSS)}
    terms = sorted((k for k in losses if "/" not in k), key="total".__eq__)
    words = [f"{term} {losses[term].item():.4g}" for term in terms]
    while room is not None and words and len("  ".join(words)) > room:
        del words[0]
    return "  ".join(words)


def rate_in_words(trainer: Trainer, unit: str) -> str:
    """The throughput, where it is logged: ``12.3 images/s``."""
    rate = trainer.callback_metrics.get(RATE)
    return "" if rate is None else f"{rate.item():.1f} {unit}/s"
