"""``val/metric/*``: figures that can be compared between runs, and one way to count steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from pytorch_lightning import Callback, LightningModule, Trainer
from torch import Tensor
from typing_extensions import override

from stylenet.callbacks.snapshots import Snapshots

FIGURES = "val/metric/"  # what their names begin with


class Measure(Protocol):
    """Measures what was painted."""

    def __call__(
        self, painted: Mapping[str, Any], styles: Mapping[str, Tensor]
    ) -> Mapping[str, float]:
        """Figures by name of what a task hands out, and of its styles."""
        ...


@runtime_checkable
class Painting(Protocol):
    """A task that optimises one image."""

    styles: Mapping[str, Tensor]

    def painted(self) -> Mapping[str, Any]:
        """``stylised`` and, where the task has one, ``content``, (1,3,H,W) in [0,1]."""
        ...


class ComparableMetrics(Callback):
    """Logs ``val/metric/<figure>``: of a net at each validation, of one image at its snapshots.

    Of a net it measures what ``validation_step`` hands out: means over all validation images. Of
    one image (`Painting`) it measures the start, every snapshot, and the end; ``last`` are the
    figures of the latest.
    """

    def __init__(self, measure: Measure) -> None:
        self.measure = measure
        self.last: dict[str, float] = {}
        self.measured_at = -1

    @override
    def on_validation_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Measure a batch."""
        if not isinstance(outputs, Mapping) or "stylised" not in outputs:
            return
        styles = getattr(pl_module, "styles", None) or {"style": pl_module.style}
        figures = self.measure(outputs, styles)
        pl_module.log_dict(
            {FIGURES + name: value for name, value in figures.items()},
            batch_size=len(outputs.get("content", outputs["stylised"])),
            sync_dist=True,
        )

    @override
    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Measure the start of an image."""
        if trainer.global_step == 0:
            self._of_image(trainer, pl_module)

    @override
    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Measure an image when it is kept."""
        shown = next((one for one in trainer.callbacks if isinstance(one, Snapshots)), None)  # type: ignore[attr-defined]
        if shown is not None and trainer.global_step % shown.every == 0:
            self._of_image(trainer, pl_module)

    @override
    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Measure the end of an image."""
        if self.measured_at != trainer.global_step:
            self._of_image(trainer, pl_module)

    def _of_image(self, trainer: Trainer, task: LightningModule) -> None:
        if not isinstance(task, Painting) or not trainer.is_global_zero:
            return
        figures = self.measure(task.painted(), task.styles)
        self.last = {FIGURES + name: value for name, value in figures.items()}
        self.measured_at = trainer.global_step
        for logger in trainer.loggers:
            logger.log_metrics(self.last, step=trainer.global_step)


class StepsDone(Callback):
    """Lets all loggers count alike: what is logged after step 10 has the step 10.

    Lightning itself says 9 there, 10 where it validates after the training, and is off by one
    after a resume. It takes the step from a metric ``step`` where there is one.
    """

    @override
    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Say which step this was."""
        pl_module.log("step", float(trainer.global_step), batch_size=1)

    @override
    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Say after which step this validation was."""
        # the same in all processes, whose mean Lightning wants to be asked for
        pl_module.log("step", float(trainer.global_step), batch_size=1, sync_dist=True)
