"""Tables of rows that need not be alike."""

from __future__ import annotations

import csv
from pathlib import Path

from stylenet.files import write_csv


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    rows = [{"a": "x, y", "b": None}, {"a": 'say "z"\nto them', "c": 0.5}]
    file = write_csv(tmp_path / "table.csv", rows)
    with file.open(newline="") as lines:
        assert list(csv.DictReader(lines)) == [
            {"a": "x, y", "b": "", "c": ""},
            {"a": 'say "z"\nto them', "b": "", "c": "0.5"},
        ]
    assert b"\r" not in file.read_bytes()
