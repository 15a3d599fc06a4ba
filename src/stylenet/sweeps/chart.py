"""``parallel.html``: a line a job through what differs and what came out; needs no network."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stylenet.files import write_text
from stylenet.sweeps.jobs import Job
from stylenet.sweeps.table import columns_of, values_of

CHART = "parallel.html"
TEMPLATE = Path(__file__).with_name(CHART)
PLACE = "/*DATA*/null"


def write_chart(sweep: Path, jobs: Sequence[Job]) -> Path:
    """Axes: what differs, in equal distances, then the figures on scales of their own."""
    values = values_of(jobs)
    figures = [name for name in columns_of(jobs) if name.count("/") <= 2]
    axes: list[dict[str, Any]] = []
    for key in values[0]:
        known = sorted({own[key] for own in values}, key=_order)
        axes.append({"name": key, "ticks": known})
    axes += [{"name": name.removeprefix("val/"), "ticks": None} for name in figures]
    axes.append({"name": "seconds", "ticks": None})
    lines = [
        {
            "job": job.number,
            "state": job.state,
            "values": [
                *own.values(),
                *(job.figures.get(name) for name in figures),
                job.seconds,
            ],
        }
        for job, own in zip(jobs, values, strict=True)
    ]
    data = {"title": sweep.name, "axes": axes, "jobs": lines}
    write_text(sweep / CHART, filled(TEMPLATE, data))
    return sweep / CHART


def filled(template: Path, data: Any) -> str:
    """The page ``template`` with ``data`` in its place."""
    text = json.dumps(data).replace("<", "\\u003c")  # nothing in it can end the script
    return template.read_text().replace(PLACE, text)


def _order(value: str) -> tuple[bool, float, str]:
    try:
        return False, float(value), value
    except ValueError:
        return True, 0.0, value
