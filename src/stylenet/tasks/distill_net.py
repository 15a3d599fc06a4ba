"""Training a small transformer net on what a wider, trained one paints, beside the loss."""

from __future__ import annotations

import dataclasses
from typing import Any

import torch
from torch import Tensor, nn
from typing_extensions import override

from stylenet.losses import LossTerms, PerceptualLoss, Second
from stylenet.motion import MovedStill
from stylenet.nets import TransformerNet
from stylenet.tasks.feedforward import Compiler, FeedForward, OptimizerFactory
from stylenet.tasks.schedules import SchedulerFactory, with_schedule

SMALL = 1e-6


class DistillNet(FeedForward):
    """`FeedForward` with two terms more: what is missed of a teacher's paintings and features.

    ``outputs`` is the mean square of the difference between the two nets' paintings over their
    teacher's variance, ``features`` likewise of the teacher's features before its decoder, which a
    1x1 convolution (discarded afterwards; FitNets, Romero et al. 2015, arXiv:1412.6550) predicts
    from the student's: 0 where all is learnt, 1 where nothing but the mean is. Validation has the
    loss without the two, as that of other runs. The teacher enters no checkpoint.

    Args:
        net: the student.
        teacher: trained, of the same style.
        loss, style, optimizer, scheduler, compiler, seed: as `FeedForward` takes them.
        output_weight: of the term ``outputs``.
        feature_weight: of the term ``features``.
    """

    def __init__(
        self,
        net: TransformerNet,
        teacher: TransformerNet,
        loss: PerceptualLoss,
        style: Tensor,
        optimizer: OptimizerFactory,
        scheduler: SchedulerFactory | None = None,
        compiler: Compiler | None = None,
        seed: int = 0,
        output_weight: float = 5.0,
        feature_weight: float = 1.0,
    ) -> None:
        super().__init__(net, loss, style, optimizer, scheduler, compiler, seed)
        self.adaptor = nn.Conv2d(net.trunk_channels, teacher.trunk_channels, 1)
        self.weights = {"outputs": output_weight, "features": feature_weight}
        # a plain list is no part of the module: nothing of the teacher is trained or saved
        self._teacher = [teacher.eval().requires_grad_(False)]
        self._losses = self._taught

    @property
    def teacher(self) -> TransformerNet:
        """The teacher, on the device of the student."""
        (teacher,) = self._teacher
        return teacher

    @override
    def on_train_start(self) -> None:
        """Move the teacher to the student's device; then as `FeedForward`."""
        self.teacher.to(self.device)
        super().on_train_start()

    @override
    def configure_optimizers(self) -> Any:
        trained = [*self.net.parameters(), *self.adaptor.parameters()]
        return with_schedule(self._optimizer(trained), self._scheduler)

    def _taught(self, content: Tensor, moved: MovedStill | None = None) -> LossTerms:
        assert isinstance(self.net, TransformerNet)
        stylised, features = self.net.seen(content)
        with torch.no_grad():
            wanted, taught = self.teacher.seen(content)
        second = None if moved is None else Second(self(moved.image), moved)
        terms: LossTerms = self.loss(stylised, content, second=second)
        missed = {
            "outputs": unexplained(stylised, wanted),
            "features": unexplained(self.adaptor(features), taught),
        }
        more = {name: self.weights[name] * value for name, value in missed.items()}
        total = terms.total + torch.stack(list(more.values())).sum()
        return dataclasses.replace(terms, total=total, terms={**terms.terms, **more})


def unexplained(given: Tensor, wanted: Tensor) -> Tensor:
    """Mean square of what ``given`` misses of ``wanted``, (N,C,H,W) each, over its variance.

    The variance is that over images and cells, averaged over channels.
    """
    given, wanted = given.float(), wanted.float()
    variance = wanted.var((0, 2, 3), correction=0).mean()
    return (given - wanted).square().mean() / (variance + SMALL)
