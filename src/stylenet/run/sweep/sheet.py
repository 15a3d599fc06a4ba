"""``sheet.jpg``: what the jobs of a sweep paint, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf
from torch import Tensor

from stylenet.apply import Request, Stylizer, load_model, takes_styles
from stylenet.apply.contents import find_content
from stylenet.apply.devices import device_of
from stylenet.errors import StylenetError
from stylenet.files import expanded
from stylenet.images import LongerSide, contact_sheet, read_image, sample_photographs, write_image
from stylenet.run.messages import CONFIG_FILE
from stylenet.run.settings.differences import label, named_values
from stylenet.run.sweep.jobs import Job
from stylenet.run.sweep.table import differing

SHEET = "sheet.jpg"
PHOTOGRAPHS = ("chelsea", "astronaut", "coffee")  # of those that every installation has
SIDE = LongerSide(256)
WIDEST, CELLS = 4000, (96, 256)
CONTENT = "content"


def write_sheet(sweep: Path, jobs: Sequence[Job]) -> Path | None:
    """Rows photographs, columns jobs; None where none of ``jobs`` has left anything to show.

    Nets paint some photographs of scikit-image; of jobs that optimise one image, those of
    different contents stand below one another.
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
    shown = [CONTENT] if any(CONTENT in cells for cells in rows.values()) else []
    shown += columns
    grid = [[cells.get(column) for column in shown] for cells in rows.values()]
    least, most = CELLS
    cell = max(least, min(most, WIDEST // len(shown)))
    picture = contact_sheet(grid, column_titles=shown, row_titles=list(rows), cell=cell)
    return write_image(sweep / SHEET, picture)


def paintings_of(job: Job) -> Iterator[tuple[str, Tensor | None, Tensor]]:
    """The titles of rows, the contents if known, and what the job makes of them, (3,H,W) each."""
    try:
        config = OmegaConf.load(job.folder / CONFIG_FILE)
    except OSError:
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
    stylizer = Stylizer(model, device_of("auto"))
    samples = sample_photographs()
    for name in [name for name in PHOTOGRAPHS if name in samples]:
        photograph = SIDE(read_image(samples[name]))
        for style, request in _requests(model.styles).items():
            title = f"{name}, {style}" if style else name
            yield title, photograph, stylizer(photograph, request)


def _requests(styles: Sequence[str]) -> Mapping[str, Request]:
    return {style: Request({style: 1.0}) for style in styles} or {"": Request()}
