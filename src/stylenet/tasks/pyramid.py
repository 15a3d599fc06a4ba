"""Two transfers in one run: the second begins a new image when the first one is painted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from stylenet.losses import LossTerms
from stylenet.tasks.gatys import Gatys
from stylenet.tasks.stages import Stage


@dataclass(frozen=True, kw_only=True)
class FreshStage(Stage):
    """A stage that does not continue the image of the stage before it.

    Attributes:
        begin: from the image that was painted, (1,3,H,W) in [0,1], to the one to start from at
            this stage's size. It is called before ``make_loss``, whose style it may keep.
    """

    begin: Callable[[Tensor], Tensor]


class Pyramid(Gatys):
    """Optimises an image, then, from a `FreshStage` on, another one, with nothing carried over.

    The stages may have any sizes; a checkpoint knows which one it belongs to.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._parts: set[str] = set()
        self._past: set[str] = set()

    def training_step(self, batch: Any, batch_idx: int) -> Tensor:
        """Evaluate the loss; parts that only an earlier transfer has are logged as 0."""
        total = super().training_step(batch, batch_idx)
        # or Lightning would repeat their last values
        past = {f"train/loss/{name}": 0.0 for name in sorted(self._past - self._parts)}
        self.log_dict(past, batch_size=1)
        return total

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add where in the run this is."""
        super().on_save_checkpoint(checkpoint)
        checkpoint["gatys"] |= {"stage": self._number, "past": sorted(self._past)}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take the transfer and the size of the checkpoint's image."""
        super().on_load_checkpoint(checkpoint)
        self._past = set(checkpoint["gatys"]["past"])

    def _terms(self, picture: Tensor) -> LossTerms:
        terms = super()._terms(picture)
        self._parts = set(terms.parts)
        return terms

    def _stage_of(self, checkpoint: dict[str, Any]) -> int:
        number: int = checkpoint["gatys"]["stage"]
        return number

    def _next_stage(self) -> None:
        stage = self.stages[self._number + 1]
        if not isinstance(stage, FreshStage):
            super()._next_stage()
            return
        self._past |= self._parts
        self._enter(self._number + 1, stage.begin(self.unfinished().clamp(0, 1)))
        self.stage_start = self.global_step
        self.trainer.optimizers = [self._optimizer(self.net.parameters())]
        self._restart_schedules()
