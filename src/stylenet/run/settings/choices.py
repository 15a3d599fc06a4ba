"""What a configuration is made of, in one word a group: for tags and for grouping runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

LABELLED = ("task", "net", "norm", "style", "loss_network")
LONGEST_TAG = 64  # W&B's


def choices_of(config: DictConfig) -> dict[str, str]:
    """Group -> what was chosen, ``norm: instance``; ``net/padding: reflect`` for parts of groups.

    Without a command line to ask, groups -> the last part of what they build, and no parts.
    """
    if HydraConfig.initialized():
        found = HydraConfig.get().runtime.choices.items()
        chosen = {str(k).partition("@")[0]: str(v) for k, v in found if v is not None}
        return {k: v for k, v in sorted(chosen.items()) if not k.startswith("hydra/")}
    built = {str(k): v for k, v in config.items() if isinstance(v, Mapping | DictConfig)}
    targets = {k: v.get("name") or v.get("_target_") for k, v in built.items() if k in LABELLED}
    return {k: str(v).rpartition(".")[2] for k, v in targets.items() if v is not None}


def labels(config: DictConfig) -> list[str]:
    """Task, net, norm, style and loss network, of those that the run has."""
    chosen = {**config.run.choices, "style": style_label(config.style)}
    if config.get("net") is None:  # then no norm either, whatever the group's default is
        chosen = {k: v for k, v in chosen.items() if k not in ("net", "norm")}
    return [str(chosen[key])[:LONGEST_TAG] for key in LABELLED if chosen.get(key)]


def style_label(style: object) -> str | None:
    """``udnie``; ``udnie+wave`` of several; ``me`` of ``photos/me.jpg``."""
    if style is None:
        return None
    several = [style] if isinstance(style, str | int | float) else list(style)  # type: ignore[call-overload]
    return "+".join(Path(str(one)).stem for one in several)
