"""`stylenet tune` as it is typed: trials are runs of the ordinary training."""

from __future__ import annotations

import csv
import json
import os
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stylenet.tuning.search import JOURNAL

Script = Callable[..., int]
STYLENET = "src/stylenet/__main__.py"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def small(photos: Path, tmp_path: Path) -> list[str]:
    """A search of two keys, whose trials take four steps and are looked at after each."""
    return [
        *("data=folder", f"data.root={photos}", "data.val_count=1", "data.size=48"),
        *("data.val_size=48", "data.batch_size=1", "data.num_workers=0", "style_size.px=32"),
        *("net.width=0.125", "net.blocks=1", "init=null", "precision=32", "trainer=cpu"),
        *(f"style={photos / '07.jpg'}", "comparison=fixed", "objective=balanced"),
        *("trainer.max_steps=4", "trainer.val_check_interval=1", "callbacks.pictures=null"),
        *("callbacks.checkpoints.last_every=1", f"tune.study={tmp_path / 'study'}"),
        *("~tune.space.loss.style_layers", "~tune.space.style_scale"),
    ]


def table(study: Path) -> list[dict[str, str]]:
    with (study / "trials.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def journal(study: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (study / JOURNAL).read_text().splitlines()]


def typed(command: str) -> list[str]:
    """The overrides of the command that a search ends with."""
    words = shlex.split(command.removeprefix("train "))
    return words[words.index("train") + 1 :]


def test_a_search_says_what_to_type_and_goes_on(
    script: Script, small: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = tmp_path / "study"
    assert script(STYLENET, "tune", *small, "tune.trials=3") == 0
    said = capsys.readouterr().out
    rows = table(study)
    assert [row["trial"] for row in rows] == ["0", "1", "2"]
    assert (rows[0]["loss.style_weight"], rows[0]["loss.content_layers"]) == ("20", "[relu4_1]")
    for row in rows:  # each is a run with these very settings
        run = study / row["run"]
        config = (run / "config.yaml").read_text()
        assert f"style_weight: {row['loss.style_weight']}" in config
        metrics = json.loads((run / "metrics.json").read_text())
        assert metrics["to_minimise"] == float(row["value"])
        assert row["state"] == "finished"
    best = min(rows, key=lambda row: float(row["value"]))
    assert f"best      trial {best['trial']}: balanced {float(best['value']):.4g}" in said
    (line,) = [line for line in said.splitlines() if line.startswith("train ")]
    overrides = typed(line)
    assert f"loss.style_weight={best['loss.style_weight']}" in overrides
    assert f"loss.content_layers={best['loss.content_layers']}" in overrides
    assert not any(o.lstrip("~").startswith("tune") for o in overrides)
    before = {run: run.stat().st_mtime_ns for run in study.glob("trial_*/metrics.json")}

    assert script(STYLENET, "tune", *small, "tune.trials=4") == 0
    assert [row["trial"] for row in table(study)] == ["0", "1", "2", "3"]
    assert {run: run.stat().st_mtime_ns for run in before} == before

    # what it says can be typed, and is the best trial anew
    again = [*overrides, f"run.dir={tmp_path / 'best'}", "logger=none", "compile=false"]
    assert script("train.py", *again) == 0
    found = json.loads((tmp_path / "best" / "metrics.json").read_text())["to_minimise"]
    assert found == pytest.approx(float(best["value"]), rel=1e-4)


def test_what_is_worse_than_the_others_ends_early(
    script: Script, small: list[str], tmp_path: Path
) -> None:
    """A rate that wrecks a net is seen at the first validation."""
    more = ["+tune.space.optimizer.lr.choices=[1e-3,3.0]", "tune.pruner.n_startup_trials=1"]
    assert script(STYLENET, "tune", *small, *more, "tune.trials=6") == 0
    rows = table(tmp_path / "study")
    pruned = [row for row in rows if row["state"] == "pruned"]
    assert "3" in {row["optimizer.lr"] for row in pruned}
    for row in pruned:
        assert int(row["steps"]) < 4
        assert not (tmp_path / "study" / row["run"] / "metrics.json").exists()
    finished = [row for row in rows if row["state"] == "finished"]
    best = min(float(row["value"]) for row in finished)
    assert all(float(row["last_value"]) > best for row in pruned)


def test_two_processes_share_a_search_and_one_may_be_killed(
    script: Script, small: list[str], tmp_path: Path, wait_for: Callable[..., bool]
) -> None:
    """Another process and this one; what the other was at when it is killed, a third finishes."""
    study = tmp_path / "study"
    words = [*small, "tune.trials=5", "tune.pruner._target_=optuna.pruners.PercentilePruner"]
    # as small as the fixtures make them in this process
    words += ["comparison.px=64", "+comparison.style.distance.photographs.px=64"]
    words += ["+loss.style_distance.photographs.px=64"]
    command = [sys.executable, "-m", "stylenet", "tune", *words]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1"}

    def begun(count: int) -> bool:
        return wait_for(lambda: len(list(study.glob("trial_*/checkpoints/last.ckpt"))) >= count)

    with (tmp_path / "other").open("wb") as log:
        other = subprocess.Popen(
            command, env=environment, cwd=tmp_path, stdout=log, stderr=subprocess.STDOUT
        )
    killer = threading.Thread(target=lambda: begun(2) and other.kill())
    try:
        assert begun(1), (tmp_path / "other").read_text()
        killer.start()
        assert script(STYLENET, "tune", *words) == 0
        killer.join()
        assert other.wait() == -signal.SIGKILL, (tmp_path / "other").read_text()
        assert script(STYLENET, "tune", *words) == 0
    finally:
        other.kill()
        other.wait()
    rows = table(study)
    assert [row["trial"] for row in rows] == [str(number) for number in range(5)]
    assert {row["state"] for row in rows} <= {"finished", "pruned"}
    assert len({(row["loss.style_weight"], row["loss.content_layers"]) for row in rows}) == 5
    ended = [line for line in journal(study) if line.get("state", 0) in (1, 2)]
    assert len(ended) == 5  # none twice


def test_an_image_is_looked_at_with_its_snapshots(
    script: Script, photos: Path, tmp_path: Path
) -> None:
    arguments = [
        *("task=gatys", f"content={photos / '00.jpg'}", f"style={photos / '01.jpg'}"),
        *("content_size.px=48", "comparison=fixed", "objective=balanced", "trainer=cpu"),
        *("trainer.max_steps=4", "callbacks.snapshots.every=2", "precision=32"),
        *("optimizer=adam_pixels", f"tune.study={tmp_path / 'study'}", "tune.trials=2"),
        *("~tune.space.loss.style_layers", "~tune.space.style_scale"),
    ]
    assert script(STYLENET, "tune", *arguments) == 0
    rows = table(tmp_path / "study")
    assert [row["state"] for row in rows] == ["finished", "finished"]
    assert (tmp_path / "study" / "trial_0001" / "result.png").is_file()
    reported = [line for line in journal(tmp_path / "study") if "intermediate_value" in line]
    assert [(line["trial_id"], line["step"]) for line in reported] == [(0, 2), (1, 2)]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["tune.trials=0"], "tune.trials=0"),
        (["trainer.devices=2"], "trainer.devices=2"),
        (["loss.style_weight=3"], "Got loss.style_weight, which the search is to choose"),
        (["+tune.space.los.weight.choices=[1]"], "the run has no los.weight"),
        (["tune.space.loss.style_weight.min=90"], "tune.space.loss.style_weight"),
        (["style=udnje"], "udnie"),
        (["norm=instence"], "instance"),
        (["resume=runs/x"], "a search goes on by itself"),
    ],
)
def test_what_cannot_be_searched_is_said(
    script: Script,
    small: list[str],
    more: list[str],
    words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    keys = {one.partition("=")[0] for one in more}
    rest = [one for one in small if one.partition("=")[0] not in keys]
    assert script(STYLENET, "tune", *rest, *more) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("module", "words"),
    [("optuna", "stylenet[tune]"), ("efficientnet_lite_pytorch", "stylenet[judge]")],
)
def test_what_is_not_installed_is_named(
    script: Script,
    small: list[str],
    module: str,
    words: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, module, None)  # as if it were not there
    rest = [one for one in small if not one.startswith(("comparison=", "objective="))]
    assert script(STYLENET, "tune", *rest, "tune.trials=1") == 2
    assert words in capsys.readouterr().err


def test_training_itself_searches_nothing(
    script: Script, capsys: pytest.CaptureFixture[str]
) -> None:
    assert script("train.py", "tune=net", "style=udnie") == 2
    assert "stylenet tune" in capsys.readouterr().err


def test_help_names_every_key(script: Script, capsys: pytest.CaptureFixture[str]) -> None:
    assert script(STYLENET, "tune", "--help") == 0
    said = capsys.readouterr().out
    for key in ("study", "trials", "sampler", "pruner", "space.loss.style_weight", "run"):
        assert f"tune.{key}" in said
