"""The composition root: from a configuration to a finished run. The one place that knows Hydra.

What a command is made of is imported when it runs: until then nothing waits for torch, neither
``--help`` nor an error of the configuration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from omegaconf import DictConfig

from stylenet.importing import importing
from stylenet.run.launch import launch

if TYPE_CHECKING:
    from stylenet.metrics import Row

__all__ = ["evaluate", "launch", "train"]


def train(config: DictConfig) -> float | None:
    """Train what ``config`` says; see `stylenet.run.training.train`."""
    with importing():
        from stylenet.run import training

    return training.train(config)


def evaluate(config: DictConfig) -> list[Row]:
    """Paint and measure what ``config`` says; see `stylenet.run.evaluating.evaluate`."""
    with importing():
        from stylenet.run import evaluating

    return evaluating.evaluate(config)
