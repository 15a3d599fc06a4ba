"""The typed root of the configuration: every key outside the groups, with its meaning.

A group (``norm``, ``net``, ...) is ``Any`` here: its shape is the signature of what it builds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Settings: TypeAlias = Any
"""A configuration as Hydra composes it: keys are attributes, groups and lists nest in it."""


@dataclass
class Paths:
    """Folders; a leading ``~`` is the home folder."""

    runs: str = "runs"
    styles: str | None = None
    contents: str | None = None
    cache: str = "~/.cache/stylenet"


@dataclass
class Run:
    """What a run is called and where it is kept; null is filled in when the run starts.

    ``stand_ins`` has, when a run is resumed, the styles that swatches stood in for, and why;
    ``statistics`` those of them whose paintings' own statistics it aims at. ``choices`` has what
    was chosen of each group, such as ``{norm: instance}``, and of the style.
    """

    dir: str | None = None
    name: str | None = None
    group: str | None = None
    project: str = "stylenet"
    overrides: list[str] = field(default_factory=list)
    choices: dict[str, str] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)
    stand_ins: dict[str, str] = field(default_factory=dict)
    statistics: list[str] = field(default_factory=list)


@dataclass
class Publication:
    """What a recipe reproduces, and the loss network that its numbers were chosen for.

    ``pooling`` is the class that replaces the network's own, if any.
    """

    source: str
    loss_network: str
    pooling: str | None = None


@dataclass
class TrainConfig:
    """``conf/train.yaml``; what only one task reads is declared in its file in ``conf/task``."""

    style: Any = "udnie"
    style_scale: float = 1.0
    seed: int = 0
    precision: Any = "auto"
    channels_last: bool = True
    compile: Any = "auto"
    resume: str | None = None
    skip_finished: bool = False
    publication: Publication | None = None
    objective: str | None = None
    paths: Paths = field(default_factory=Paths)
    run: Run = field(default_factory=Run)
    style_size: Any = None
    norm: Any = None
    net: Any = None
    net_packages: list[str] = field(default_factory=list)
    loss_network: Any = None
    loss: Any = None
    data: Any = None
    runner: Any = None
    task: Any = None
    callbacks: Any = None
    comparison: Any = None
    optimizer: Any = None
    scheduler: Any = None
    trainer: Any = None
    logger: Any = None
    recipe: Any = None
    experiment: Any = None
    tune: Any = None


@dataclass
class EvaluateConfig:
    """``conf/evaluate.yaml``."""

    model: Any = "???"
    content: Any = "???"
    frames: int | None = None
    out: str | None = None
    names: Any = None
    style: Any = None
    style_weights: Any = None
    strength: float = 1.0
    reconstruct: bool = False
    region_map: str | None = None
    region_styles: Any = None
    max_pixels: int = 100_000_000
    device: str = "auto"
    net_packages: list[str] = field(default_factory=list)
    paths: Paths = field(default_factory=Paths)
    style_size: Any = None
    loss_network: Any = None
    metrics: Any = None
    format: Any = None
    loss: Any = None


def as_list(value: Any) -> list[str]:
    """``style`` or the like, one or several, as a list of texts; null: an empty one."""
    if value is None:
        return []
    several = isinstance(value, Sequence) and not isinstance(value, str)
    return [str(one) for one in value] if several else [str(value)]
