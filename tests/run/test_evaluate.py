"""The real evaluate.py on nets that train.py just made."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

Script = Callable[..., int]


@pytest.fixture
def runs(script: Script, tiny: list[str], tmp_path: Path) -> list[Path]:
    made = []
    for norm in ("instance", "batch"):
        run = tmp_path / norm
        arguments = [f"norm={norm}", "trainer.max_steps=2", "logger=none", f"run.dir={run}"]
        assert script("train.py", *tiny, *arguments) == 0
        made.append(run)
    return made


def rows(out: Path) -> list[dict[str, str]]:
    with (out / "metrics.csv").open() as file:
        return list(csv.DictReader(file))


def test_models_side_by_side(
    script: Script,
    runs: list[Path],
    photos: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    (photos / "broken.jpg").write_bytes((photos / "00.jpg").read_bytes()[:200])
    out = tmp_path / "out"
    models = f"model=[{runs[0]},{runs[1] / 'model.safetensors'}]"
    assert script("evaluate.py", models, f"content={photos}", f"out={out}") == 0
    said = capfd.readouterr()
    assert "broken.jpg" in said.out + said.err
    table = rows(out)
    assert {row["model"] for row in table} == {"instance", "batch"}
    assert len(table) == 2 * 8
    for row in table:
        assert row["loss_network"] == "compact_vgg"
        assert float(row["content"]) > 0
        assert float(row["style"]) > 0
        assert float(row["tv"]) >= 0
        assert -1 <= float(row["ssim"]) <= 1
        assert float(row["milliseconds"]) > 0
    with Image.open(out / "instance" / "03.png") as painted, Image.open(photos / "03.jpg") as photo:
        assert painted.size == photo.size == (51, 48)
    assert (out / "sheet.png").is_file()
    assert "means under compact_vgg" in said.out


def test_one_picture_and_a_model_far_from_its_run(
    script: Script, runs: list[Path], photos: Path, tmp_path: Path
) -> None:
    """Without the run directory the style is looked for by name, and given by hand."""
    for suffix in ("safetensors", "json"):
        shutil.copy(runs[0] / f"model.{suffix}", tmp_path / f"moved.{suffix}")
    out = tmp_path / "out"
    common = [f"model={tmp_path / 'moved.safetensors'}", f"content={photos / '01.jpg'}"]
    assert script("evaluate.py", *common, f"out={out}", f"style={photos / '07.jpg'}") == 0
    assert float(rows(out)[0]["style"]) > 0
    assert script("evaluate.py", *common, f"out={out}", f"paths.cache={tmp_path}") == 0
    assert rows(out)[0]["style"] == ""
    assert rows(out)[0]["model"] == "moved"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"model": "/nowhere"}, ["/nowhere", "run directory"]),
        ({"content": "/nowhere.jpg"}, ["/nowhere.jpg"]),
        ({"device": "cuda:9"}, ["cuda"]),
        ({"loss_network": "vgg"}, ["vgg16", "Did you mean"]),
    ],
)
def test_refusals_are_said_in_words(
    script: Script,
    runs: list[Path],
    photos: Path,
    change: dict[str, str],
    words: list[str],
    capfd: pytest.CaptureFixture[str],
) -> None:
    settings = {"model": str(runs[0]), "content": str(photos / "00.jpg"), **change}
    assert script("evaluate.py", *(f"{k}={v}" for k, v in settings.items())) == 2
    said = " ".join(capfd.readouterr().err.split())
    assert "Traceback" not in said
    for word in words:
        assert word in said
