"""Training a loss network of our own on what a teacher sees."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import torch
from pytorch_lightning import LightningModule
from torch import Tensor, nn
from torch.optim import Optimizer
from torchmetrics import R2Score
from typing_extensions import override

from stylenet.loss_networks.distillation import Distillation
from stylenet.loss_networks.student import Student
from stylenet.tasks.feedforward import NonFiniteLossError, log_losses
from stylenet.tasks.schedules import SchedulerFactory, with_schedule

OptimizerFactory = Callable[[Iterable[nn.Parameter]], Optimizer]
Step = Callable[[Tensor], tuple[Tensor, dict[str, Tensor]]]
Compiler = Callable[[Step, float], Step]


class Distill(LightningModule):
    """Optimises the student ``net`` with its adaptors; logs terms and shares explained.

    A checkpoint holds student, adaptors and the teacher's statistics; not the teacher.
    ``validated_at`` is the step of the last validation, -1 before the first.

    Args:
        student: in its first state.
        distillation: its teacher, with the adaptors.
        optimizer: factory over the parameters of both.
        scheduler: factory of a learning-rate schedule stepped after every batch, or None.
        compiler: of the training step, asked when training begins; None leaves it as it is.
    """

    def __init__(
        self,
        student: Student,
        distillation: Distillation,
        optimizer: OptimizerFactory,
        scheduler: SchedulerFactory | None = None,
        compiler: Compiler | None = None,
    ) -> None:
        super().__init__()
        self.net = student
        self.distillation = distillation
        self._optimizer = optimizer
        self._scheduler = scheduler
        self._compiler = compiler
        self._step: Step = lambda image: distillation(student, image)
        self._explained: dict[str, R2Score] = {}
        self.validated_at = -1

    def on_train_start(self) -> None:
        """Compile the step, if a compiler was given and finds the run long enough."""
        if self._compiler is not None:
            steps = self.trainer.estimated_stepping_batches - self.global_step
            self._step = self._compiler(self._step, steps)

    @override
    def training_step(self, batch: Tensor, batch_idx: int) -> Tensor:
        """One step on pictures (N,3,H,W) in [0,1].

        Raises:
            NonFiniteLossError: before a NaN or infinite loss reaches the weights.
        """
        total, terms = self._step(batch)
        if not torch.isfinite(total):
            named = ", ".join(f"{name} = {value.item()}" for name, value in terms.items())
            raise NonFiniteLossError(
                f"At step {self.global_step} the loss is not finite: {named}.",
                "Start again with a smaller optimizer.lr, or precision=32.",
            )
        log_losses(self, "train", {"total": total, **terms}, len(batch))
        rate = self.trainer.optimizers[0].param_groups[0]["lr"]
        self.log("train/learning_rate", rate, batch_size=len(batch))
        return total

    def on_validation_epoch_start(self) -> None:
        """Forget the validation before."""
        # over channels, pictures and cells together
        self._explained = defaultdict(
            lambda: R2Score(multioutput="variance_weighted").to(self.device)
        )

    @override
    def validation_step(self, batch: Tensor, batch_idx: int) -> None:
        """Log the terms of a batch; gather what is explained of the teacher's features."""
        total, terms = self.distillation(self.net, batch)
        log_losses(self, "val", {"total": total, **terms}, len(batch), sync_dist=True)
        for layer, both in self.distillation.predict(self.net, batch).items():
            cells = (features.detach().double().movedim(1, -1).flatten(0, 2) for features in both)
            self._explained[layer].update(*cells)

    def on_validation_epoch_end(self) -> None:
        """Log ``val/explained/<layer>`` over all validation pictures."""
        for layer, score in self._explained.items():
            self.log(f"val/explained/{layer}", score.compute().float(), sync_dist=True)
        self.validated_at = self.trainer.global_step

    def configure_optimizers(self) -> Any:
        """The optimiser over student and adaptors, with its schedule if there is one."""
        trained = [p for p in self.parameters() if p.requires_grad]
        return with_schedule(self._optimizer(trained), self._scheduler)
