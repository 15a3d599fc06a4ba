"""What a sweep writes while it runs: which it is, and how each of its jobs ends."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.experimental.callback import Callback
from hydra.types import RunMode
from omegaconf import DictConfig
from typing_extensions import override

from stylenet.errors import StylenetError
from stylenet.files import claimed, expanded, in_turn, write_bytes, write_text
from stylenet.processes import rank, started_together
from stylenet.settings.config_file import CLAIM, CONFIG_FILE
from stylenet.sweeps.jobs import (
    FAILED,
    FINISHED,
    JOB,
    SWEEP,
    UNFINISHED,
    Job,
    identity,
    read_jobs,
    read_json,
)

log = logging.getLogger(__name__)
# the folder of the sweep that this process runs
sweep_at_work: ContextVar[Path | None] = ContextVar("sweep_at_work", default=None)


class TakenError(StylenetError):
    """A run directory that another process is at work in, or that holds another run."""


def is_swept() -> bool:
    """Whether this process runs the job of a sweep."""
    return HydraConfig.initialized() and HydraConfig.get().mode == RunMode.MULTIRUN


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


class SweepRecord(Callback):
    """Writes ``sweep.json`` when a sweep starts, by which `sweep_dir` finds it again."""

    @override
    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Say which sweep this is."""
        folder = Path(config.hydra.sweep.dir)
        sweep_at_work.set(folder)
        overrides = [str(override) for override in config.hydra.overrides.task]
        with contextlib.suppress(OSError):  # Hydra meets the same, and says it
            write_text(folder / SWEEP, json.dumps({"overrides": overrides}, indent=2) + "\n")


def sweep_dir(skip_finished: bool, runs: str, now: str, overrides: Iterable[str]) -> str:
    """The folder of a sweep: a new one, or with ``skip_finished`` the latest of these overrides."""
    wanted = identity(map(str, overrides))
    before = sorted(expanded(runs).glob(f"*/{SWEEP}"), reverse=True) if skip_finished else []
    for file in before:
        if identity(read_json(file).get("overrides", [])) == wanted:
            return str(file.parent)
    return str(expanded(runs) / f"{now}_sweep")


@contextlib.contextmanager
def alone_at_job() -> Iterator[None]:
    """The job at work for this process alone, from reading how it stands to writing how it ends.

    The same sweep may be at work in other processes: whoever comes to a job later waits for its
    end, and with ``skip_finished`` finds it finished. A run that is no sweep's does not wait.
    """
    if not is_swept() or rank() > 0:
        yield
        return
    hydra = HydraConfig.get()
    which = "\n".join(identity(map(str, hydra.overrides.task)))
    file = Path(hydra.sweep.dir) / f".{sha256(which.encode()).hexdigest()[:16]}.lock"
    waiting = f"job {hydra.job.num}: another process is at work on it; waiting for its end"
    with in_turn(file, waiting):
        yield


@dataclass
class JobRecord:
    """``job.json`` of the job at work, and what an earlier start of it has left.

    Attributes:
        file: where it is written; None in a run that is no sweep's, or not its first process.
        overrides: what the job is started with.
        folder: the run directory, below that of ``file`` or absolute.
        earlier: the same job of a sweep that goes on.
    """

    file: Path | None
    overrides: list[str]
    folder: str
    earlier: Job | None = None

    @property
    def is_finished(self) -> bool:
        """Whether there is nothing left to do."""
        return self.earlier is not None and self.earlier.state == FINISHED

    def write(self, state: str, **more: Any) -> None:
        """Say how it stands."""
        if self.file is not None:
            facts = {"state": state, "overrides": self.overrides, "folder": self.folder, **more}
            write_text(self.file, json.dumps(facts, indent=2) + "\n")


def record_of_job(config: DictConfig) -> JobRecord:
    """The record of the job at work.

    Raises:
        StylenetError: ``skip_finished`` outside a sweep.
    """
    if not is_swept():
        if config.get("skip_finished"):
            raise StylenetError(
                "Got skip_finished=true for a single run, expected a sweep.",
                "Add -m, or continue a run: resume=<run directory>.",
            )
        return JobRecord(None, [], "")
    hydra = HydraConfig.get()
    overrides = [str(override) for override in hydra.overrides.task]
    place = Path(hydra.runtime.output_dir)
    folder = os.path.relpath(expanded(config.run.dir), place) if config.run.dir else "."
    earlier = _earlier(Path(hydra.sweep.dir), overrides) if config.skip_finished else None
    if earlier is not None:  # its name may be another now, as it has the time in it
        place, folder = earlier.place, os.path.relpath(earlier.folder, earlier.place)
    return JobRecord(place / JOB if rank() == 0 else None, overrides, folder, earlier)


def _earlier(sweep: Path, overrides: list[str]) -> Job | None:
    try:
        jobs = read_jobs(sweep)
    except StylenetError:
        return None
    # the same sweep may have been begun more than once in its folder
    same = (job for job in jobs if job.was_started_with(overrides))
    return max(same, key=lambda job: job.reached, default=None)


def going_on(config: DictConfig, record: JobRecord) -> DictConfig:
    """``config`` of a job that an earlier start of its sweep left unfinished, in the same folder.

    It resumes from its checkpoint. What it has left that was stopped before its first checkpoint
    is removed.

    Raises:
        StylenetError: another process is still at it.
    """
    earlier = record.earlier
    if earlier is None:
        return config
    config = config.copy()
    if earlier.checkpoint is not None:
        log.info("job %d goes on from its checkpoint", earlier.number)
        config.resume = str(earlier.folder)
        return config
    if (earlier.folder / CONFIG_FILE).is_file() and rank() == 0:
        taken = TakenError(
            f"Another process is still at job {earlier.number} ({earlier.folder}).",
            "Wait for its end, then start the sweep with skip_finished=true again.",
        )
        with claimed(earlier.folder / CLAIM, taken):
            log.info(
                "job %d was stopped before its first checkpoint: it begins anew", earlier.number
            )
            shutil.rmtree(earlier.folder)
    config.run.dir = str(earlier.folder)
    return config


@contextlib.contextmanager
def recorded(record: JobRecord) -> Iterator[None]:
    """Write how the job ends, if it does not end as `JobRecord.write` says within.

    What was said of a run that is not this one's stays.
    """
    file = record.file
    before = file.read_bytes() if file is not None and file.is_file() else None
    record.write(UNFINISHED)
    try:
        yield
    except TakenError as error:
        if file is not None and before is not None:
            write_bytes(file, before)
        else:
            record.write(FAILED, error=str(error).splitlines()[0])
        raise
    except Exception as error:
        first = str(error).strip().splitlines() or [type(error).__name__]
        with contextlib.suppress(OSError):  # the disk may be full: what went wrong must not hide
            record.write(FAILED, error=first[0])
        raise
