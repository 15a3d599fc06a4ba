"""The study of nets of several styles: its tables and its sheets, from runs really made."""

from __future__ import annotations

import csv
import json
import runpy
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from stylenet.images import read_image, write_image

STUDY = Path(__file__).parents[2] / "experiments" / "several_styles"


@pytest.fixture
def compare() -> SimpleNamespace:
    return SimpleNamespace(**runpy.run_path(str(STUDY / "compare.py")))


def write_rows(file: Path, rows: list[dict[str, object]]) -> Path:
    file.parent.mkdir(exist_ok=True)
    with file.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return file


def test_last_validations_are_compared_with_those_of_nets_of_one_style(
    compare: SimpleNamespace, tmp_path: Path
) -> None:
    steps: list[dict[str, object]] = [{"step": step} for step in (10, 20)]
    for run, name, values in (
        ("single_wave", "val/loss", (9, 2)),
        ("bank", "val/loss/wave", (9, 3)),
    ):
        rows = [
            {**step, "name": f"{name}/{loss}", "value": value}
            for step, value in zip(steps, values, strict=True)
            for loss in ("style", "content")
        ]
        write_rows(tmp_path / run / "losses.csv", rows)
    alone, bank = compare.on_squares(tmp_path, ["bank"])
    assert alone == {"painting": "wave", "net": "single", "style": "2.000", "ratio": "1.00"} | {
        "content": "2.000"
    }
    assert (bank["net"], bank["style"], bank["ratio"]) == ("bank", "3.000", "1.50")


def test_each_style_is_compared_with_the_net_of_this_style_alone(
    compare: SimpleNamespace, tmp_path: Path
) -> None:
    values = {"single_wave": [1.0, 3.0], "single_rust": [4.0, 4.0], "bank_wave": [3.0, 3.0]}
    same = {"content": 1, "tv": 1, "ssim": 0.5, "style_bytes": 8}
    rows = [
        {"model": model, "style": loss, "milliseconds": ms, **same}
        for model, losses in values.items()
        for loss, ms in zip(losses, (10, 30), strict=True)
    ]
    figures = compare.means(write_rows(tmp_path / "metrics.csv", rows))
    assert figures["single_wave"]["style"] == 2
    assert figures["single_wave"]["milliseconds"] == 20
    found = compare.against_single(figures, ["bank"])
    ratios = [(row["painting"], row["net"], row["ratio"]) for row in found]
    assert ratios == [
        ("wave", "single", "1.00"),
        ("wave", "bank", "1.50"),
        ("rust", "single", "1.00"),
    ]


@pytest.mark.parametrize(
    ("losses", "steps"), [((3.0, 2.2, 1.9), "20"), ((3.0, 2.5, 2.3), "not in 30")]
)
def test_a_style_has_come_near_when_its_loss_is_within_a_tenth(
    compare: SimpleNamespace, tmp_path: Path, losses: tuple[float, ...], steps: str
) -> None:
    name = "val/loss/rust/style"
    for run, values in {"grown": losses, "joint": (9.0, 1.0, 2.0)}.items():
        write_rows(
            tmp_path / run / "losses.csv",
            [{"step": 10 * n, "name": name, "value": v} for n, v in enumerate(values, 1)],
        )
    model = {"styles": [{"name": "wave"}, {"name": "rust"}], "training": {"steps": 30}}
    (tmp_path / "grown" / "model.json").write_text(json.dumps(model))
    (tmp_path / "grown" / "run.json").write_text(json.dumps({"wall_seconds": 60}))
    row = compare.added(tmp_path / "grown", tmp_path / "joint")
    assert row["steps_to_within_10_percent"] == steps
    assert row["seconds"] == ("40" if steps == "20" else "")


def test_sheets_are_drawn_from_a_run(
    script: Callable[..., int],
    tiny: list[str],
    photos: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    styles, run = tmp_path / "styles", tmp_path / "runs" / "bank"
    styles.mkdir()
    for number, name in enumerate(("sand", "moss")):
        shutil.copy(photos / f"{number:02d}.jpg", styles / f"{name}.jpg")
    rest = [argument for argument in tiny if not argument.startswith("style=")]
    made = ["task=multistyle", "style=[sand,moss]", f"paths.styles={styles}", "logger=none"]
    assert script("train.py", *rest, *made, "trainer.max_steps=1", f"run.dir={run}") == 0

    regions = torch.zeros(3, 48, 48)
    regions[0, :, :24], regions[2, :, 24:] = 1, 1
    write_image(tmp_path / "place.png", torch.rand(3, 48, 48))
    write_image(tmp_path / "place_regions.png", regions)
    monkeypatch.setenv("STYLENET_CONTENTS", str(photos))
    where = ["--regions", str(tmp_path / "place.png"), "--colours", "red", "blue"]
    which = ["--photographs", "03", "04", "--pair", "sand", "moss", "--out", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["sheets.py", str(run.parent), "bank", *which, *where])
    runpy.run_path(str(STUDY / "sheets.py"), run_name="__main__")
    grid = read_image(tmp_path / "bank.jpg")
    assert grid.shape[2] > 3 * 115  # photograph and two styles
    assert grid.shape[1] > 3 * 115  # paintings and two photographs
    assert read_image(tmp_path / "bank_mixed.jpg").shape[1] > 3 * 115


def test_what_nets_made_lies_beside_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    main = runpy.run_path(str(STUDY / "beside.py"))
    colours = {"alone": 0.0, "bank": 1.0}
    for net, grey in colours.items():
        (tmp_path / net).mkdir()
        for name in main["SHOWN"]:
            write_image(tmp_path / net / f"{name}.png", torch.full((3, 24, 24), grey))
    arguments = [str(tmp_path), *colours, "--out", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["beside.py", *arguments])
    main["main"]()
    sheet = read_image(tmp_path / "falling.jpg")
    assert sheet.shape[1] > 4 * 200
    middle = sheet[0, sheet.shape[1] // 8 + 20]  # of the first row
    quarter = sheet.shape[2] // 4
    assert middle[quarter] < 0.1
    assert middle[-quarter] > 0.9
