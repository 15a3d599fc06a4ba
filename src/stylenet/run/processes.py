"""A run of several processes: with which command line they start, and how they end."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

from hydra.core.hydra_config import HydraConfig

from stylenet.commands import hydra_value
from stylenet.errors import StylenetError
from stylenet.processes import RUN_DIR, end_all, failed, started_together
from stylenet.sweeps.recording import is_swept

if TYPE_CHECKING:  # this file is read before the command line is: nothing slow is imported above
    from pytorch_lightning import Trainer

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
    if is_swept() and "basic_launcher" not in HydraConfig.get().launcher["_target_"]:
        raise StylenetError(
            f"Got a run of {wanted} processes from a launcher that runs the jobs of a sweep "
            "elsewhere: it would have to start them itself.",
            "Leave hydra/launcher out, or give hydra/launcher=submitit_slurm "
            f"hydra.launcher.tasks_per_node={wanted}.",
        )


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
    if is_swept():
        overrides = HydraConfig.get().overrides
        hydra = [o for o in overrides.hydra if not o.startswith("hydra.mode=")]
        sys.argv = [arguments[0], *hydra, *_of_job(run, overrides.task, resumed)]
    sys.argv = typed_command()
    try:
        yield
    except Exception as error:
        if not isinstance(error, StylenetError) and (status := failed(_others(trainer))):
            raise StylenetError(
                f"Another process of this run failed (status {status}), so this one ends, too.",
                "See its message above.",
            ) from error
        raise
    finally:
        end_all(_others(trainer))
        if torch.distributed.is_initialized():
            torch.distributed.destroy_process_group()
        sys.argv = arguments
        os.environ.clear()
        os.environ.update(environment)


def _others(trainer: Trainer) -> list[subprocess.Popen[bytes]]:
    return getattr(trainer.strategy.launcher, "procs", [])
