"""What all trained nets have in common: how they are built, described and saved."""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning import LightningDataModule, seed_everything
from pytorch_lightning.callbacks import ModelCheckpoint
from torch import Tensor, nn
from typing_extensions import override

from stylenet.apply import DESCRIPTION, Model, check_architecture, save_model
from stylenet.callbacks import LossCurves, PictureGrids, save_whole
from stylenet.commands import command
from stylenet.config import Settings, as_list
from stylenet.data import ClipData
from stylenet.errors import StylenetError
from stylenet.runners.base import Components, Instantiate, Run, Runner, Say
from stylenet.runners.building import build_loss, build_network, locate_styles, read_sized_style
from stylenet.runners.initial import initialise
from stylenet.runners.statistics import find_statistics
from stylenet.styles import FoundStyle

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Net:
    """A net that is to be trained.

    Attributes:
        module: the net.
        architecture: what ``model.json`` says of it; None: the configuration's ``net``.
        bank: the net that it starts from, if any.
    """

    module: nn.Module
    architecture: Mapping[str, Any] | None = None
    bank: Model | None = None


@dataclass(frozen=True)
class NetComponents(Components):
    """The components of a run that trains a net."""

    net: Net


class NetRunner(Runner):
    """A net is trained on many pictures, and kept as ``model.safetensors`` with its description."""

    has_budget = True
    results = DESCRIPTION
    artifact = ("model.safetensors", DESCRIPTION)

    @override
    def validate(self, config: Settings, say: Say) -> None:
        """A net that can be loaded again.

        Raises:
            ModelFileError: it is made of a package that is not in ``net_packages``.
        """
        check_architecture(config.net, config.net_packages)

    @override
    def compares(self, config: Settings) -> set[str]:
        return {"content", "style"}

    @override
    def build(self, config: Settings, instantiate: Instantiate, say: Say) -> NetComponents:
        """The net, its loss and the pictures it is trained on.

        Raises:
            StylenetError: data with region maps or following frames that nothing reads.
        """
        found = locate_styles(config, as_list(config.style), say)
        pictures = [read_sized_style(config, instantiate, style) for style in found]
        network = build_network(config, instantiate)
        found, known = find_statistics(config, instantiate, network, found, say)
        style = self.targets(pictures)
        loss = build_loss(config, instantiate, network, style=style, style_statistics=known)
        names = [style.name for style in found]
        # seeded here, so that the net's first weights do not depend on what was built before
        seed_everything(config.seed, verbose=False)
        net = self.net(config, instantiate, found)
        module = net.module
        if "init" in config:
            initialise(config, module, dict(zip(names, pictures, strict=True)))
        if config.channels_last:
            module = module.to(memory_format=torch.channels_last)
            loss = loss.to(memory_format=torch.channels_last)
        if config.precision == "bf16-mixed":
            network.lower(torch.bfloat16)  # not before the styles' targets are known
        task = instantiate(
            config.task,
            net=module,
            loss=loss,
            optimizer=instantiate(config.optimizer),
            scheduler=instantiate(config.scheduler) if config.scheduler else None,
            **self.arguments(config, instantiate, dict(zip(names, pictures, strict=True)), say),
        )
        data = instantiate(config.data)
        _check_maps(task, data)
        _check_frames(task, data)
        return NetComponents(found, task, data, net)

    @abstractmethod
    def targets(self, pictures: Sequence[Tensor]) -> Tensor | Sequence[Tensor] | None:
        """Style pictures (1,3,H,W) in [0,1] as the loss wants them, if it does."""

    @abstractmethod
    def net(self, config: Settings, instantiate: Instantiate, styles: Sequence[FoundStyle]) -> Net:
        """The net for these styles, seeded.

        Raises:
            StylenetError: a net of another kind.
        """

    @abstractmethod
    def arguments(
        self, config: Settings, instantiate: Instantiate, pictures: Mapping[str, Tensor], say: Say
    ) -> dict[str, Any]:
        """What else the task takes; ``pictures`` are those of its styles, by name."""

    @abstractmethod
    def described_styles(self, run: Run) -> dict[str, Any]:
        """What ``model.json`` says of the styles, under the key that it has for them."""

    @override
    def save_results(self, run: Run, *, finished: bool) -> Mapping[str, float]:
        """Save the net."""
        figures = final_figures(run) if finished else {}
        if run.trainer.is_global_zero:
            description = self.described_styles(run) | describe(run, figures, finished=finished)
            save_model(run.folder, run.task.net, description)
            grids, curves = run.callback(PictureGrids), run.callback(LossCurves)
            if grids is not None and grids.last is not None:
                log.info("pictures  %s", run.relative(grids.last))
            if curves is not None:
                log.info("curves    %s", run.relative(curves.figure))
            log.info("net       model.safetensors")
            log.info(self.usage(run))
        return figures

    def usage(self, run: Run) -> str:
        """The line that says how the net is used."""
        what = "content=<picture or folder>"
        return f"paint     {command('evaluate', {'model': run.folder}, what)}"

    @override
    def pictures(self, run: Run) -> tuple[Sequence[str], Sequence[Sequence[Tensor]]]:
        """Those of the last grid."""
        grids = run.callback(PictureGrids)
        return ((), ()) if grids is None else grids.table(run.task)


def _check_maps(task: Any, data: LightningDataModule) -> None:
    regions = getattr(data, "regions", None)
    if regions and not getattr(task, "reads_maps", False):
        raise StylenetError(
            f"Got data.regions={list(regions)}, but nothing reads these maps.",
            "Use task=regions maps=data, or leave data.regions out.",
        )


def _check_frames(task: Any, data: LightningDataModule) -> None:
    if not isinstance(data, ClipData):
        return
    if not getattr(task, "reads_frames", False):
        raise StylenetError(
            f"Got data=video, whose frames come in twos, and the task {type(task).__name__}, which "
            "paints one.",
            "Use task=feedforward loss/temporal=stills, or data=folder and a folder of images.",
        )
    if task.loss.motion is None:
        raise StylenetError(
            "Got data=video, whose frames come in twos, but no term of the loss compares them.",
            "Add loss/temporal=stills, or use data=folder and a folder of images.",
        )


def say_net(run: Run) -> None:
    """Name the net, the loss network and the run directory."""
    net = run.task.net
    parameters = sum(p.numel() for p in net.parameters())
    log.info("net %s, %.2f million parameters", type(net).__name__, parameters / 1e6)
    log.info("loss network %s", run.task.loss.network.weights_source)
    log.info("run %s", run.folder)


def describe_style(run: Run, style: FoundStyle) -> dict[str, Any]:
    """What ``model.json`` says of a style."""
    entry = style.entry
    return {
        "name": style.name,
        "sha256": style.sha256,
        "title": entry.title if entry else None,
        "artist": entry.artist if entry else None,
        "size": run.values["style_size"],
        "scale": run.values["style_scale"],
        "stand_in": style.stand_in,
        "statistics": None if style.statistics is None else dict(style.statistics.conditions),
    }


def describe(run: Run, figures: Mapping[str, float], *, finished: bool) -> dict[str, Any]:
    """What ``model.json`` says of a net besides its styles: how to build it, how it was trained."""
    values, components = run.values, run.components
    assert isinstance(components, NetComponents)
    return {
        "architecture": components.net.architecture or values["net"],
        "recipe": values["publication"],
        "losses": {
            "loss_network": values["loss_network"]["name"],
            "weights_of_the_loss_network": run.task.loss.network.weights_source,
            **{k: v for k, v in values["loss"].items() if k != "terms"},
            "final": {k: v for k, v in figures.items() if k.startswith("val/loss/")},
        },
        "metrics": {k: v for k, v in figures.items() if k.startswith("val/metric/")},
        "training": {
            "steps": run.trainer.global_step,
            "finished": finished,
            "seed": values["seed"],
            "data": values["data"],
            "overrides": values["run"]["overrides"],
            "notes": list(run.messages),
        },
        "versions": run.metadata["versions"],
    }


def final_figures(run: Run) -> dict[str, float]:
    """Validate the finished net, unless the last step was validated; its losses and metrics."""
    trainer = run.trainer
    grids, best = run.callback(PictureGrids), run.callback(ModelCheckpoint)
    if grids is None or grids.last_step != trainer.global_step:
        trainer.validate(run.task, run.data, verbose=False)
        # Lightning keeps the best of the validations within the training only
        score = None if best is None else trainer.callback_metrics.get(str(best.monitor))
        if best is not None and score is not None:
            known = best.best_model_score
            if known is None or (score > known if best.mode == "max" else score < known):
                save_whole(trainer, Path(best.dirpath) / "best.ckpt")
    metrics = trainer.callback_metrics
    return {k: float(v) for k, v in metrics.items() if k.startswith(("val/loss/", "val/metric/"))}
