"""A run of several processes: which of them this is, what all agree on, and how others end."""

from __future__ import annotations

import contextlib
import functools
import os
import subprocess
from collections.abc import Callable
from typing import Any

# the run directory, for the processes that the trainer of the first one starts
RUN_DIR = "STYLENET_RUN_DIR"
SECONDS_TO_FAIL = 3.0
SECONDS_TO_END = 10.0
INTERACTIVE = ("bash", "interactive")  # Lightning's words for a Slurm shell, where srun is not used


def rank() -> int:
    """The number of this process among those of its run: 0 for the first, or where it is alone.

    The first one writes, speaks and logs; the others only compute.
    """
    if _by_torchrun():
        return int(os.environ["RANK"])
    if _by_srun():
        return int(os.environ["SLURM_PROCID"])
    return int(os.environ.get("LOCAL_RANK", "0")) if RUN_DIR in os.environ else 0


def started_together() -> int:
    """How many processes torchrun or srun started for this run; 1 if neither did."""
    if _by_torchrun():
        return int(os.environ["WORLD_SIZE"])
    return int(os.environ["SLURM_NTASKS"]) if _by_srun() else 1


def _by_torchrun() -> bool:
    return "TORCHELASTIC_RUN_ID" in os.environ  # torch.distributed.is_torchelastic_launched()


def _by_srun() -> bool:
    known = {"SLURM_NTASKS", "SLURM_PROCID", "SLURM_JOB_ID"} <= os.environ.keys()
    return known and os.environ.get("SLURM_JOB_NAME") not in INTERACTIVE


def start_of_run(now: str) -> str:
    """What the run's name begins with: ``now``, or what all of its processes agree on.

    Processes that torchrun starts take the time of the one that asks first; a step of a Slurm job
    has a number that all of them know.
    """
    if _by_torchrun():
        # a restarted group is a new run
        key = f"stylenet/start/{os.environ.get('TORCHELASTIC_RESTART_COUNT', '0')}"
        return str(_store().compare_set(key, "", now).decode())
    if _by_srun() and started_together() > 1:
        step = os.environ.get("SLURM_STEP_ID", "0")
        return f"slurm-{os.environ['SLURM_JOB_ID']}.{step}"
    return now


def first_run_dir() -> str | None:
    """The run's folder, in a process that the trainer of the first one started; else None."""
    return os.environ.get(RUN_DIR)


def started_by_srun() -> bool:
    """Whether srun started this run as several processes."""
    return started_together() > 1 and not _by_torchrun()


def first_decides(name: str, decide: Callable[[], str]) -> str:
    """What ``decide`` says in the first of the processes that torchrun started; or in this one.

    The others wait for it. Not for processes of srun, which do not know one another yet.
    """
    if not _by_torchrun():
        return decide()
    key = f"stylenet/{name}/{os.environ.get('TORCHELASTIC_RESTART_COUNT', '0')}"
    if rank() == 0:
        _store().set(key, decide())
    return str(_store().get(key).decode())


@functools.cache  # kept open: the training's own connection shares it
def _store() -> Any:
    from torch.distributed.rendezvous import rendezvous

    store, _, _ = next(rendezvous("env://"))
    return store


def failed(others: list[subprocess.Popen[bytes]]) -> int | None:
    """The status of a process that ended by an error of its own, shortly before or after ours."""
    for process in list(others):
        with contextlib.suppress(subprocess.TimeoutExpired):
            if status := process.wait(SECONDS_TO_FAIL):
                return status
    return None


def end_all(others: list[subprocess.Popen[bytes]]) -> None:
    """Wait for the others to end; end those that hang, waiting for this one."""
    ending = list(others)
    others.clear()  # or Lightning's watch over them would take their failure for ours
    for process in ending:
        try:
            process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
