"""Optimising one picture (Gatys et al. 2016): transfer, texture synthesis, feature inversion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from pytorch_lightning import LightningModule
from torch import Tensor
from typing_extensions import override

from stylenet.errors import StylenetError
from stylenet.losses import LossTerms, View
from stylenet.nets import PixelImage
from stylenet.nets.pixels import resized
from stylenet.tasks.feedforward import NonFiniteLossError
from stylenet.tasks.optimizers import OptimizerFactory, carry_over
from stylenet.tasks.schedules import SchedulerFactory, with_schedule
from stylenet.tasks.stages import Stage


class Gatys(LightningModule):
    """Optimises the pixels of ``net`` so that the loss against a content picture falls.

    One training step is one iteration of the optimiser, which may evaluate the loss several times.
    A checkpoint holds the pixels, their average and the optimiser's state.

    Args:
        net: the picture, at the size of the first stage.
        stages: sizes in increasing order, at least one.
        style: a style picture (1,3,H,W) in [0,1], for callbacks to show.
        styles: those by name that the whole image is to have, for callbacks to measure.
        optimizer: factory over the pixels; called again at each stage, which takes over moments.
        scheduler: factory of a learning-rate schedule, restarted at each stage, or None.
        average: the result is a running average of the iterates with this decay; 0: the last one.
        clamp: after each step put values outside [0,1] at its ends. Not for L-BFGS, whose idea of
            the loss it would upset.

    Raises:
        StylenetError: an average that is no decay.
    """

    def __init__(
        self,
        net: PixelImage,
        stages: Sequence[Stage],
        style: Tensor,
        optimizer: OptimizerFactory,
        scheduler: SchedulerFactory | None = None,
        average: float = 0.0,
        clamp: bool = False,
        styles: Mapping[str, Tensor] | None = None,
    ) -> None:
        super().__init__()
        if not 0 <= average < 1:
            raise StylenetError(
                f"Got task.average={average}, expected a decay of at least 0 and below 1.",
                "Use 0.99, or 0 for the last picture.",
            )
        self.net = net
        self.stages = tuple(stages)
        self.style = style
        self.styles = dict(styles or {})
        self.average = average
        self.clamp = clamp
        self.evaluations = 0
        self.stage_start = 0
        self.final_losses: Mapping[str, float] = {}
        self._optimizer = optimizer
        self._scheduler = scheduler
        self._mean: Tensor
        self.register_buffer("_mean", torch.zeros_like(net.pixels) if average else None)
        self._number = 0
        self._content: View | None = None
        self.loss = self.stage.make_loss()

    @property
    def stage(self) -> Stage:
        """The size that is being painted."""
        return self.stages[self._number]

    @property
    def at_last_stage(self) -> bool:
        """Whether the picture has its final size."""
        return self._number == len(self.stages) - 1

    @torch.no_grad()
    def result(self) -> Tensor:
        """The picture so far, finished: (1,3,H,W) in [0,1]."""
        return self.stage.finish(self.unfinished().clamp(0, 1)).clamp(0, 1)

    @torch.no_grad()
    def unfinished(self) -> Tensor:
        """The picture so far as the loss sees it: (1,3,H,W), the average where there is one."""
        steps = self.global_step - self.stage_start
        if not self.average or steps == 0:
            return self.net.pixels.detach()
        return self._mean / (1 - self.average**steps)

    def painted(self) -> Mapping[str, Tensor]:
        """``stylised`` as the loss sees it, and ``content`` at its full size, where it is read."""
        found = {"stylised": self.unfinished().clamp(0, 1)}
        if "content" in self.loss.terms:
            found["content"] = self.stages[-1].content.to(found["stylised"])
        return found

    @override
    def training_step(self, batch: Any, batch_idx: int) -> Tensor:
        """Evaluate the loss of the picture.

        Raises:
            NonFiniteLossError: before a NaN or infinite loss reaches the pixels.
        """
        terms = self._terms(self.net())
        if not torch.isfinite(terms.total):
            raise self._not_finite(terms)
        self.evaluations += 1
        scalars = {"total": terms.total, **terms.terms, **terms.parts}
        cost = {
            "train/evaluations": float(self.evaluations),
            "train/learning_rate": self.trainer.optimizers[0].param_groups[0]["lr"],
        }
        losses = {f"train/loss/{k}": v.detach() for k, v in scalars.items()}
        self.log_dict({**losses, **cost}, batch_size=1)
        total: Tensor = terms.total
        return total

    @override
    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Change to the next size when its step has come."""
        while not self.at_last_stage and self.global_step >= self.stage.end:
            self._next_stage()

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:
        """Step, then keep the pixels in range and the average up to date.

        Here, because callbacks see the end of a batch before the task does.
        """
        super().optimizer_step(*args, **kwargs)
        if self.clamp:
            self.net.clamp()
        if self.average:
            self._mean.lerp_(self.net.pixels.detach(), 1 - self.average)

    @torch.no_grad()
    def on_train_end(self) -> None:
        """Take the losses of the result: clamped to [0,1], not finished, in single precision."""
        self._content = None
        self.loss = self.stage.make_judge().to(self.net.pixels.device)
        terms = self._terms(self.unfinished().clamp(0, 1))
        scalars = {"total": terms.total, **terms.terms, **terms.parts}
        self.final_losses = {name: float(value) for name, value in scalars.items()}

    def configure_optimizers(self) -> Any:
        """The optimiser over the pixels, with its schedule if there is one."""
        return with_schedule(self._optimizer(self.net.parameters()), self._scheduler)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add where in the run this is."""
        checkpoint["gatys"] = {"evaluations": self.evaluations, "stage_start": self.stage_start}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take the size of the checkpoint's picture, before its pixels are loaded.

        Raises:
            StylenetError: no stage has that size.
        """
        self._enter(self._stage_of(checkpoint), checkpoint["state_dict"]["net.pixels"])
        self.evaluations = checkpoint["gatys"]["evaluations"]
        self.stage_start = checkpoint["gatys"]["stage_start"]

    def _stage_of(self, checkpoint: dict[str, Any]) -> int:
        pixels = checkpoint["state_dict"]["net.pixels"]
        sizes = [stage.size for stage in self.stages]
        if tuple(pixels.shape[-2:]) not in sizes:
            raise StylenetError(
                f"The checkpoint's picture has {pixels.shape[-1]} x {pixels.shape[-2]} pixels, "
                f"expected one of {', '.join(f'{w} x {h}' for h, w in sizes)}.",
                "Resume the run that it belongs to, with the same content picture.",
            )
        return sizes.index(tuple(pixels.shape[-2:]))

    def _terms(self, picture: Tensor) -> LossTerms:
        if self._content is None:  # once a stage, on the device and in the precision of the steps
            content = self.stage.content.to(self.net.pixels.device)
            if self.net.memory_format is torch.channels_last:
                content = content.contiguous(memory_format=torch.channels_last)
            regions = self.stage.regions
            regions = None if regions is None else regions.to(content.device)
            self._content = self.loss.view_content(content, regions=regions)
        return self.loss.compare(picture, self._content)

    def _enter(self, number: int, picture: Tensor) -> None:
        self._number = number
        self._content = None
        self.net.replace(picture)
        if self.average:
            self._mean = torch.zeros_like(self.net.pixels.detach())
        self.loss = self.stage.make_loss().to(self.net.pixels.device)

    def _next_stage(self) -> None:
        height, width = self.stages[self._number + 1].size
        self._enter(self._number + 1, resized(self.unfinished(), height, width))
        self.stage_start = self.global_step
        (old,) = self.trainer.optimizers
        new = self._optimizer(self.net.parameters())
        carry_over(old, new, lambda moments: resized(moments, height, width))
        self.trainer.optimizers = [new]
        self._restart_schedules()

    def _restart_schedules(self) -> None:
        for config in self.trainer.lr_scheduler_configs:
            assert self._scheduler is not None
            config.scheduler = self._scheduler(self.trainer.optimizers[0])

    def _not_finite(self, terms: LossTerms) -> NonFiniteLossError:
        bad = {k: v.item() for k, v in terms.terms.items() if not torch.isfinite(v)}
        named = ", ".join(f"{name} = {value}" for name, value in bad.items()) or "their sum"
        return NonFiniteLossError(
            f"At step {self.global_step} the loss is not finite: {named}; expected finite terms.",
            "Start again with a smaller optimizer.lr, a smaller weight of that term, precision=32, "
            "or optimizer=adam_pixels.",
        )
