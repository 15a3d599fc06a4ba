"""Figures of a run while it trains, for whoever started it in the same process."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from typing import Any, TypeAlias

from pytorch_lightning import Callback, LightningModule, Trainer
from pytorch_lightning.trainer.states import TrainerFn
from typing_extensions import override

from stylenet.callbacks.comparable import ComparableMetrics

Listener: TypeAlias = Callable[[int, str, float], None]
"""Gets a step, a figure's name and its value; what it raises ends the training."""

_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextlib.contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Let ``listener`` have what the runs of this process measure, those that have `Reports`."""
    before = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(before)


class Reports(Callback):
    """Tells the listener, if there is one, the ``objective`` at validations or snapshots.

    Those before the end: that has ``metrics.json``.
    """

    def __init__(self, objective: str) -> None:
        self.objective = objective

    @override
    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Of a net."""
        if trainer.state.fn == TrainerFn.FITTING and trainer.global_step < trainer.max_steps:
            self._tell(trainer, trainer.callback_metrics)

    @override
    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Of an image that is optimised, which is measured after the step before."""
        kinds = (c for c in trainer.callbacks if isinstance(c, ComparableMetrics))  # type: ignore[attr-defined]
        measured = next(kinds, None)
        if measured is not None and measured.last and measured.measured_at == trainer.global_step:
            self._tell(trainer, measured.last)

    def _tell(self, trainer: Trainer, figures: Mapping[str, Any]) -> None:
        listener, found = _listener.get(), figures.get(self.objective)
        if listener is not None and found is not None and trainer.global_step > 0:
            listener(trainer.global_step, self.objective, float(found))
