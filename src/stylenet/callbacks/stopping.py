"""The end of an optimisation: when the loss no longer falls."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from typing import Any

from pytorch_lightning import Callback, LightningModule, Trainer
from typing_extensions import override

from stylenet.errors import StylenetError

log = logging.getLogger(__name__)


class StopWhenFlat(Callback):
    """Ends the run when the training loss has not fallen for ``steps`` steps.

    To fall is to go below its lowest value so far by more than ``fraction`` of that.
    Where the task paints from coarse to fine, only its last size counts (``at_last_stage``).
    """

    def __init__(self, steps: int = 50, fraction: float = 0.0) -> None:
        if steps < 1 or not 0 <= fraction < 1:
            raise StylenetError(
                f"Got callbacks.stopping of steps={steps} and fraction={fraction}; expected a "
                "whole number of 1 or more, and a fraction of at least 0 and below 1.",
                "Use callbacks.stopping.steps=50 callbacks.stopping.fraction=0.001.",
            )
        self.steps = steps
        self.fraction = fraction
        self._lowest = math.inf
        self._since = 0

    @override
    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Count the steps since the loss last fell."""
        loss = float(outputs["loss"] if isinstance(outputs, Mapping) else outputs)
        if not getattr(pl_module, "at_last_stage", True):
            return
        if loss < self._lowest - self.fraction * abs(self._lowest) or self._lowest == math.inf:
            self._lowest, self._since = loss, trainer.global_step
        elif trainer.global_step - self._since >= self.steps:
            log.info(
                "stopped at step %d: the loss has not fallen for %d steps (callbacks.stopping)",
                *(trainer.global_step, self.steps),
            )
            trainer.should_stop = True

    def state_dict(self) -> dict[str, Any]:
        """The lowest loss and its step."""
        return {"lowest": self._lowest, "since": self._since}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue counting."""
        self._lowest, self._since = state_dict["lowest"], state_dict["since"]
