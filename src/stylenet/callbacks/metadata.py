"""The circumstances of a run: commit, command, versions, machine."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

# fmt: off
PACKAGES = (
    "stylenet", "torch", "torchvision", "pytorch-lightning", "hydra-core", "omegaconf", "wandb",
    "numpy", "pillow", "scikit-image", "safetensors", "pycocotools",
)
# fmt: on
_CPU_INFO = Path("/proc/cpuinfo")  # Linux


def run_metadata(command: Sequence[str]) -> dict[str, Any]:
    """Plain data: what has to be known to make a run again, besides its configuration."""
    return {
        "command": list(command),
        "commit": commit(),
        "versions": versions(),
        "hardware": hardware(),
    }


def commit() -> str | None:
    """The commit of the repository that tracks this code, ``-dirty`` if it was changed; else None.

    Code that was installed somewhere below another repository has none.
    """
    here = Path(__file__)
    if _git(here.parent, "ls-files", "--error-unmatch", "--", here.name) is None:
        return None
    return _git(here.parent, "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")


def _git(folder: Path, *words: str) -> str | None:
    """What git prints in ``folder``; None where it fails, says nothing or is not there."""
    git = ["git", "-C", str(folder), *words]
    try:
        done = subprocess.run(git, capture_output=True, text=True, timeout=10, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None
    return (done.stdout.strip() or None) if done.returncode == 0 else None


def versions() -> dict[str, str]:
    """Python's and the main packages' versions."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def hardware() -> dict[str, Any]:
    """Processor, what torch uses of it, memory, GPUs."""
    gpus = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    return {
        "machine": platform.machine(),
        "cpu": _cpu_name(),
        "memory_gib": _memory_gib(),
        "processor": torch.backends.cpu.get_cpu_capability(),
        "threads": torch.get_num_threads(),
        "gpus": gpus,
    }


def _cpu_name() -> str | None:
    """The processor's model, where the system tells it."""
    try:
        text = _CPU_INFO.read_text(errors="replace")
    except OSError:
        text = ""
    model = re.search(r"^model name\s*:\s*(\S.*)$", text, re.MULTILINE)
    return (model[1].strip() if model else platform.processor()) or None


def _memory_gib() -> float | None:
    """Main memory, where the system tells it."""
    try:
        size = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        return None
    return round(size / 2**30, 1) if size > 0 else None
