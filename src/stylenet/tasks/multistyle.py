"""Training one net for several styles."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from pytorch_lightning import LightningModule
from pytorch_lightning.core.optimizer import LightningOptimizer
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Optimizer
from typing_extensions import override

from stylenet.errors import StylenetError
from stylenet.losses import LossTerms, PerceptualLoss, StyleTerm
from stylenet.nets import shared_parameters, styles_of
from stylenet.tasks.dealing import dealt_styles
from stylenet.tasks.feedforward import (
    OptimizerFactory,
    check_content_start,
    check_finite,
    log_losses,
    of_each_style,
    scalars_of,
    total_at,
)
from stylenet.tasks.reconstruction import IDENTITY, Reconstructing, reconstruction_loss
from stylenet.tasks.schedules import SchedulerFactory, with_schedule

IDENTITY_OPTIMIZER = "identity_optimizer"  # in checkpoints


class MultiStyle(LightningModule):
    """Optimises ``net`` for several styles, another one for each picture of a batch.

    A net that can reconstruct learns that too: after ``style_steps`` steps on styles comes one on
    the mean squared difference of pictures and their reconstructions, of which the gradient on the
    weights that all styles share is brought to ``identity_weight`` times the length that the style
    loss's had in the step before (Chen et al. 2017, section 3.3). ``identity_optimizer`` gives
    these steps an optimiser of their own, at the other's learning rate: moments of one loss do not
    drag the other's steps; but Adam then takes steps of full length whatever the length of the
    gradient, so that of ``identity_weight`` only 0 or not 0 matters, unless it is SGD's like. What
    belongs to a style has a state that only the steps with this style touch: otherwise it has no
    gradient, hence no step.

    Logged are the terms as `FeedForward` does, ``identity``, and each style's own terms, as
    ``train/loss/<style>/<term>`` (of the pictures that had this style in the step). Validation
    paints each picture in each style.

    Args:
        net: (N,3,H,W) in [0,1] and style weights (N,S) -> (N,3,H,W).
        loss: of several styles, in the order of ``styles``.
        styles: name -> style picture (1,3,H,W) in [0,1], for callbacks to show.
        optimizer: factory over the parameters.
        scheduler: factory of a learning-rate schedule stepped after every batch, or None.
        seed: of the order of the styles.
        style_steps: T, 1 or more.
        identity_weight: lambda, 0 or more.
        identity_optimizer: factory over the weights that all styles share, of an optimiser for the
            steps on reconstructions; None: they go through the state of the other.
        content_start: as for `FeedForward`.

    Raises:
        StylenetError: a net of one style; a loss of one; a number out of its range.
    """

    first = 0
    """Number that the net has for the first of ``styles``."""

    def __init__(
        self,
        net: nn.Module,
        loss: PerceptualLoss,
        styles: Mapping[str, Tensor],
        optimizer: OptimizerFactory,
        scheduler: SchedulerFactory | None = None,
        seed: int = 0,
        style_steps: int = 2,
        identity_weight: float = 1.0,
        identity_optimizer: OptimizerFactory | None = None,
        content_start: float = 1.0,
    ) -> None:
        super().__init__()
        check_content_start(content_start, loss)
        if style_steps < 1 or identity_weight < 0:
            raise StylenetError(
                f"Got task.style_steps={style_steps} task.identity_weight={identity_weight}, "
                "expected 1 or more, and 0 or more.",
                "Use those of the paper, 2 and 1.",
            )
        count = styles_of(net)
        if count is None:
            raise StylenetError(
                f"Got {type(net).__name__} without a choice of styles, but this task trains a net "
                f"for {len(styles)} styles.",
                "Use net=stylebank, or net=johnson norm=conditional_instance.",
            )
        if blended := [n for n, term in loss.terms.items() if isinstance(term, StyleTerm)]:
            raise StylenetError(
                f"Got a loss whose term {blended[0]} compares every image with a mixture of the "
                f"{len(styles)} styles, expected one that knows which style each image is to have.",
                "Leave out loss=; loss=perceptual of several styles is experiment=normalised.",
            )
        self.net = net
        self.loss = loss
        self.styles = dict(styles)
        self.count = count
        self.style_steps = style_steps
        self.identity_weight = identity_weight
        self.content_start = content_start
        self.seed = seed
        self._optimizer = optimizer
        self._scheduler = scheduler
        self._shared = shared_parameters(net)
        self._identity_optimizer = identity_optimizer if self.reconstructs() else None
        self._of_identity: Optimizer | None = None
        self._identity_state: dict[str, Any] | None = None
        self.style_gradient: Tensor
        self.register_buffer("style_gradient", torch.zeros(()))

    def forward(self, content: Tensor, style: Tensor) -> Tensor:
        """Stylise ``content``: (N,3,H,W) in [0,1] and weights (N,S) -> (N,3,H,W)."""
        stylised = self.net(content, style)
        assert isinstance(stylised, Tensor)
        return stylised

    def reconstructs(self) -> bool:
        """Whether the net learns to reconstruct."""
        return isinstance(self.net, Reconstructing)

    def is_identity_step(self, step: int) -> bool:
        """Whether the step of this number, from 0 on, is one of the auto-encoder."""
        return self.reconstructs() and step % (self.style_steps + 1) == self.style_steps

    def styles_at(self, step: int, batch: int) -> list[int]:
        """The style of each picture in the step of this number, as `styles` counts them."""
        before = step // (self.style_steps + 1) if self.reconstructs() else 0
        return dealt_styles(len(self.styles), batch, step - before, self.seed)

    @override
    def training_step(self, batch: Any, batch_idx: int) -> Tensor:
        """One step on content pictures (N,3,H,W) in [0,1].

        Raises:
            NonFiniteLossError: before a NaN or infinite loss reaches the weights.
        """
        pictures = self._pictures(batch)
        rate = self.trainer.optimizers[0].param_groups[0]["lr"]
        self.log("train/learning_rate", rate, batch_size=len(pictures))
        if self.is_identity_step(self.global_step):
            identity = self._identity_loss(pictures)[0]
            scalars = {"total": identity.detach(), IDENTITY: identity.detach()}
            check_finite(self.global_step, scalars, [IDENTITY])
            self.log(f"train/loss/{IDENTITY}", identity.detach(), batch_size=len(pictures))
            return identity
        terms, own = self._styled(batch, self.global_step)
        scalars = scalars_of(terms)
        check_finite(self.global_step, scalars, terms.terms)
        log_losses(self, "train", scalars | own, len(pictures))
        return total_at(self, terms, self.content_start)

    def optimizer_step(
        self,
        epoch: int,
        batch_idx: int,
        optimizer: Optimizer | LightningOptimizer,
        optimizer_closure: Callable[[], Any] | None = None,
    ) -> None:
        """One step of the optimiser, or of the one that reconstructions have of their own."""
        own = self._of_identity
        if own is None or not self.is_identity_step(self.global_step):
            super().optimizer_step(epoch, batch_idx, optimizer, optimizer_closure)
            return
        for group in own.param_groups:
            group["lr"] = optimizer.param_groups[0]["lr"]
        assert optimizer_closure is not None
        self.trainer.strategy.optimizer_step(own, optimizer_closure)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the state of the optimiser that Lightning does not know of."""
        if self._of_identity is not None:
            checkpoint[IDENTITY_OPTIMIZER] = self._of_identity.state_dict()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Restore that state."""
        self._identity_state = checkpoint.get(IDENTITY_OPTIMIZER)

    @override
    def on_before_optimizer_step(self, optimizer: Optimizer) -> None:
        """Balance the two losses' gradients on the weights that all styles share."""
        gradients = [p.grad for p in self._shared if p.grad is not None]
        if not self.reconstructs() or not gradients:
            return
        length = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
        if self.is_identity_step(self.global_step):
            tiny = torch.finfo(length.dtype).tiny
            torch._foreach_mul_(
                gradients, self.identity_weight * self.style_gradient / length.clamp_min(tiny)
            )
        else:
            self.style_gradient.copy_(length)

    @override
    def validation_step(self, batch: Tensor, batch_idx: int) -> Mapping[str, Any]:
        """Log the losses of a batch in every style; hand out its pictures.

        They are ``content``, ``stylised`` by style, and ``reconstruction`` if the net makes any.
        """
        stylised: dict[str, Tensor] = {}
        sums: dict[str, Tensor] = defaultdict(lambda: torch.zeros((), device=self.device))
        for number, name in enumerate(self.styles):
            chosen = [number] * len(batch)
            stylised[name], terms = self._painted(batch, chosen)
            for key, value in scalars_of(terms).items():
                sums[key] = sums[key] + value / len(self.styles)
            sums |= of_each_style(terms, list(self.styles), chosen)
        pictures: dict[str, Any] = {"content": batch, "stylised": stylised}
        if self.reconstructs():
            sums[IDENTITY], pictures["reconstruction"] = self._identity_loss(batch)
        log_losses(self, "val", sums, len(batch))
        return pictures

    def configure_optimizers(self) -> Any:
        """The optimiser over what is trained, with its schedule if there is one."""
        if self._identity_optimizer is not None:
            self._of_identity = self._identity_optimizer(self._shared)
            if self._identity_state is not None:
                self._of_identity.load_state_dict(self._identity_state)
                self._identity_state = None
        trained = [p for p in self.net.parameters() if p.requires_grad]
        return with_schedule(self._optimizer(trained), self._scheduler)

    def _pictures(self, batch: Any) -> Tensor:
        """The content pictures of a batch."""
        assert isinstance(batch, Tensor)
        return batch

    def _styled(self, batch: Any, step: int) -> tuple[LossTerms, dict[str, Tensor]]:
        """The losses of a step on styles, and each style's own."""
        chosen = self.styles_at(step, len(batch))
        _, terms = self._painted(batch, chosen)
        return terms, of_each_style(terms, list(self.styles), chosen)

    def _painted(self, batch: Tensor, chosen: Sequence[int]) -> tuple[Tensor, LossTerms]:
        """The batch, each picture in the style chosen for it, and the losses."""
        numbers = torch.tensor(chosen)  # on the CPU: see Mixture.of
        stylised = self(batch, F.one_hot(numbers + self.first, self.count).float())
        return stylised, self.loss(stylised, batch, numbers.to(batch.device))

    def _identity_loss(self, batch: Tensor) -> tuple[Tensor, Tensor]:
        return reconstruction_loss(self.net, batch)
