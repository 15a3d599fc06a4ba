"""A run within an application of Hydra's: of its own overrides, as if it had been started alone."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf, open_dict

from stylenet.run.launch import compose


def own_overrides() -> list[str]:
    """What the application at work was started with."""
    return list(HydraConfig.get().overrides.task)


def output_folder() -> Path:
    """The folder that Hydra made for the application at work."""
    return Path(HydraConfig.get().runtime.output_dir)


@contextlib.contextmanager
def job(overrides: Sequence[str], folder: Path) -> Iterator[DictConfig]:
    """The configuration of a training run; within, Hydra takes it for the application at work.

    Args:
        overrides: of its command line.
        folder: what Hydra is to take for the folder that it made for the run.

    Raises:
        HydraException: overrides that conf/ does not know.
    """
    outer = HydraConfig.instance().cfg
    composed = compose(overrides, "train", return_hydra_config=True)
    with open_dict(composed.hydra):
        composed.hydra.runtime.output_dir = str(folder)
    HydraConfig.instance().set_config(composed)
    config = OmegaConf.masked_copy(composed, [str(key) for key in composed if key != "hydra"])
    try:
        yield config
    finally:
        HydraConfig.instance().cfg = outer
