"""What ``evaluate.py`` measured: a row a painted picture, as a file and as a table of means."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import fmean

from stylenet.metrics.tables import FigureTable


@dataclass(frozen=True)
class Row:
    """One painted picture's figures: a line of ``metrics.csv``.

    ``picture`` is the path below the content folder. ``figures`` are the same for all rows, None
    where nothing could be measured: what ``metrics`` measures, ``milliseconds`` of the net alone,
    without reading, measuring and writing, after one untimed pass that warms each model up; and
    ``style_bytes`` of the tensors that only the styles painted in use: all of a net of one style.
    ``loss_network`` is None where no losses were measured. ``label`` says in words what the model
    is among the others; ``settings`` are the overrides that it was trained with: the columns
    ``config/<key>``.
    """

    model: str
    picture: str
    width: int
    height: int
    loss_network: str | None
    figures: Mapping[str, float | None]
    label: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)


def write_rows(file: Path, rows: list[Row], *, more: bool = False) -> None:
    """Write ``rows``, at least one, as CSV; ``more``: after those that are there."""
    keys = dict.fromkeys(key for row in rows for key in row.settings)
    lines = []
    for row in rows:
        line = asdict(row) | dict(row.figures)
        del line["figures"], line["settings"], line["label"]
        settings = {f"config/{key}": row.settings.get(key) for key in keys}
        lines.append(line | {"label": row.label} | settings)
    with file.open(
        "a" if more else "w", newline="", encoding="utf-8", errors="surrogateescape"
    ) as target:
        writer = csv.DictWriter(target, fieldnames=list(lines[0]))
        if not more:
            writer.writeheader()
        writer.writerows(lines)


def table_of_means(rows: list[Row]) -> FigureTable:
    """Means over the pictures, which are the same for all, one line a model."""
    under = f" under {rows[0].loss_network}, losses unweighted" if rows[0].loss_network else ""
    models = list(dict.fromkeys(row.model for row in rows))
    count = len(rows) // len(models)
    cells = []
    for model in models:
        own = [row for row in rows if row.model == model]
        line = [own[0].label or model]
        for figure in rows[0].figures:
            values = [value for row in own if (value := row.figures[figure]) is not None]
            digits = ".0f" if figure == "style_bytes" else ".4g"
            line.append(f"{fmean(values):{digits}}" if values else "-")
        cells.append(line)
    title = f"means of {count} picture{'s' if count > 1 else ''}{under}"
    titles = ["ms" if figure == "milliseconds" else figure for figure in rows[0].figures]
    return FigureTable(title, ["model", *titles], cells)
