"""What ``evaluate.py`` measured: a row a painted picture, as a file and as a table of means."""

from __future__ import annotations

import csv
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean

from rich.table import Table

FIGURES = ("content", "style", "tv", "ssim", "milliseconds", "style_bytes")


@dataclass(frozen=True)
class Row:
    """One painted picture's figures: a line of ``metrics.csv``.

    ``picture`` is the path below the content folder; ``milliseconds`` is the net alone, without
    reading, measuring and writing, after one untimed pass that warms each model up; ``style_bytes``
    are those of the tensors that only the styles painted in use: all of a net of one style.
    """

    model: str
    picture: str
    width: int
    height: int
    loss_network: str
    content: float | None
    style: float | None
    tv: float | None
    ssim: float | None
    milliseconds: float
    style_bytes: int


def write_rows(file: Path, rows: list[Row]) -> None:
    """Write ``rows``, at least one, as CSV."""
    with file.open("w", newline="", encoding="utf-8", errors="surrogateescape") as target:
        writer = csv.DictWriter(target, fieldnames=list(asdict(rows[0])))
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)


def table_of_means(rows: list[Row]) -> Table:
    """Means over the pictures, one line a model."""
    table = Table(title=f"means under {rows[0].loss_network}, losses unweighted")
    for title in ("model", "pictures", *FIGURES):
        table.add_column(title, justify="left" if title == "model" else "right", overflow="fold")
    for model in dict.fromkeys(row.model for row in rows):
        own = [row for row in rows if row.model == model]
        cells = []
        for figure in FIGURES:
            values = [getattr(row, figure) for row in own if getattr(row, figure) is not None]
            digits = ".0f" if figure == "style_bytes" else ".4g"
            cells.append(f"{fmean(values):{digits}}" if values else "-")
        table.add_row(model, str(len(own)), *cells)
    return table
