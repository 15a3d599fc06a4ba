"""What differs from task to task around the training itself: one object a kind of task."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from omegaconf import DictConfig

from stylenet.errors import StylenetError
from stylenet.run.building import Made, Parts
from stylenet.runners.distill import DistillRuns
from stylenet.runners.feedforward import FeedForwardRuns
from stylenet.runners.multistyle import AddStyleRuns, MultiStyleRuns
from stylenet.runners.pixels import PixelRuns
from stylenet.runners.pyramid import PyramidRuns
from stylenet.runners.region_styles import RegionStyleRuns
from stylenet.runners.sketch import SketchRuns


class Kind(Protocol):
    """How runs of one task are settled, built, begun and kept."""

    def settle(self, config: DictConfig) -> None:
        """Check and complete what only this task reads of the configuration."""
        ...

    def progress(self, folder: Path) -> tuple[int, bool]:
        """Steps that the run in ``folder`` has done, and whether it was finished."""
        ...

    def make(self, config: DictConfig) -> Made:
        """The task and its data."""
        ...

    def begin(self, config: DictConfig, folder: Path, parts: Parts) -> None:
        """Write what goes in into the run directory, and say what is about to happen."""
        ...

    def keep(
        self, config: DictConfig, folder: Path, parts: Parts, *, finished: bool
    ) -> float | None:
        """Write what came out, say where it lies, give the loss for sweeps to minimise."""
        ...


KINDS: dict[str, Kind] = {
    "stylenet.tasks.AddStyle": AddStyleRuns(),
    "stylenet.tasks.Distill": DistillRuns(),
    "stylenet.tasks.FeedForward": FeedForwardRuns(),
    "stylenet.tasks.Gatys": PixelRuns(),
    "stylenet.tasks.MultiStyle": MultiStyleRuns(),
    "stylenet.tasks.Pyramid": PyramidRuns(),
    "stylenet.tasks.SketchColouring": SketchRuns(),
    "stylenet.tasks.RegionStyles": RegionStyleRuns(),
}


def kind_of(config: DictConfig) -> Kind:
    """The kind of run that ``task`` asks for.

    Raises:
        StylenetError: a task that nobody knows how to run.
    """
    target = str(config.task.get("_target_") if config.task else None)
    if target not in KINDS:
        raise StylenetError(
            f"Got task._target_={target}, expected one of {', '.join(KINDS)}.",
            "Choose task=feedforward, task=multistyle, task=regions, task=add_style, task=gatys, "
            "task=pyramid, task=sketch or task=distill; enter a new one in stylenet.run.kinds.",
        )
    return KINDS[target]
