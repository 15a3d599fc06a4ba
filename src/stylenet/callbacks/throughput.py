"""Pictures per second, and whether the training waits for them."""

from __future__ import annotations

import logging
import time
from typing import Any, Protocol, runtime_checkable

from pytorch_lightning import Callback, LightningModule, Trainer
from torch import Tensor
from typing_extensions import override

RATE, LOADER_RATE = "train/pictures_per_second", "train/loader_pictures_per_second"

log = logging.getLogger(__name__)


@runtime_checkable
class TimedLoader(Protocol):
    """A loader that counts, from its beginning on; seconds of one process."""

    seconds_waited: float  # that the training waited for a batch
    pictures_made: int
    seconds_made: float  # that all loading processes together took to make them, side by side


class Throughput(Callback):
    """Logs how fast the training is over the steps since the last log, validation left out.

    - ``train/pictures_per_second``: pictures trained on, over the time of the steps.

    With a `TimedLoader` also:

    - ``train/waiting_share``: share of that time, 0 to 1, in which the training process waited for
      its next batch; 0 means that loading costs nothing. With ``data.num_workers=0`` it makes the
      batches itself, and all of their making is waiting.
    - ``train/loader_pictures_per_second``: what the loading processes could give if nothing but
      themselves held them up: pictures over the time that they spent on making them.

    If the waiting takes more than ``most_waiting`` of a logged interval, other than the first, in
    which the loading processes start, one line says so, once.
    """

    def __init__(self, most_waiting: float = 0.05) -> None:
        self.most_waiting = most_waiting
        self._seconds = 0.0
        self._waited = 0.0
        self._pictures = 0
        self._since: tuple[float, float] | None = None
        self._made: tuple[int, float] = (0, 0.0)
        self._logs = 0
        self._told = False

    @override
    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._since = self._now(trainer)

    @override
    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Start the clock again after a validation."""
        if self._since is None:
            self._since = self._now(trainer)

    @override
    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Count the batch; log when the trainer logs."""
        now = self._now(trainer)
        seconds, waited = self._since or now
        self._seconds += now[0] - seconds
        self._waited += now[1] - waited
        self._since = now
        pictures = batch if isinstance(batch, Tensor) else batch[0]  # else with maps
        self._pictures += len(pictures) * trainer.world_size
        if trainer.global_step % trainer.log_every_n_steps == 0:  # type: ignore[attr-defined]
            self._log(trainer, pl_module)
            self._seconds, self._waited, self._pictures = 0.0, 0.0, 0

    @override
    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Leave the validation out, and what other callbacks do after it."""
        self._since = None

    def _now(self, trainer: Trainer) -> tuple[float, float]:
        """The time, and how much of it was waiting."""
        loader = trainer.train_dataloader
        waited = loader.seconds_waited if isinstance(loader, TimedLoader) else 0.0
        return time.perf_counter(), waited

    def _log(self, trainer: Trainer, pl_module: LightningModule) -> None:
        values = {RATE: self._pictures / self._seconds}
        loader = trainer.train_dataloader
        if isinstance(loader, TimedLoader):
            values["train/waiting_share"] = share = self._waited / self._seconds
            pictures, seconds = self._made
            self._made = loader.pictures_made, loader.seconds_made
            # A loader that prefetches may have handed out its last batch before.
            if self._made[0] > pictures:
                made = (self._made[0] - pictures) * trainer.world_size
                values[LOADER_RATE] = made / (self._made[1] - seconds)
            self._logs += 1
            if share > self.most_waiting and self._logs > 1 and not self._told:
                self._told = True
                self._say(trainer, share, values.get(LOADER_RATE))
        for name, value in values.items():
            pl_module.log(name, value, batch_size=1)

    def _say(self, trainer: Trainer, share: float, rate: float | None) -> None:
        if trainer.is_global_zero:
            log.warning(
                "The training waits for images %.0f %% of the time (%s a second are loaded at"
                " most). More data.num_workers make them faster where cores are free, a"
                " data.cache=<folder> where they are read often.",
                100 * share,
                "an unknown number" if rate is None else f"{rate:.0f}",
            )
