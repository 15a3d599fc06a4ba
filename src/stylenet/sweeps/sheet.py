"""``sheet.jpg``: what the jobs of a sweep paint, side by side."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad

from stylenet.apply import Request, Stylizer, load_model, takes_styles
from stylenet.apply.contents import find_content
from stylenet.apply.devices import device_of
from stylenet.apply.textures import draw_textures, draws_textures
from stylenet.errors import StylenetError
from stylenet.files import expanded
from stylenet.images import LongerSide, contact_sheet, read_image, sample_photographs, write_image
from stylenet.settings.config_file import CONFIG_FILE, ConfigFileError, read_config
from stylenet.settings.differences import label, named_values
from stylenet.sweeps.jobs import Job
from stylenet.sweeps.table import differing

SHEET = "sheet.jpg"
PHOTOGRAPHS = ("chelsea", "astronaut", "coffee")  # of those that every installation has
SIDE = LongerSide(256)
SAMPLES = 2  # of a generator of textures
BAND = 12  # jobs that stand side by side
WIDEST, CELL = 1600, 256  # pixels
CONTENT = "content"


def write_sheet(sweep: Path, jobs: Sequence[Job]) -> Path | None:
    """Rows photographs, columns jobs; None where none of ``jobs`` has left anything to show.

    More than `BAND` jobs stand in bands below one another, each with the photographs. Nets paint
    some photographs of scikit-image, generators of textures draw samples; of jobs that optimise one
    image, those of different contents stand below one another.
    """
    keys = [key for key in differing(jobs) if key != CONTENT]
    rows: dict[str, dict[str, Tensor]] = {}
    columns: dict[str, None] = {}
    for job in jobs:
        column = label(named_values(job.settings, keys)).replace(", ", "\n") or "result"
        for row, content, painted in paintings_of(job):
            columns[column] = None
            cells = rows.setdefault(row, {})
            cells[column] = painted
            if content is not None:
                cells[CONTENT] = content
    if not rows:
        return None
    contents = [CONTENT] if any(CONTENT in cells for cells in rows.values()) else []
    bands = [[*contents, *band] for band in _evenly(list(columns))]
    cell = min(CELL, WIDEST // max(map(len, bands)))
    sheets = [
        contact_sheet(
            [[cells.get(column) for column in shown] for cells in rows.values()],
            column_titles=shown,
            row_titles=list(rows),
            cell=cell,
        )
        for shown in bands
    ]
    return write_image(sweep / SHEET, _stacked(sheets))


def _evenly(columns: Sequence[str]) -> list[Sequence[str]]:
    """As few bands as will do, of about as many columns each."""
    each = math.ceil(len(columns) / math.ceil(len(columns) / BAND))
    return [columns[start : start + each] for start in range(0, len(columns), each)]


def _stacked(sheets: Sequence[Tensor]) -> Tensor:
    """Below one another, with white to the right of narrower ones."""
    width = max(sheet.shape[2] for sheet in sheets)
    return torch.cat([pad(sheet, (0, width - sheet.shape[2]), value=1.0) for sheet in sheets], 1)


def paintings_of(job: Job) -> Iterator[tuple[str, Tensor | None, Tensor]]:
    """The titles of rows, the contents if known, and what the job makes of them, (3,H,W) each."""
    try:
        config = read_config(job.folder / CONFIG_FILE)
    except ConfigFileError:
        return
    if (job.folder / "result.png").is_file():
        yield _optimised(job, config)
    elif (job.folder / "model.safetensors").is_file():
        yield from _of_net(job, config)


def _optimised(job: Job, config: Any) -> tuple[str, Tensor | None, Tensor]:
    painted = SIDE(read_image(job.folder / "result.png"))
    content = config.get("content")
    if content is None:
        return "", None, painted
    folder = config.paths.contents
    try:
        file = find_content(str(content), expanded(folder) if folder else None)
    except StylenetError:  # it was moved since
        return Path(str(content)).stem, None, painted
    return file.stem, SIDE(read_image(file)), painted


def _of_net(job: Job, config: Any) -> Iterator[tuple[str, Tensor | None, Tensor]]:
    model = load_model(job.folder, list(config.get("net_packages") or []))
    if takes_styles(model):
        return  # it paints in none of its own
    if draws_textures(model):  # from noise: there is no photograph in its sheet
        for number, sample in enumerate(draw_textures(model, SAMPLES, CELL, CELL), 1):
            yield f"sample {number}", None, sample
        return
    stylizer = Stylizer(model, device_of("auto"))
    samples = sample_photographs()
    for name in [name for name in PHOTOGRAPHS if name in samples]:
        photograph = SIDE(read_image(samples[name]))
        for style, request in _requests(model.styles).items():
            title = f"{name}, {style}" if style else name
            yield title, photograph, stylizer(photograph, request)


def _requests(styles: Sequence[str]) -> Mapping[str, Request]:
    return {style: Request({style: 1.0}) for style in styles} or {"": Request()}
