"""``compare.html``: runs side by side on a page that needs nothing else, and no network."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from stylenet.callbacks.curves import read_curves
from stylenet.errors import StylenetError
from stylenet.files import expanded, write_text
from stylenet.images.writing import encoded_image
from stylenet.sweeps.chart import filled
from stylenet.sweeps.jobs import Job, is_run, job_of_run, read_jobs
from stylenet.sweeps.sheet import CONTENT, paintings_of
from stylenet.sweeps.table import columns_of, values_of

TEMPLATE = Path(__file__).with_name("compare.html")
POINTS = 400  # of a curve, at most
JPEG = Path("cell.jpg")


def read_runs(folders: Sequence[str | Path]) -> list[Job]:
    """The runs in ``folders``, numbered in this order; of a sweep's folder its jobs.

    Raises:
        StylenetError: a folder that is neither; fewer than two runs.
    """
    found: list[Job] = []
    for given in folders:
        folder = expanded(given)
        found += [job_of_run(folder)] if is_run(folder) else _of_sweep(folder)
    if len(found) < 2:
        raise StylenetError(
            f"Got {len(found)} run, expected two or more.", "Name several, or a sweep's folder."
        )
    return [replace(job, number=number) for number, job in enumerate(found)]


def _of_sweep(folder: Path) -> list[Job]:
    try:
        return read_jobs(folder)
    except StylenetError as error:
        raise StylenetError(
            error.problem,
            "Name directories of runs, which have a config.yaml, or the folder of a sweep.",
        ) from error


def write_comparison(jobs: Sequence[Job], file: Path) -> Path:
    """Write the page: what differs, figures, loss curves, and what the nets paint.

    Raises:
        OSError: it cannot be written.
    """
    figures = columns_of(jobs)
    data = {
        "runs": [
            {
                "name": name,
                "differs": values,
                "state": job.state,
                "steps": job.steps,
                "seconds": job.seconds,
                "figures": [job.figures.get(figure) for figure in figures],
                "curves": _curves(job),
            }
            for name, job, values in zip(names_of(jobs), jobs, values_of(jobs), strict=True)
        ],
        "figures": [figure.removeprefix("val/") for figure in figures],
        "images": _images(jobs),
    }
    write_text(file, filled(TEMPLATE, data))
    return file


def names_of(jobs: Sequence[Job]) -> list[str]:
    """The runs' folders, by as many of their last parts as tell them apart."""
    parts = [job.folder.resolve().parts for job in jobs]
    depth = 1
    while len({own[-depth:] for own in parts}) < len({*parts}):
        depth += 1
    return ["/".join(own[-depth:]) for own in parts]


def _curves(job: Job) -> dict[str, list[tuple[int, float]]]:
    """Name -> steps and values, thinned out."""
    curves: dict[str, list[tuple[int, float]]] = {}
    for step, name, value in read_curves(job.folder / "losses.csv"):
        curves.setdefault(name, []).append((step, value))
    return {name: own[:: -(-len(own) // POINTS)] for name, own in curves.items()}


def _images(jobs: Sequence[Job]) -> list[dict[str, Any]]:
    """A row a photograph: its title, and the addresses of the images by number of run."""
    rows: dict[str, dict[str, str]] = {}
    for job in jobs:
        for title, content, painted in paintings_of(job):
            cells = rows.setdefault(title, {})
            cells[str(job.number)] = _address(painted)
            if content is not None:
                cells.setdefault(CONTENT, _address(content))
    return [{"title": title, "cells": cells} for title, cells in rows.items()]


def _address(image: Any) -> str:
    """The image itself, as an address."""
    return "data:image/jpeg;base64," + base64.b64encode(encoded_image(image, JPEG)).decode()
