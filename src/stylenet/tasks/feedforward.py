"""Training one feed-forward transformer net for one style."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from pytorch_lightning import LightningModule
from torch import Tensor, nn
from torch.optim import Optimizer
from typing_extensions import override

from stylenet.errors import StylenetError
from stylenet.losses import LossTerms, PerceptualLoss, Second
from stylenet.motion import Followed, MovedStill
from stylenet.tasks.schedules import SchedulerFactory, with_schedule

OptimizerFactory = Callable[[Iterable[nn.Parameter]], Optimizer]
Losses = Callable[..., LossTerms]
"""Of content images, and of second frames where the loss has such."""
CONTENT = "content"
Compiler = Callable[[Losses, float], Losses]
"""Makes a function that is called so many times faster, as ``torch.compile`` does, or leaves it."""


class NonFiniteLossError(StylenetError):
    """A term of the loss became infinite or not a number."""


class FeedForward(LightningModule):
    """Optimises ``net`` so that ``loss(net(content), content)`` falls; logs every term and part.

    A checkpoint holds the net's tensors alone: the loss network's and the targets' are left out.

    Args:
        net: picture -> picture, (N,3,H,W) in [0,1].
        loss: holds the style's targets already.
        style: the style picture (1,3,H,W) in [0,1], for callbacks to show.
        optimizer: factory over the net's parameters.
        scheduler: factory of a learning-rate schedule stepped after every batch, or None.
        compiler: of the training step, asked when training begins; None leaves it as it is.
            Validation, whose pictures may have another size, is never compiled.
        seed: of the second frames that a temporal term of the loss compares, where the data bring
            none.
        content_start: how many times its weight the content term has at the first step; it falls
            evenly, to once by the last. Losses are logged under the weight itself.

    Attributes:
        reads_frames: data may bring the frame that follows each.

    Raises:
        StylenetError: a ``content_start`` below 0, or other than 1 where there is no such term.
    """

    reads_frames = True

    def __init__(
        self,
        net: nn.Module,
        loss: PerceptualLoss,
        style: Tensor,
        optimizer: OptimizerFactory,
        scheduler: SchedulerFactory | None = None,
        compiler: Compiler | None = None,
        seed: int = 0,
        content_start: float = 1.0,
    ) -> None:
        super().__init__()
        check_content_start(content_start, loss)
        self.net = net
        self.loss = loss
        self.style = style
        self.content_start = content_start
        self._optimizer = optimizer
        self._scheduler = scheduler
        self._compiler = compiler
        self._seed = seed
        self._losses: Losses = lambda *frames: self._painted(*frames)[1]

    def forward(self, content: Tensor) -> Tensor:
        """Stylise ``content``: (N,3,H,W) in [0,1] -> the same size, about [0,1]."""
        stylised = self.net(content)
        assert isinstance(stylised, Tensor)
        return stylised

    def on_train_start(self) -> None:
        """Compile the step, if a compiler was given and finds the run long enough."""
        if self._compiler is not None:
            steps = self.trainer.estimated_stepping_batches - self.global_step
            self._losses = self._compiler(self._losses, steps)

    @override
    def training_step(self, batch: Tensor | Followed, batch_idx: int) -> Tensor:
        """One step on content pictures (N,3,H,W) in [0,1], or on frames of clips.

        Raises:
            NonFiniteLossError: before a NaN or infinite loss reaches the weights.
        """
        content, *moved = self._frames(batch, self.global_step)
        terms = self._losses(content, *moved)
        scalars = mean_over_processes(scalars_of(terms), self.trainer.world_size)
        check_finite(self.global_step, scalars, terms.terms)
        log_losses(self, "train", scalars, len(content))
        rate = self.trainer.optimizers[0].param_groups[0]["lr"]
        self.log("train/learning_rate", rate, batch_size=len(content))
        return total_at(self, terms, self.content_start)

    @override
    def validation_step(self, batch: Tensor | Followed, batch_idx: int) -> Mapping[str, Tensor]:
        """Log the losses of a batch; hand out its pictures as ``content`` and ``stylised``."""
        content, *moved = self._frames(batch, batch_idx)
        stylised, terms = self._painted(content, *moved)
        scalars = scalars_of(terms)
        # every process sees all pictures, and has its own running statistics of a batch norm
        log_losses(self, "val", scalars, len(content), sync_dist=True)
        return {"content": content, "stylised": stylised}

    def _frames(
        self, batch: Tensor | Followed, number: int
    ) -> tuple[Tensor] | tuple[Tensor, MovedStill]:
        """Content, and second frames where the loss compares two: the same for the same number.

        Made outside of what is compiled, and drawn anew from the number, so that a resumed run
        goes on with those of the uninterrupted one.
        """
        if isinstance(batch, Followed):
            return batch.pictures, batch.moved
        if self.loss.motion is None:
            return (batch,)
        key = np.random.SeedSequence((self._seed, number, self.global_rank)).generate_state(1)
        generator = torch.Generator(batch.device).manual_seed(int(key[0]))
        with torch.no_grad():
            return batch, self.loss.motion(batch, generator)

    def _painted(
        self, content: Tensor, moved: MovedStill | None = None
    ) -> tuple[Tensor, LossTerms]:
        """What the net paints of ``content``, and its losses."""
        if moved is None:
            stylised = self(content)
            return stylised, self.loss(stylised, content)
        # in one pass, which is faster on a GPU than two
        stylised, second = self(torch.cat([content, moved.image])).chunk(2)
        return stylised, self.loss(stylised, content, second=Second(second, moved))

    def configure_optimizers(self) -> Any:
        """The optimiser over the net's parameters, with its schedule if there is one."""
        return with_schedule(self._optimizer(self.net.parameters()), self._scheduler)


def log_losses(
    task: LightningModule,
    stage: str,
    scalars: Mapping[str, Tensor],
    batch_size: int,
    sync_dist: bool = False,
) -> None:
    """Log losses as ``<stage>/loss/<name>``, without gradient."""
    values = {f"{stage}/loss/{name}": value.detach() for name, value in scalars.items()}
    task.log_dict(values, batch_size=batch_size, sync_dist=sync_dist)


def scalars_of(terms: LossTerms) -> dict[str, Tensor]:
    """Total, terms and parts, without gradient."""
    scalars = {"total": terms.total, **terms.terms, **terms.parts}
    return {name: value.detach() for name, value in scalars.items()}


def of_each_style(
    terms: LossTerms, styles: Sequence[str], chosen: Sequence[int]
) -> dict[str, Tensor]:
    """Each term of each of ``styles`` that a picture was painted in: ``chosen`` by its number."""
    rows: dict[str, list[int]] = defaultdict(list)
    for row, number in enumerate(chosen):
        rows[styles[number]].append(row)
    return {
        f"{name}/{term}": values[of_style].mean()
        for name, of_style in rows.items()
        for term, values in terms.pictures.items()
    }


def check_content_start(content_start: float, loss: PerceptualLoss) -> None:
    """Refuse a beginning that the content term cannot have.

    Raises:
        StylenetError: a number below 0; other than 1 where there is no such term.
    """
    if content_start < 0 or (content_start != 1 and CONTENT not in loss.terms):
        has = ", ".join(loss.terms)
        raise StylenetError(
            f"Got task.content_start={content_start:g} for a loss of {has}, expected 0 or more, "
            f"and a term {CONTENT}.",
            "Use 4, or 1 for the same weight throughout.",
        )


def total_at(task: LightningModule, terms: LossTerms, content_start: float) -> Tensor:
    """What is descended at this step: the content term counts ``content_start`` times at first."""
    if content_start == 1:
        return terms.total
    left = 1 - task.global_step / task.trainer.estimated_stepping_batches
    # outside of what is compiled, where a number that changes would be compiled anew each time
    return terms.total + (content_start - 1) * left * terms.terms[CONTENT]


def mean_over_processes(scalars: dict[str, Tensor], processes: int) -> dict[str, Tensor]:
    """Each the mean over all processes, which have the same ones: theirs are of equal batches."""
    if processes == 1:
        return scalars
    values = torch.stack([value.float() for value in scalars.values()])
    torch.distributed.all_reduce(values)
    return dict(zip(scalars, values / processes, strict=True))


def check_finite(step: int, scalars: Mapping[str, Tensor], terms: Iterable[str]) -> None:
    """Refuse a ``total`` that is no finite number; ``terms`` are the names that may be at fault.

    Raises:
        NonFiniteLossError: names those that are not finite.
    """
    # of means over all processes: they raise the error together, and none waits for another
    if torch.isfinite(scalars["total"]):
        return
    bad = {k: scalars[k].item() for k in terms if not torch.isfinite(scalars[k])}
    named = ", ".join(f"{name} = {value}" for name, value in bad.items()) or "their sum"
    raise NonFiniteLossError(
        f"At step {step} the loss is not finite: {named}; expected finite terms.",
        "Start again with a smaller optimizer.lr, a smaller weight of that term, precision=32, "
        "or trainer.gradient_clip_val=1.",
    )
