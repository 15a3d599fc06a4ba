"""Pictures per second."""

from __future__ import annotations

import time
from typing import Any

from pytorch_lightning import Callback, LightningModule, Trainer


class Throughput(Callback):
    """Logs ``train/pictures_per_second`` over the steps since the last log, validation left out."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._pictures = 0
        self._since: float | None = None

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the clock."""
        del trainer, pl_module
        self._since = time.perf_counter()

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Start the clock again after a validation."""
        del trainer, pl_module, batch, batch_idx
        if self._since is None:
            self._since = time.perf_counter()

    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Count the batch; log when the trainer logs."""
        del outputs, batch_idx
        now = time.perf_counter()
        self._seconds += now - (now if self._since is None else self._since)
        self._since = now
        self._pictures += len(batch) * trainer.world_size
        if trainer.global_step % trainer.log_every_n_steps == 0:  # type: ignore[attr-defined]
            rate = self._pictures / self._seconds
            pl_module.log("train/pictures_per_second", rate, batch_size=1)
            self._seconds, self._pictures = 0.0, 0

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Leave the validation out, and what other callbacks do after it."""
        del trainer, pl_module
        self._since = None
