"""What a configuration is made of, in one word a group: for tags and for grouping runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from stylenet.config import as_list

LABELLED = ("task", "net", "norm", "style", "loss_network")
LONGEST_TAG = 64  # W&B's


def choices_of(config: DictConfig) -> dict[str, str]:
    """Group -> what was chosen, ``norm: instance``; ``net/padding: reflect`` for parts of groups.

    ``style`` is one of them, as a word. Without a command line to ask, groups -> the last part of
    what they build, and no parts.
    """
    if HydraConfig.initialized():
        found = HydraConfig.get().runtime.choices.items()
        chosen = {str(k).partition("@")[0]: str(v) for k, v in found if v is not None}
        chosen = {k: v for k, v in sorted(chosen.items()) if not k.startswith("hydra/")}
        return {**chosen, **_style(config)}
    return choices_by_targets(config)


def choices_by_targets(config: DictConfig) -> dict[str, str]:
    """What can be told of them by what the groups build: of runs that did not record them."""
    built = {str(k): v for k, v in config.items() if isinstance(v, Mapping | DictConfig)}
    targets = {k: v.get("name") or v.get("_target_") for k, v in built.items() if k in LABELLED}
    chosen = {k: str(v).rpartition(".")[2] for k, v in targets.items() if v is not None}
    return {**chosen, **_style(config)}


def labels(config: DictConfig) -> list[str]:
    """Task, net, norm, style and loss network, of those that the run has."""
    chosen = dict(config.run.choices)
    if config.get("net") is None:  # then no norm either, whatever the group's default is
        chosen = {k: v for k, v in chosen.items() if k not in ("net", "norm")}
    return [str(chosen[key])[:LONGEST_TAG] for key in LABELLED if chosen.get(key)]


def _style(config: DictConfig) -> dict[str, str]:
    """``udnie``; ``udnie+wave`` of several; ``me`` of ``photos/me.jpg``."""
    styles = as_list(config.get("style"))
    return {"style": "+".join(Path(style).stem for style in styles)} if styles else {}
