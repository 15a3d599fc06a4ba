"""What ``evaluate.py`` measured: a row a painted picture, as a file and as a table of means."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean

from rich.table import Table


@dataclass(frozen=True)
class Row:
    """One painted picture's figures: a line of ``metrics.csv``.

    ``picture`` is the path below the content folder. ``figures`` are the same for all rows, None
    where nothing could be measured: what ``metrics`` measures, ``milliseconds`` of the net alone,
    without reading, measuring and writing, after one untimed pass that warms each model up; and
    ``style_bytes`` of the tensors that only the styles painted in use: all of a net of one style.
    ``loss_network`` is None where no losses were measured.
    """

    model: str
    picture: str
    width: int
    height: int
    loss_network: str | None
    figures: Mapping[str, float | None]


def write_rows(file: Path, rows: list[Row], *, more: bool = False) -> None:
    """Write ``rows``, at least one, as CSV; ``more``: after those that are there."""
    lines = [{**asdict(row), **row.figures} for row in rows]
    for line in lines:
        del line["figures"]
    with file.open(
        "a" if more else "w", newline="", encoding="utf-8", errors="surrogateescape"
    ) as target:
        writer = csv.DictWriter(target, fieldnames=list(lines[0]))
        if not more:
            writer.writeheader()
        writer.writerows(lines)


def table_of_means(rows: list[Row]) -> Table:
    """Means over the pictures, one line a model."""
    under = f" under {rows[0].loss_network}, losses unweighted" if rows[0].loss_network else ""
    table = Table(title=f"means{under}")
    for title in ("model", "pictures", *rows[0].figures):
        table.add_column(title, justify="left" if title == "model" else "right", overflow="fold")
    for model in dict.fromkeys(row.model for row in rows):
        own = [row for row in rows if row.model == model]
        cells = []
        for figure in rows[0].figures:
            values = [value for row in own if (value := row.figures[figure]) is not None]
            digits = ".0f" if figure == "style_bytes" else ".4g"
            cells.append(f"{fmean(values):{digits}}" if values else "-")
        table.add_row(model, str(len(own)), *cells)
    return table
