"""``table.csv``, ``means.csv`` and the table that a sweep prints."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev

from stylenet.files import write_csv
from stylenet.metrics import FigureTable
from stylenet.settings.differences import named_values, what_differs
from stylenet.settings.objectives import LOSS, METRIC
from stylenet.sweeps.jobs import FINISHED, Job

TABLE, MEANS = "table.csv", "means.csv"
SEED = "seed"
SPREAD = 0.95
# which figures stand first where not all have room
FIRST = ("balanced", "style", "content", "ssim", "total", "tv")


@dataclass(frozen=True)
class Means:
    """Finished jobs that differ by their seeds only.

    Attributes:
        values: what they have in common and others have not.
        jobs: how many there are.
        means: by the names of figures, over the seeds.
        halves: half the widths of the means' 95 % intervals by Student's t; None for one job.
    """

    values: Mapping[str, str]
    jobs: int
    means: Mapping[str, float]
    halves: Mapping[str, float | None]


def columns_of(jobs: Iterable[Job]) -> list[str]:
    """The figures that any of ``jobs`` has, the most telling first; a layer's own last."""
    names = dict.fromkeys(name for job in jobs for name in job.figures)

    def place(name: str) -> tuple[bool, bool, int]:
        end = name.removeprefix(METRIC).removeprefix(LOSS)
        known = FIRST.index(end) if end in FIRST else len(FIRST)
        return "/" in end, not name.startswith(METRIC), known

    return sorted(names, key=place)


def differing(jobs: Sequence[Job]) -> list[str]:
    """The keys that the jobs differ by."""
    return what_differs([job.settings for job in jobs])


def values_of(jobs: Sequence[Job]) -> list[dict[str, str]]:
    """What each of ``jobs`` has that others have not, by short keys."""
    keys = differing(jobs)
    return [named_values(job.settings, keys) for job in jobs]


def write_table(sweep: Path, jobs: Sequence[Job]) -> Path:
    """A row a job: what differs, figures, steps, seconds, folder."""
    figures, values = columns_of(jobs), values_of(jobs)
    rows = [
        {
            "job": job.number,
            "state": job.state,
            **own,
            **{name: job.figures.get(name) for name in figures},
            "steps": job.steps,
            "seconds": job.seconds,
            "folder": _below(job.folder, sweep),
            "error": job.error,
        }
        for job, own in zip(jobs, values, strict=True)
    ]
    return write_csv(sweep / TABLE, rows)


def means_over_seeds(jobs: Sequence[Job]) -> list[Means]:
    """Where the seed is swept, the finished jobs by all else that differs; else nothing.

    Of jobs with the same overrides one counts, as of ``seed=0,0``: they are no draws of their own.
    """
    keys = differing(jobs)
    if SEED not in keys:
        return []
    keys = [key for key in keys if key != SEED]
    once = {tuple(sorted(job.overrides)): job for job in jobs if job.state == FINISHED}
    groups: dict[tuple[str, ...], list[Job]] = {}
    for job in once.values():
        own = named_values(job.settings, keys)
        groups.setdefault(tuple(own.values()), []).append(job)
    figures = columns_of(jobs)
    found = []
    for group in groups.values():
        known = {
            name: [job.figures[name] for job in group if name in job.figures] for name in figures
        }
        found.append(
            Means(
                named_values(group[0].settings, keys),
                len(group),
                {name: fmean(values) for name, values in known.items() if values},
                {name: half_interval(values) for name, values in known.items() if values},
            )
        )
    return found


def half_interval(values: Sequence[float]) -> float | None:
    """Half the width of the mean's 95 % interval, were the values drawn from a normal one."""
    count = len(values)
    if count < 2:
        return None
    from scipy.stats import t

    quantile = float(t.ppf((1 + SPREAD) / 2, count - 1))
    return quantile * stdev(values) / math.sqrt(count)


def write_means(sweep: Path, means: Sequence[Means]) -> Path:
    """A row for all that differs but the seed: mean and half the 95 % interval of each figure."""
    rows = []
    for one in means:
        row: dict[str, object] = {**one.values, "seeds": one.jobs}
        for name, mean in one.means.items():
            row |= {name: mean, f"{name} ±": one.halves[name]}
        rows.append(row)
    return write_csv(sweep / MEANS, rows)


def printed(jobs: Sequence[Job], means: Sequence[Means]) -> FigureTable:
    """What a sweep prints: a row a job, or where the seed is swept a row for its means."""
    figures = [name for name in columns_of(jobs) if "/" not in _short(name)]
    titles = [_short(name, figures) for name in figures]
    if means:
        labels = list(means[0].values)
        rows = [
            [*one.values.values(), str(one.jobs), *(_interval(one, name) for name in figures)]
            for one in means
        ]
        title = "means over seeds, ± half of the 95 % interval"
        return FigureTable(title, [*labels, "seeds", *titles], rows, len(labels))
    values = values_of(jobs)
    labels = ["job", *values[0]]
    states = any(job.state != FINISHED for job in jobs)
    rows = [
        [
            str(job.number),
            *own.values(),
            *([job.state] if states else []),
            "-" if job.seconds is None else f"{job.seconds:.0f}",
            *(_text(job.figures.get(name)) for name in figures),
        ]
        for job, own in zip(jobs, values, strict=True)
    ]
    state = ["state"] if states else []
    columns = [*labels, *state, "seconds", *titles]
    return FigureTable("the jobs by what differs", columns, rows, len(labels) + len(state))


def _short(name: str, others: Sequence[str] = ()) -> str:
    """``style`` for ``val/metric/style``; ``loss style`` where both are there."""
    end = name.removeprefix(METRIC).removeprefix(LOSS)
    return f"loss {end}" if name.startswith(LOSS) and METRIC + end in others else end


def _interval(one: Means, name: str) -> str:
    half = one.halves.get(name)
    mean = _text(one.means.get(name))
    return mean if half is None else f"{mean} ± {half:.2g}"


def _text(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _below(folder: Path, sweep: Path) -> str:
    folder, sweep = folder.resolve(), sweep.resolve()
    return str(folder.relative_to(sweep) if folder.is_relative_to(sweep) else folder)
