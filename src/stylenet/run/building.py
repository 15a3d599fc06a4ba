"""Instantiates what the configuration names. All ``hydra.utils.instantiate`` calls live here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from hydra.utils import instantiate as hydra_instantiate
from omegaconf import DictConfig, OmegaConf
from pytorch_lightning import (
    Callback,
    LightningDataModule,
    Trainer,
    seed_everything,
)
from torch import Tensor, nn

from stylenet.callbacks import RunRecord
from stylenet.losses import LossNetwork, PerceptualLoss, Term
from stylenet.run.facts import run_facts
from stylenet.run.notes import note, save_config
from stylenet.run.preparing import CONFIG_FILE
from stylenet.run.processes import rank
from stylenet.run.speed import LONG_ON_CPU, LONG_ON_GPU, CompileLongRuns, on_gpu
from stylenet.styles import FoundStyle, find_style, read_style
from stylenet.tasks import FeedForward


def instantiate(config: Any, **extra: Any) -> Any:
    """Build what ``config`` names from plain lists and dicts: Hydra's would enter checkpoints."""
    return hydra_instantiate(config, _convert_="all", **extra)


@dataclass(frozen=True)
class Parts:
    """What a run is made of."""

    style: FoundStyle
    task: FeedForward
    data: LightningDataModule
    trainer: Trainer
    callbacks: Mapping[str, Callback]


def plain(config: DictConfig) -> dict[str, Any]:
    """``config`` resolved, as dicts and lists."""
    values = OmegaConf.to_container(config, resolve=True, enum_to_str=True)
    assert isinstance(values, dict)
    return {str(key): value for key, value in values.items()}


def build(config: DictConfig) -> Parts:
    """Everything a training run needs, from a prepared configuration."""
    found = locate_style(config, str(config.style))
    style = read_style(found, instantiate(config.style_size))
    loss = build_loss(config, style)
    # seeded here, so that the net's first weights do not depend on what was built before
    seed_everything(config.seed, verbose=False)
    net: nn.Module = instantiate(config.net)
    if config.channels_last:
        net = net.to(memory_format=torch.channels_last)
        loss = loss.to(memory_format=torch.channels_last)
    if config.precision == "bf16-mixed":
        loss.network.lower(torch.bfloat16)
    task = instantiate(
        config.task,
        net=net,
        loss=loss,
        style=style,
        optimizer=instantiate(config.optimizer),
        scheduler=instantiate(config.scheduler) if config.scheduler else None,
        compiler=CompileLongRuns(
            config.compile, LONG_ON_GPU if on_gpu(config) else LONG_ON_CPU, partial(_note, config)
        ),
    )
    callbacks = {name: instantiate(c) for name, c in (config.callbacks or {}).items()}
    record = RunRecord(config.run.dir, plain(config), run_facts())
    trainer = instantiate(
        config.trainer,
        val_check_interval=_within(config, "val_check_interval"),
        log_every_n_steps=_within(config, "log_every_n_steps"),
        logger=[instantiate(c) for c in (config.logger or {}).values()] if rank() == 0 else [],
        callbacks=[*callbacks.values(), record],
        default_root_dir=config.run.dir,
        # our own bar is among the callbacks, or none is wanted; checkpoints likewise
        enable_progress_bar="progress" in callbacks,
        enable_checkpointing="best" in callbacks,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        check_val_every_n_epoch=None,
        use_distributed_sampler=False,
    )
    return Parts(found, task, instantiate(config.data), trainer, callbacks)


def _note(config: DictConfig, words: str) -> None:
    """Note what turned out after the configuration was written."""
    if rank() == 0:
        note(config, words)
        save_config(config, Path(config.run.dir) / CONFIG_FILE)


def _within(config: DictConfig, interval: str) -> int:
    """A number of steps between two events, so that a short run has one at its end.

    The configuration keeps what was asked for: the run may be resumed to be longer.
    """
    steps = config.trainer.max_steps
    asked = config.trainer[interval]
    return int(min(asked, steps) if steps > 0 else asked)


def locate_style(config: DictConfig, style: str) -> FoundStyle:
    """Find a style picture by path or name."""
    folder = config.paths.styles
    return find_style(
        style,
        folder=Path(folder).expanduser() if folder else None,
        cache=Path(config.paths.cache).expanduser() / "styles",
    )


def build_network(config: DictConfig) -> LossNetwork:
    """The loss network that ``loss_network`` names."""
    network = instantiate(config.loss_network.network)
    assert isinstance(network, LossNetwork)
    return network


def build_loss(config: DictConfig, style: Tensor) -> PerceptualLoss:
    """The terms that ``loss`` names, over the loss network, against ``style`` (1,3,H,W)."""
    network = build_network(config)
    terms: dict[str, Term] = {}
    for name, term_config in config.loss.terms.items():
        term = instantiate(term_config)
        # a partial term waits for what only exists now
        terms[str(name)] = term if isinstance(term, Term) else term(network=network, style=style)
    return PerceptualLoss(terms, network)
