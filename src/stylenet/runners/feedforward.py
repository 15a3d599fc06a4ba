"""Runs of ``task=feedforward``: a transformer net for one style."""

from __future__ import annotations

import functools
import json
import logging
from pathlib import Path
from typing import Any

import torch
from omegaconf import DictConfig, ListConfig
from pytorch_lightning import seed_everything
from pytorch_lightning.callbacks import ModelCheckpoint
from torch import nn

from stylenet.apply import DESCRIPTION, save_model
from stylenet.callbacks import LossCurves, PictureGrids, save_whole
from stylenet.errors import StylenetError
from stylenet.images import write_image
from stylenet.nets import styles_of
from stylenet.run.building import (
    Made,
    Parts,
    build_loss,
    build_network,
    instantiate,
    locate_style,
    plain,
    read_sized_style,
)
from stylenet.run.facts import versions
from stylenet.run.notes import CONFIG_FILE, note, save_config
from stylenet.run.processes import rank
from stylenet.run.speed import LONG_ON_CPU, LONG_ON_GPU, CompileLongRuns, on_gpu
from stylenet.styles import FoundStyle

log = logging.getLogger(__name__)


class FeedForwardRuns:
    """A net is trained on many pictures, and kept as ``model.safetensors`` with its description."""

    def settle(self, config: DictConfig) -> None:
        """One style, and no content picture.

        Raises:
            StylenetError: several styles, or a content picture.
        """
        styles = list(config.style) if isinstance(config.style, ListConfig) else [config.style]
        if len(styles) != 1:
            raise StylenetError(
                f"Got {len(styles)} styles {styles}, but task=feedforward trains a net for one "
                "style.",
                "Give one, or train them one after the other: -m style="
                + ",".join(map(str, styles)),
            )
        config.style = str(styles[0])
        if config.content is not None:
            raise StylenetError(
                f"Got content={config.content}, but task=feedforward trains on data.",
                "Use task=gatys to optimise one picture, or evaluate.py to paint it with a net.",
            )

    def progress(self, folder: Path) -> tuple[int, bool]:
        """As ``model.json`` says; (0, False) where the run was killed before there was one."""
        file = folder / DESCRIPTION
        training = json.loads(file.read_text())["training"] if file.is_file() else {}
        return training.get("steps", 0), training.get("finished", False)

    def make(self, config: DictConfig) -> Made:
        """The net, its loss and the pictures it is trained on."""
        found = locate_style(config, str(config.style))
        style = read_sized_style(config, found)
        network = build_network(config)
        loss = build_loss(config, style, network)
        # seeded here, so that the net's first weights do not depend on what was built before
        seed_everything(config.seed, verbose=False)
        net: nn.Module = instantiate(config.net)
        if styles_of(net) is not None:
            raise StylenetError(
                f"Got {type(net).__name__} for {styles_of(net)} styles (norm=conditional_instance, "
                "net=stylebank), but task=feedforward trains a net for one style.",
                "Use norm=instance, or task=multistyle 'style=[udnie,wave]'.",
            )
        if config.channels_last:
            net = net.to(memory_format=torch.channels_last)
            loss = loss.to(memory_format=torch.channels_last)
        if config.precision == "bf16-mixed":
            network.lower(torch.bfloat16)  # not before the style's targets are known
        task = instantiate(
            config.task,
            net=net,
            loss=loss,
            style=style,
            optimizer=instantiate(config.optimizer),
            scheduler=instantiate(config.scheduler) if config.scheduler else None,
            compiler=CompileLongRuns(
                config.compile,
                LONG_ON_GPU if on_gpu(config) else LONG_ON_CPU,
                functools.partial(_note_later, config),
            ),
        )
        return Made((found,), task, instantiate(config.data))

    def begin(self, config: DictConfig, folder: Path, parts: Parts) -> None:
        """Write ``style.png``; name the parts."""
        write_image(folder / "style.png", parts.task.style)
        net = parts.task.net
        assert isinstance(net, nn.Module)
        parameters = sum(p.numel() for p in net.parameters())
        log.info("style %s: %s", parts.styles[0].name, parts.styles[0].path)
        log.info("net %s, %.2f million parameters", type(net).__name__, parameters / 1e6)
        log.info("loss network %s", parts.task.loss.network.weights_source)
        log.info("run %s", config.run.dir)

    def keep(
        self, config: DictConfig, folder: Path, parts: Parts, *, finished: bool
    ) -> float | None:
        """Save the net; give ``val/loss/total``."""
        losses = final_losses(parts) if finished else {}
        if rank() > 0:
            return losses.get("val/loss/total")
        facts = {"style": style_facts(config, parts.styles[0])}
        facts |= describe(config, parts, losses, finished=finished)
        save_model(folder, parts.task.net, facts)
        say_where(folder, parts)
        return losses.get("val/loss/total")


def say_where(folder: Path, parts: Parts) -> None:
    """Say where the results of a run lie, and what to do with the net."""
    grids, curves = parts.callback(PictureGrids), parts.callback(LossCurves)
    if grids is not None and grids.last is not None:
        log.info("pictures  %s", grids.last)
    if curves is not None:
        log.info("curves    %s", curves.figure)
    log.info("net       %s", folder / "model.safetensors")
    log.info("paint     python evaluate.py 'model=%s' content=<picture or folder>", folder)


def _note_later(config: DictConfig, words: str) -> None:
    """Note what turned out after the configuration was written."""
    if rank() == 0:
        note(config, words)
        save_config(config, Path(config.run.dir) / CONFIG_FILE)


def style_facts(config: DictConfig, style: FoundStyle) -> dict[str, Any]:
    """What ``model.json`` says of a style."""
    entry, values = style.entry, plain(config)
    return {
        "name": style.name,
        "sha256": style.sha256,
        "title": entry.title if entry else None,
        "artist": entry.artist if entry else None,
        "size": values["style_size"],
        "scale": values["style_scale"],
        "stand_in": style.stand_in,
    }


def describe(
    config: DictConfig, parts: Parts, losses: dict[str, float], finished: bool
) -> dict[str, Any]:
    """What ``model.json`` says of a net besides its styles: how to build it, how it was trained."""
    values = plain(config)
    return {
        "architecture": values["net"],
        "recipe": values["publication"],
        "losses": {
            "loss_network": config.loss_network.name,
            "weights_of_the_loss_network": parts.task.loss.network.weights_source,
            **{k: v for k, v in values["loss"].items() if k != "terms"},
            "final": losses,
        },
        "training": {
            "steps": parts.trainer.global_step,
            "finished": finished,
            "seed": config.seed,
            "data": values["data"],
            "overrides": values["run"]["overrides"],
            "notes": values["run"]["notes"],
        },
        "versions": versions(),
    }


def final_losses(parts: Parts) -> dict[str, float]:
    """Validate the finished net, unless the last step was validated, and give its losses."""
    trainer = parts.trainer
    grids, best = parts.callback(PictureGrids), parts.callback(ModelCheckpoint)
    if grids is None or grids.last_step != trainer.global_step:
        trainer.validate(parts.task, parts.data, verbose=False)
        score = trainer.callback_metrics.get("val/loss/total")
        # Lightning keeps the best of the validations within the training only
        if best is not None and score is not None:
            known = best.best_model_score
            if known is None or score < known:
                save_whole(trainer, Path(best.dirpath) / "best.ckpt")
    metrics = trainer.callback_metrics
    return {k: float(v) for k, v in metrics.items() if k.startswith("val/loss/")}
