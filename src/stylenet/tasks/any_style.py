"""Training one net for any style."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Protocol

import torch
from pytorch_lightning import LightningModule
from torch import Tensor
from typing_extensions import override

from stylenet.losses import LossTerms, PerceptualLoss, StyleReader, View, style_statistics
from stylenet.nets import AnyStyleNet
from stylenet.tasks.feedforward import OptimizerFactory, check_finite, log_losses, scalars_of
from stylenet.tasks.schedules import SchedulerFactory, with_schedule

DESCRIBED = 64  # batches of style images whose statistics say what is usual


class StyleImages(Protocol):
    """Style images to train with."""

    def batch(self, step: int, count: int) -> Tensor:
        """Those of a step: (count,3,h,w) in [0,1]."""
        ...


class AnyStyle(LightningModule):
    """Optimises ``net`` to paint each image of a batch in the style of another style image.

    Ghiasi et al. 2017 (arXiv:1705.06830), with our losses.

    Args:
        net: predicts its norms' scales and shifts from statistics of the style layers.
        loss: takes the style images as examples.
        style_images: to train with.
        styles: images (1,3,H,W) in [0,1] by name, whose styles are painted at validation.
        optimizer: factory over the net's parameters.
        scheduler: factory of a learning-rate schedule stepped after every batch, or None.
        images_per_style: how many images of a batch share a style image, and are compared with it
            together; divides the batch.
        reader: takes the statistics that the net is given, where they are not those of the loss
            network.
    """

    def __init__(
        self,
        net: AnyStyleNet,
        loss: PerceptualLoss,
        style_images: StyleImages,
        styles: Mapping[str, Tensor],
        optimizer: OptimizerFactory,
        scheduler: SchedulerFactory | None = None,
        images_per_style: int = 1,
        reader: StyleReader | None = None,
    ) -> None:
        super().__init__()
        self.net = net
        self.loss = loss
        self.style_images = style_images
        self.styles = dict(styles)
        self._optimizer = optimizer
        self._scheduler = scheduler
        self.images_per_style = images_per_style
        self.reader = reader

    def forward(self, content: Tensor, predicted: Tensor) -> Tensor:
        """Stylise ``content`` (N,3,H,W) in [0,1] by what the net predicted, (N,K)."""
        stylised: Tensor = self.net(content, predicted)
        return stylised

    @override
    def on_train_start(self) -> None:
        """Let a net that begins at random know which statistics are usual."""
        if self.net.standardises:
            return
        found = []
        for step in range(DESCRIBED):
            examples = self.style_images.batch(step, 4).to(self.device)
            found.append(self._statistics(self.loss.view_content(examples, example=examples)))
        self.net.standardise(torch.cat(found))

    @override
    def training_step(self, batch: Tensor, batch_idx: int) -> Tensor:
        """One step on content images (N,3,H,W) in [0,1].

        Raises:
            NonFiniteLossError: before a NaN or infinite loss reaches the weights.
        """
        count = -(-len(batch) // self.images_per_style)
        examples = self.style_images.batch(self.global_step, count).to(self.device)
        _, terms = self._painted(batch, examples)
        scalars = scalars_of(terms)
        check_finite(self.global_step, scalars, terms.terms)
        rate = self.trainer.optimizers[0].param_groups[0]["lr"]
        self.log("train/learning_rate", rate, batch_size=len(batch))
        log_losses(self, "train", scalars, len(batch))
        total: Tensor = terms.total
        return total

    @override
    def validation_step(self, batch: Tensor, batch_idx: int) -> Mapping[str, Any]:
        """Log the losses of a batch in every style; hand out ``content``, ``stylised`` by style."""
        stylised: dict[str, Tensor] = {}
        sums: dict[str, Tensor] = defaultdict(lambda: torch.zeros((), device=self.device))
        for name, style in self.styles.items():
            examples = style.to(self.device).expand(len(batch), -1, -1, -1)
            stylised[name], terms = self._painted(batch, examples)
            for key, value in scalars_of(terms).items():
                sums[key] = sums[key] + value / len(self.styles)
            sums |= {f"{name}/{key}": value.detach() for key, value in terms.terms.items()}
        log_losses(self, "val", sums, len(batch))
        return {"content": batch, "stylised": stylised}

    def configure_optimizers(self) -> Any:
        """The optimiser over the net's parameters, with its schedule if there is one."""
        return with_schedule(self._optimizer(self.net.parameters()), self._scheduler)

    def _painted(self, batch: Tensor, examples: Tensor) -> tuple[Tensor, LossTerms]:
        view = self.loss.view_content(batch, example=examples)
        predicted = self.net.predict(self._statistics(view))
        each = len(batch) // len(predicted)
        stylised = self(batch, predicted.repeat_interleave(each, 0))
        return stylised, self.loss.compare(stylised, view)

    def _statistics(self, view: View) -> Tensor:
        """Those of the examples at the style layers, as they are: (N,D)."""
        assert view.example is not None
        if self.reader is not None:
            read: Tensor = self.reader(view.example.image)
            return read
        seen = view.example.features
        return style_statistics({k: value for k, value in seen.items() if "@" not in k})
