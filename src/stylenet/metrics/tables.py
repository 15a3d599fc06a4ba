"""Tables of figures: as text that fits a terminal, as Markdown, as LaTeX."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

GAP = 2
LONGEST = 40


@dataclass(frozen=True)
class FigureTable:
    """Words and figures in rows.

    Attributes:
        title: in one line.
        columns: the most important figures first.
        rows: as many cells each as there are columns.
        words: how many columns, from the left, hold words; the others are aligned to the right.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: int = 1


def as_text(table: FigureTable, width: int) -> str:
    """Lines of at most ``width`` characters; which columns did not fit is said below.

    A cell of words is cut in its middle where it is longer than `LONGEST`.
    """
    grid = [[_shortened(cell) for cell in row] for row in (table.columns, *table.rows)]
    widths = [max(len(row[c]) for row in grid) for c in range(len(table.columns))]
    fitting = len(widths)
    while fitting > table.words + 1 and sum(widths[:fitting]) + GAP * (fitting - 1) > width:
        fitting -= 1
    lines = [
        (" " * GAP).join(
            cell.ljust(room) if c < table.words else cell.rjust(room)
            for c, (cell, room) in enumerate(zip(row[:fitting], widths, strict=False))
        )
        for row in grid
    ]
    lines.insert(1, "-" * max(map(len, lines)))
    if left_out := table.columns[fitting:]:
        lines += wrap(f"not shown, in the file: {', '.join(left_out)}", width)
    return "\n".join([table.title, *(line[:width].rstrip() for line in lines)])


def as_markdown(table: FigureTable, width: int) -> str:
    """A table of GitHub's Markdown: all columns, whatever the ``width``."""
    del width
    rule = ["---" if c < table.words else "---:" for c in range(len(table.columns))]
    rows = [[cell.replace("|", r"\|") for cell in row] for row in (table.columns, *table.rows)]
    lines = ["| " + " | ".join(row) + " |" for row in (rows[0], rule, *rows[1:])]
    return "\n".join([f"{table.title}:", "", *lines])


def as_latex(table: FigureTable, width: int) -> str:
    """A ``tabular`` of LaTeX, which needs no package: all columns, whatever the ``width``."""
    del width
    rows = [[_escaped(cell) for cell in row] for row in (table.columns, *table.rows)]
    lines = [" & ".join(row) + r" \\" for row in rows]
    alignment = "l" * table.words + "r" * (len(table.columns) - table.words)
    begin, end = rf"\begin{{tabular}}{{{alignment}}}", r"\end{tabular}"
    body = [begin, r"\hline", lines[0], r"\hline", *lines[1:], r"\hline", end]
    return "\n".join([f"% {table.title}", *body])


def _shortened(cell: str) -> str:
    if len(cell) <= LONGEST:
        return cell
    half = (LONGEST - 1) // 2
    return f"{cell[:half]}…{cell[-(LONGEST - 1 - half) :]}"


def _escaped(cell: str) -> str:
    cell = cell.replace("\\", r"\textbackslash ")
    cell = re.sub(r"([&%$#_{}])", r"\\\1", cell)
    return cell.replace("~", r"\textasciitilde ").replace("±", r"$\pm$").replace("…", r"\dots ")
