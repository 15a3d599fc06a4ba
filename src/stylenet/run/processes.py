"""A run of several processes: which of them this is, what all agree on, how they end."""

from __future__ import annotations

import contextlib
import functools
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode

from stylenet.commands import hydra_value
from stylenet.errors import StylenetError

if TYPE_CHECKING:  # this file is read before the command line is: nothing slow is imported above
    from pytorch_lightning import Trainer

# the run directory, for the processes that the trainer of the first one starts
RUN_DIR = "STYLENET_RUN_DIR"
SECONDS_TO_FAIL = 3.0
SECONDS_TO_END = 10.0
INTERACTIVE = ("bash", "interactive")  # Lightning's words for a Slurm shell, where srun is not used
# the words between the program and Hydra's on the command line: ("train",) for `stylenet train`
subcommand: ContextVar[tuple[str, ...]] = ContextVar("subcommand", default=())


@contextlib.contextmanager
def command_line(arguments: Sequence[str], after: Sequence[str]) -> Iterator[None]:
    """Let ``sys.argv`` be what Hydra reads: the program and ``arguments``.

    The words ``after`` which they stood are kept for the processes that the run starts.
    """
    typed, before = sys.argv, subcommand.set(tuple(after))
    sys.argv = [typed[0], *arguments]
    try:
        yield
    finally:
        sys.argv = typed
        subcommand.reset(before)


def typed_command() -> list[str]:
    """The command line as it was typed."""
    return [sys.argv[0], *subcommand.get(), *sys.argv[1:]]


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


def check_sweep(arguments: Sequence[str]) -> None:
    """Refuse a sweep that torchrun or srun started as several processes.

    Raises:
        StylenetError: it did.
    """
    if started_together() > 1 and {"-m", "--multirun"} & set(arguments):
        raise StylenetError(
            f"Got a sweep (-m) started as {started_together()} processes by torchrun or srun.",
            "Start each of its runs by itself; or start the sweep once, with trainer=ddp (one "
            "machine) or hydra/launcher=submitit_slurm hydra.launcher.tasks_per_node=...",
        )


def check_processes(trainer: Trainer) -> None:
    """Refuse a run whose processes would wait for others that nobody starts.

    Raises:
        StylenetError: the number started and the number that the trainer wants differ, or the
            trainer would have to start some from where it cannot.
    """
    wanted, started = trainer.world_size, started_together()
    if started > 1 and wanted != started:
        raise StylenetError(
            f"Got {started} processes from torchrun or srun, but a trainer for {wanted}.",
            "Use trainer=ddp with trainer.devices (processes a node) times trainer.num_nodes "
            f"equal to {started}.",
        )
    if wanted == 1 or started > 1:
        return
    if trainer.num_nodes > 1:
        raise StylenetError(
            f"Got trainer.num_nodes={trainer.num_nodes} in a process that was started alone.",
            "Start it on every node, with torchrun or srun.",
        )
    if _is_swept() and "basic_launcher" not in HydraConfig.get().launcher["_target_"]:
        raise StylenetError(
            f"Got a run of {wanted} processes from a launcher that runs the jobs of a sweep "
            "elsewhere: it would have to start them itself.",
            "Leave hydra/launcher out, or give hydra/launcher=submitit_slurm "
            f"hydra.launcher.tasks_per_node={wanted}.",
        )


def _is_swept() -> bool:
    return HydraConfig.initialized() and HydraConfig.get().mode == RunMode.MULTIRUN


def _of_job(run: Path, overrides: Sequence[str], resumed: bool) -> list[str]:
    """What another process of a sweep's job is told, which is a run by itself there."""
    own = [str(o) for o in overrides if not o.startswith("skip_finished=")]
    if resumed and not any(o.startswith("resume=") for o in own):
        return [f"resume={hydra_value(str(run))}"]
    return own


@contextlib.contextmanager
def together(trainer: Trainer, run: Path, *, resumed: bool = False) -> Iterator[None]:
    """Let the processes that ``trainer`` starts join the run in the folder ``run`` and end with it.

    They run this process's command line anew (one job's, within a sweep). Afterwards nothing of
    them is left, so that a sweep's next run can start its own.

    Raises:
        StylenetError: another process failed; it has said why.
    """
    import torch.distributed

    environment, arguments = dict(os.environ), sys.argv
    os.environ[RUN_DIR] = str(run)
    if _is_swept():
        overrides = HydraConfig.get().overrides
        hydra = [o for o in overrides.hydra if not o.startswith("hydra.mode=")]
        sys.argv = [arguments[0], *hydra, *_of_job(run, overrides.task, resumed)]
    sys.argv = typed_command()
    try:
        yield
    except Exception as error:
        if not isinstance(error, StylenetError) and (status := _failed(_others(trainer))):
            raise StylenetError(
                f"Another process of this run failed (status {status}), so this one ends, too.",
                "See its message above.",
            ) from error
        raise
    finally:
        _end(_others(trainer))
        if torch.distributed.is_initialized():
            torch.distributed.destroy_process_group()
        sys.argv = arguments
        os.environ.clear()
        os.environ.update(environment)


def _others(trainer: Trainer) -> list[subprocess.Popen[bytes]]:
    return getattr(trainer.strategy.launcher, "procs", [])


def _failed(others: list[subprocess.Popen[bytes]]) -> int | None:
    """The status of a process that ended by an error of its own, shortly before or after ours."""
    for process in list(others):
        with contextlib.suppress(subprocess.TimeoutExpired):
            if status := process.wait(SECONDS_TO_FAIL):
                return status
    return None


def _end(others: list[subprocess.Popen[bytes]]) -> None:
    """Wait for the others to end; end those that hang, waiting for this one."""
    ending = list(others)
    others.clear()  # or Lightning's watch over them would take their failure for ours
    for process in ending:
        try:
            process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
