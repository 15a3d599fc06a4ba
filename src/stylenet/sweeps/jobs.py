"""The jobs of a sweep, as they lie in its folder."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stylenet.commands import PLACES, group_of
from stylenet.errors import StylenetError
from stylenet.settings.config_file import CONFIG_FILE, read_config
from stylenet.settings.differences import settings_of

JOB, SWEEP, RECORD, METRICS = "job.json", "sweep.json", "run.json", "metrics.json"
FINISHED, FAILED, UNFINISHED = "finished", "failed", "unfinished"
SKIP = "skip_finished"


@dataclass(frozen=True)
class Job:
    """One run of a sweep.

    Attributes:
        number: its place in the sweep.
        place: where its `JOB` lies: Hydra's directory for it.
        folder: its run directory, mostly the same; not there where it failed early.
        overrides: what it was started with.
        state: `FINISHED`, `FAILED`, or `UNFINISHED` where it was stopped or is still running.
        error: what went wrong, in words.
        returned: what the sweeper got to minimise.
        steps: how many it has done; None where it did not come to that.
        seconds: spent on them.
        figures: losses and metrics at the end, by name, such as ``val/loss/style``.
    """

    number: int
    place: Path
    folder: Path
    overrides: Sequence[str]
    state: str
    error: str | None
    returned: float | None
    steps: int | None
    seconds: float | None
    figures: Mapping[str, float]

    @property
    def settings(self) -> dict[str, str]:
        """Keys -> values of its overrides."""
        return settings_of(self.overrides)

    @property
    def checkpoint(self) -> Path | None:
        """From where it can go on."""
        file = self.folder / "checkpoints" / "last.ckpt"
        return file if file.is_file() and (self.folder / CONFIG_FILE).is_file() else None

    @property
    def reached(self) -> int:
        """How far it came: 2 finished, 1 to a checkpoint, 0 neither."""
        return 2 if self.state == FINISHED else int(self.checkpoint is not None)

    def was_started_with(self, overrides: Iterable[str]) -> bool:
        """Whether ``overrides`` are its own, in any order; where things lie does not count."""
        return identity(self.overrides) == identity(overrides)


def identity(overrides: Iterable[str]) -> list[str]:
    """What makes two sweeps, or two jobs, the same."""
    return sorted({one for one in overrides if group_of(one) not in PLACES})


def read_jobs(sweep: Path) -> list[Job]:
    """The jobs whose folders lie in ``sweep``, by their numbers.

    Raises:
        StylenetError: there is no such folder, or no job in it.
    """
    if not sweep.is_dir():
        raise StylenetError(
            f"There is no sweep in {sweep}: no such folder.",
            "Name the folder of a sweep, such as runs/2026-01-01_12-00-00_sweep.",
        )
    folders = [folder for folder in sweep.iterdir() if folder.is_dir()]
    jobs = [job for folder in folders if (job := _read(folder)) is not None]
    if not jobs:
        raise StylenetError(
            f"There is no job of a sweep in {sweep}.",
            "Name the folder that train.py -m made, not the one of a single run.",
        )
    left = [job for job in jobs if not _is_superseded(job, jobs)]
    return sorted(left, key=lambda job: job.number)


def _is_superseded(job: Job, jobs: Iterable[Job]) -> bool:
    """Whether it was killed with nothing done, or had ended, and came further when begun anew."""
    same = [other for other in jobs if other.was_started_with(job.overrides)]
    if job.state == UNFINISHED:
        return not job.reached and any(other.reached for other in same)
    return job.state == FINISHED and any(
        other.state == FINISHED
        and _of_command(other) == _of_command(job)
        and _said(other) > _said(job)
        for other in same
    )


def _of_command(job: Job) -> tuple[int, list[str]]:
    return job.number, sorted(o for o in job.overrides if group_of(o) != SKIP)


def _said(job: Job) -> tuple[int, str]:
    """When it was last said how it stands."""
    file = job.place / JOB
    return file.stat().st_mtime_ns if file.is_file() else 0, job.place.name


def _read(place: Path) -> Job | None:
    """The job whose output directory is ``place``; None where it is none's."""
    number = place.name.partition("_")[0]
    said = read_json(place / JOB)
    if not number.isdecimal() or not (said or (place / CONFIG_FILE).is_file()):
        return None
    return _job(place, int(number), said)


def is_run(folder: Path) -> bool:
    """Whether it is a run directory."""
    return (folder / CONFIG_FILE).is_file()


def job_of_run(folder: Path) -> Job:
    """The run in ``folder``, which need be no sweep's: as number 0."""
    return _job(folder, 0, read_json(folder / JOB))


def _job(place: Path, number: int, said: dict[str, Any]) -> Job:
    folder = place / str(said.get("folder", "."))
    run = read_json(folder / RECORD)
    figures, results = figures_in(folder)
    overrides = said.get("overrides")
    if overrides is None:  # of a sweep that an older version started
        overrides = read_config(folder / CONFIG_FILE).run.overrides
        said = {"state": FINISHED if results else UNFINISHED}
    if said.get("state") == UNFINISHED and results and finished_steps(folder) == run.get("steps"):
        # it has come to its end, and was killed before that was said
        said = {"state": FINISHED, "returned": read_json(folder / METRICS).get("to_minimise")}
    return Job(
        number=number,
        place=place,
        folder=folder,
        overrides=[str(override) for override in overrides],
        state=str(said.get("state")),
        error=said.get("error"),
        returned=said.get("returned"),
        steps=run.get("steps"),
        seconds=run.get("wall_seconds"),
        figures=figures,
    )


def figures_in(folder: Path) -> tuple[dict[str, float], bool]:
    """Losses and metrics that a run's results tell, by name; and whether it was finished."""
    found: dict[str, float] = {}
    finished = False
    for file in ("model.json", "student.json", "result.json"):
        results = read_json(folder / file)
        losses = results.get("losses", {})
        finished |= bool(results.get("finished", results.get("training", {}).get("finished")))
        if "final" in losses:
            found |= _numbers(losses["final"])
        else:  # of one image
            found |= {f"val/loss/{k}": v for k, v in _numbers(losses).items()}
        found |= _numbers(results.get("metrics", {}))
    return found, finished


def _numbers(values: Any) -> dict[str, float]:
    pairs = values.items() if isinstance(values, Mapping) else ()
    return {
        str(key): float(value)
        for key, value in pairs
        if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    }


def finished_steps(folder: Path) -> int | None:
    """The steps of the run in ``folder`` when it was finished; None where it was not, or is old.

    ``metrics.json`` is the last that a run writes: one killed before that is not finished.
    """
    steps = read_json(folder / METRICS).get("steps")
    return steps if isinstance(steps, int) else None


def read_json(file: Path) -> dict[str, Any]:
    """What a file holds; nothing where it is not there or was not written by a run."""
    try:
        content = json.loads(file.read_text())
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
