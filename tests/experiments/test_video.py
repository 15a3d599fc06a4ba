"""The study of flicker, on the clip that it makes."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from stylenet.metrics import Judge

ROOT = Path(__file__).parents[2]
pytest.importorskip("av", reason="the extra video is not installed")
pytest.importorskip("cv2", reason="the extra video is not installed")


def test_flicker_is_measured_beside_style(
    load: Callable[[Path], ModuleType],
    shipped: Path,
    photos: Path,
    small_judge: Judge,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    measure = load(ROOT / "experiments" / "video" / "measure.py")
    monkeypatch.setattr(measure.Judge, "lite0", lambda: small_judge)
    monkeypatch.setattr(measure, "JUDGED_PX", 48)
    monkeypatch.setattr(measure, "MADE_FRAMES", 12)
    ways = {way: measure.VARIANTS[way] for way in ("frame_by_frame", "blend_0.9")}
    monkeypatch.setattr(measure, "VARIANTS", ways)
    results = tmp_path / "results.csv"
    words = ["--clips", "made", "--px", "48", "--paintings", photos / "03.jpg"]
    words = ["measure.py", tmp_path / "out", *words, "--results", results]
    monkeypatch.setattr("sys.argv", [str(word) for word in words])
    measure.main()
    rows = {row["variant"]: row for row in csv.DictReader(results.read_text().splitlines())}
    assert set(rows) == {"original", "frame_by_frame", "blend_0.9"}
    assert {(row["width"], row["height"], row["frames"]) for row in rows.values()} == {
        ("36", "48", "12")
    }
    assert rows["original"]["style"] == ""  # a distance from which painting?
    assert float(rows["original"]["warp_1"]) < float(rows["blend_0.9"]["warp_1"])
    assert {row["painting"] for row in rows.values()} == {"", "03"}
    assert float(rows["blend_0.9"]["warp_1"]) < float(rows["frame_by_frame"]["warp_1"])
