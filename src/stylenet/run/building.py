"""Instantiates what the configuration names. All ``hydra.utils.instantiate`` calls live here."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra.utils import instantiate as hydra_instantiate
from omegaconf import DictConfig, OmegaConf
from torch import Tensor

from stylenet.images import resize
from stylenet.losses import LossNetwork, PerceptualLoss, Term
from stylenet.run.facts import run_facts
from stylenet.run.notes import note
from stylenet.run.processes import rank
from stylenet.run.regions.guiding import Guidance
from stylenet.styles import FoundStyle, find_style, find_swatch, is_stand_in, read_style

if TYPE_CHECKING:  # evaluate.py does without: see stylenet.run
    from pytorch_lightning import Callback, LightningDataModule, Trainer

log = logging.getLogger(__name__)


def instantiate(config: Any, **extra: Any) -> Any:
    """Build what ``config`` names from plain lists and dicts: Hydra's would enter checkpoints."""
    return hydra_instantiate(config, _convert_="all", **extra)


@dataclass(frozen=True)
class Made:
    """What a kind of task makes: see `stylenet.run.kinds`; ``guidance`` where it has regions."""

    styles: tuple[FoundStyle, ...]
    task: Any
    data: LightningDataModule
    guidance: Guidance | None = field(default=None, kw_only=True)


@dataclass(frozen=True)
class Parts(Made):
    """What a run is made of."""

    trainer: Trainer
    callbacks: Mapping[str, Callback]

    def callback(self, kind: type[Any]) -> Any:
        """The callback of this kind, or None where the configuration leaves it out."""
        return next((c for c in self.callbacks.values() if isinstance(c, kind)), None)


def plain(config: DictConfig) -> dict[str, Any]:
    """``config`` resolved, as dicts and lists."""
    values = OmegaConf.to_container(config, resolve=True, enum_to_str=True)
    assert isinstance(values, dict)
    return {str(key): value for key, value in values.items()}


def build(config: DictConfig, make: Callable[[DictConfig], Made]) -> Parts:
    """Everything a training run needs, from a prepared configuration."""
    from stylenet.callbacks import RunRecord

    made = make(config)
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
    guidance = made.guidance
    return Parts(made.styles, made.task, made.data, trainer, callbacks, guidance=guidance)


def _within(config: DictConfig, interval: str) -> int:
    """A number of steps between two events, so that a short run has one at its end.

    The configuration keeps what was asked for: the run may be resumed to be longer.
    """
    steps = config.trainer.max_steps
    asked = config.trainer[interval]
    return int(min(asked, steps) if steps > 0 else asked)


def locate_style(config: DictConfig, style: str) -> FoundStyle:
    """Find a style picture by path or name; say and note where a swatch stands in for it."""
    notes = config.run.notes if "run" in config else []
    before = [words for words in notes if config.resume and is_stand_in(words, style)]
    if before:  # or a run begun without a network would go on with another picture
        return find_swatch(style, before[0])
    folder = config.paths.styles
    found = find_style(
        style,
        folder=Path(folder).expanduser() if folder else None,
        cache=Path(config.paths.cache).expanduser() / "styles",
    )
    if found.stand_in is not None:
        if "run" in config:
            note(config, found.stand_in)
        else:
            log.info(found.stand_in)
    return found


def read_sized_style(config: DictConfig, found: FoundStyle) -> Tensor:
    """The style picture at ``style_size`` times ``style_scale``: (1,3,H,W) in [0,1]."""
    return scaled(read_style(found, instantiate(config.style_size)), config.style_scale)


def scaled(picture: Tensor, factor: float) -> Tensor:
    """A picture (1,3,H,W) with both sides multiplied, at least one pixel each."""
    height, width = (max(1, round(side * factor)) for side in picture.shape[-2:])
    return resize(picture, height, width)


def build_network(config: DictConfig) -> LossNetwork:
    """The loss network that ``loss_network`` names."""
    network = instantiate(config.loss_network.network)
    assert isinstance(network, LossNetwork)
    return network


def build_loss(
    config: DictConfig,
    style: Tensor | Sequence[Tensor],
    network: LossNetwork | None = None,
    **more: Any,
) -> PerceptualLoss:
    """The terms that ``loss`` names, against ``style``, one picture (1,3,H,W) or several.

    They read ``network``, or else the one that ``loss_network`` names. Terms of styles get ``more``
    arguments, such as those of `stylenet.losses.RegionStyleTerm`.
    """
    network = build_network(config) if network is None else network
    terms: dict[str, Term] = {}
    for name, term_config in config.loss.terms.items():
        term = instantiate(term_config)
        # a partial term waits for what only exists now
        if not isinstance(term, Term):
            term = term(network=network, style=style, **more)
        terms[str(name)] = term
    return PerceptualLoss(terms, network)
