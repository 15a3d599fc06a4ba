"""Where the jobs of a sweep run: what conf/hydra/launcher needs of the machine and of Hydra."""

from __future__ import annotations

import os
import re

from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig
from hydra.core.plugins import Plugins
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

# a launcher's plugin, and the extra of ours that brings it
EXTRAS = {"joblib": "joblib", "submitit": "slurm", "ray": "ray"}


def register_launchers() -> None:
    """Let the files in conf/hydra/launcher stand for what the plugins bring under these names."""
    Plugins.instance()  # imports the plugins, which put theirs into the store
    brought = ConfigStore.instance().repo.get("hydra", {}).get("launcher", {})
    for name in ("joblib", "submitit_local", "submitit_slurm", "ray"):
        # beside a file of the same name Hydra warns of a "deprecated schema", in every job
        brought.pop(f"{name}.yaml", None)
    OmegaConf.register_new_resolver("jobs_at_once", jobs_at_once, replace=True)
    OmegaConf.register_new_resolver("gpus_per_job", gpus_per_job, replace=True)
    # or Ray would start its workers by another "uv run", in an environment without our extras
    os.environ.setdefault("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")


def jobs_at_once() -> int:
    """Jobs that one machine runs at the same time: one a GPU, or where there is none one a core."""
    import torch

    if torch.cuda.is_available():
        return torch.cuda.device_count()
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def gpus_per_job() -> int:
    """One GPU, where there is any."""
    import torch

    return int(torch.cuda.is_available())


def missing_launcher(error: BaseException) -> str | None:
    """What to install for a launcher that is not there, if ``error`` is about one."""
    missing = re.search(r"hydra_plugins\.hydra_([a-z]+)_launcher", str(error))
    if missing is None or missing[1] not in EXTRAS or not isinstance(error, _NOT_THERE):
        return None
    extra = EXTRAS[missing[1]]
    return (
        f"Error: this hydra/launcher needs the package hydra-{missing[1]}-launcher, which is not "
        f"installed. Run: pip install 'stylenet[{extra}]' (from a clone: uv sync --extra {extra})."
    )


_NOT_THERE = (ImportError, RuntimeError)


def choose_gpu(config: DictConfig) -> int | None:
    """The GPU for this job, where joblib runs a sweep on several: in turn, by the job's number.

    A choice of ``trainer.devices`` other than 1 is left alone.
    """
    if not HydraConfig.initialized():
        return None
    hydra = HydraConfig.get()
    by_joblib = hydra.mode == RunMode.MULTIRUN and "joblib" in str(hydra.launcher["_target_"])
    if not by_joblib or config.trainer.devices != 1:
        return None
    if config.trainer.accelerator not in ("auto", "gpu", "cuda"):
        return None
    import torch

    count = torch.cuda.device_count()
    return None if count < 2 else int(hydra.job.num) % count
