"""The loss curves of a run: ``losses.csv`` as it goes, ``curves.png`` at the end."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path
from typing import Any

from pytorch_lightning import Callback, LightningModule, Trainer
from pytorch_lightning.trainer.states import TrainerFn
from typing_extensions import override

from stylenet.callbacks.comparable import FIGURES


class LossCurves(Callback):
    """Appends losses and metrics to ``<folder>/losses.csv`` and draws ``<folder>/curves.png``.

    The file has the columns step, name, value. A resumed run drops the rows behind the
    checkpoint it resumes from and goes on, so that the curves are those of an uninterrupted run.
    """

    def __init__(self, folder: str | Path) -> None:
        self.table = Path(folder) / "losses.csv"
        self.figure = Path(folder) / "curves.png"
        self._owes_validation = False

    @override
    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the table, or cut it back to the step of the checkpoint."""
        # Lightning takes a validation that was due at the step of a checkpoint for done.
        loop = trainer.fit_loop
        assert loop._data_fetcher is not None
        due = trainer.global_step > 0 and loop.epoch_loop._should_check_val_fx(loop._data_fetcher)
        done = trainer.strategy.broadcast(self._is_validated(trainer.global_step))
        self._owes_validation = due and not done
        if not trainer.is_global_zero:
            return
        rows = [row for row in self._rows() if int(row[0]) <= trainer.global_step]
        self.table.parent.mkdir(parents=True, exist_ok=True)
        with self.table.open("w", newline="") as file:
            csv.writer(file).writerows([("step", "name", "value"), *rows])

    @override
    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Validate first where the run was killed after its checkpoint and before it had."""
        if not self._owes_validation:
            return
        self._owes_validation = False
        # as the training loop does
        connector = trainer._logger_connector
        first = connector._first_loop_iter
        trainer.validating = True
        trainer.fit_loop.epoch_loop.val_loop.run()
        trainer.training = True
        connector._first_loop_iter = first

    @override
    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Append the training losses when the trainer logs."""
        if trainer.global_step % trainer.log_every_n_steps == 0:  # type: ignore[attr-defined]
            self._append(trainer, "train/loss/")

    @override
    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Append validation losses and metrics, and where a task logs it what is explained."""
        if trainer.sanity_checking:
            return
        if trainer.is_global_zero and not self._is_validated(trainer.global_step):
            for prefix in ("val/loss/", FIGURES, "val/explained/"):
                self._append(trainer, prefix)
        if trainer.state.fn != TrainerFn.FITTING and trainer.is_global_zero:  # after the training
            draw_curves(self._rows(), self.figure)

    @override
    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if trainer.is_global_zero:
            draw_curves(self._rows(), self.figure)

    def _append(self, trainer: Trainer, prefix: str) -> None:
        if not trainer.is_global_zero:
            return
        metrics = trainer.callback_metrics.items()
        losses = [(k, v.item()) for k, v in metrics if k.startswith(prefix)]
        with self.table.open("a", newline="") as file:
            csv.writer(file).writerows((trainer.global_step, k, repr(v)) for k, v in losses)

    def _is_validated(self, step: int) -> bool:
        return any(row[0] == str(step) and row[1].startswith("val/") for row in self._rows())

    def _rows(self) -> list[list[str]]:
        return _rows_of(self.table)


def read_curves(table: Path) -> list[tuple[int, str, float]]:
    """Steps, names and values of a run's ``losses.csv``; none where it is not there."""
    return [(int(step), name, float(value)) for step, name, value in _rows_of(table)]


def _rows_of(table: Path) -> list[list[str]]:
    if not table.exists():
        return []
    with table.open(newline="", errors="replace") as file:
        # a killed process may have left half a line, which looks whole where a number was cut
        lines = [line for line in file if line.endswith("\n")]
    return [row for row in csv.reader(lines) if _is_loss(row)]


def _is_loss(row: list[str]) -> bool:
    """Whether a row of the table is whole: the file may have been damaged since it was written."""
    try:
        _, _, value = row
        float(value)
    except ValueError:
        return False
    return row[0].isdecimal()


def draw_curves(rows: list[list[str]], figure: Path) -> None:
    """Draw the terms (not their layers) over the steps, training as lines, validation as dots.

    The scale is logarithmic: values of zero or less, such as those of a term without weight, are
    left out.
    """
    # pyplot keeps global state and may look for a screen; the object interface does neither
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    curves: dict[tuple[str, str], list[tuple[int, float]]] = defaultdict(list)
    for step, name, value in rows:
        stage, kind, term = name.split("/", 2)
        if kind == "loss" and "/" not in term and float(value) > 0:
            curves[term, stage].append((int(step), float(value)))
    picture = Figure(figsize=(8, 5), layout="constrained")
    FigureCanvasAgg(picture)
    axes = picture.add_subplot(xlabel="step", ylabel="loss")
    colours = {term: f"C{i}" for i, term in enumerate(dict.fromkeys(t for t, _ in curves))}
    for (term, stage), points in curves.items():
        shape = {"marker": "o", "linestyle": "--"} if stage == "val" else {"linewidth": 1}
        axes.plot(*zip(*points, strict=True), color=colours[term], label=f"{stage} {term}", **shape)
    if curves:  # an empty logarithmic axis is a warning
        axes.set_yscale("log")
        axes.legend()
    picture.savefig(figure, dpi=120)
