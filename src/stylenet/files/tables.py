"""Tables as CSV, for spreadsheets and for whatever reads them next."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from stylenet.files.writing import write_text


def write_csv(file: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    """Write ``rows``, whole or not at all; a column for each key that any of them has.

    None, and what a row lacks, are empty cells.
    """
    columns = dict.fromkeys(key for row in rows for key in row)
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(file, text.getvalue())
    return file
