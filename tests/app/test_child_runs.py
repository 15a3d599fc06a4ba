"""Runs that are watched: their processes are played by a shell script."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from omegaconf import DictConfig, OmegaConf

import stylenet
from stylenet.app import child_runs
from stylenet.app.child_runs import ChildRun, optimisation, training
from stylenet.app.words import Pace
from stylenet.errors import StylenetError

# the run directory is the last word; a picture a step, until it is interrupted or enough
SCRIPT = """#!/bin/sh
for word; do case "$word" in run.dir=*) run="${word#run.dir=}";; esac; done
echo "$@" > "$0.words"
trap 'touch "$run/result.png"; exit 143' TERM
mkdir -p "$run/snapshots"
touch "$run/snapshots/step_000000.png" "$run/snapshots/step_000005.png"
printf 'step,name,value\\r\\n5,train/loss/total,2.5\\r\\n5,train/loss/style/relu1_2,1\\r\\n' \\
    > "$run/losses.csv"
printf '10,train/lo' >> "$run/losses.csv"
"""
ENDS = {
    "done": 'sleep 0.3; touch "$run/result.png"\n',
    "goes on": "while true; do sleep 0.05; done\n",
    "lingers": "printf 'ss/total,9\\r\\n7,train/loss/total,2.25\\r\\n' >> \"$run/losses.csv\"\n"
    "trap 'sleep 60' TERM\nwhile true; do sleep 0.05; done\n",
    "fails": "echo out of luck; exit 1\n",
}


@pytest.fixture
def begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., ChildRun]:
    monkeypatch.setattr(child_runs, "PATIENCE", 0.01)

    def start(end: str, minutes: float = 1.0) -> ChildRun:
        script = tmp_path / "script"
        script.write_text(SCRIPT + ENDS[end])
        script.chmod(0o755)
        monkeypatch.setattr(child_runs, "sys", SimpleNamespace(executable=str(script)))
        content, style = tmp_path / "a photo.png", tmp_path / "style.png"
        return optimisation(tmp_path / "run", content, style, 64, 10, minutes)

    return start


def test_pictures_come_one_after_the_other_and_the_result_last(
    begin: Callable[..., ChildRun], tmp_path: Path
) -> None:
    seen = list(begin("done").watch())
    assert [p.finished for p in seen][-1]
    assert seen[-1].picture == tmp_path / "run" / "snapshots" / "step_000005.png"
    assert seen[-1].step == 5
    assert len(seen) > 1
    assert (tmp_path / "run" / "result.png").is_file()


def test_losses_are_those_of_whole_terms_and_whole_lines(begin: Callable[..., ChildRun]) -> None:
    assert list(begin("done").watch())[-1].losses == ((5, "total", 2.5),)


def test_stopped_its_result_is_the_newest_picture_and_nothing_is_waited_for(
    begin: Callable[..., ChildRun], tmp_path: Path
) -> None:
    run = begin("lingers")
    last = None
    for progress in run.watch():
        last = progress
        written = progress.picture is not None and (7, "total", 2.25) in progress.losses
        if written and not progress.stopping:
            run.stop()
            begun = time.monotonic()
    assert time.monotonic() - begun < 20  # at the signal the script would sleep for a minute
    assert last is not None
    assert (last.finished, last.stopping) == (True, True)
    assert last.picture == tmp_path / "run" / "snapshots" / "step_000005.png"
    assert last.step == 5  # of the picture: a later loss may have been logged
    assert last.losses[-1] == (7, "total", 2.25)
    assert not run.running


def test_a_training_that_is_stopped_says_so_until_it_has_written_its_net(
    begin: Callable[..., ChildRun], tmp_path: Path
) -> None:
    list(begin("done").watch())
    script = tmp_path / "script"
    script.write_text(SCRIPT.replace("result.png", "model.safetensors") + ENDS["goes on"])
    run = training(tmp_path / "net", tmp_path / "a photo.png", 1.5, 1.0)
    seen = []
    for progress in run.watch():
        seen.append(progress)
        if progress.losses:
            run.stop()
    assert [p.stopping for p in seen] == sorted(p.stopping for p in seen)  # once, then for good
    assert (seen[-1].stopping, seen[-1].finished) == (True, True)
    assert (tmp_path / "net" / "model.safetensors").is_file()


def test_a_picture_of_step_0_is_no_result(begin: Callable[..., ChildRun], tmp_path: Path) -> None:
    list(begin("done").watch())
    (tmp_path / "script").write_text(
        '#!/bin/sh\nfor word; do case "$word" in run.dir=*) run="${word#run.dir=}";; esac; done\n'
        'mkdir -p "$run/snapshots"; touch "$run/snapshots/step_000000.png"; exec sleep 60\n'
    )
    run = optimisation(tmp_path / "other", tmp_path / "a", tmp_path / "b", 64, 10, 1.0)
    stopped = (run.stop() for progress in run.watch() if progress.picture is not None)
    with pytest.raises(StylenetError, match="stopped before it had begun"):
        list(stopped)


def test_the_time_left_is_that_of_the_steps_so_far() -> None:
    pace = Pace(100)
    assert pace.time_left(0, 50.0) == ""
    assert pace.time_left(5, 60.0) == "about 3 minutes left"  # 95 steps of 2 seconds
    assert pace.time_left(70, 190.0) == "about 60 seconds left"
    assert pace.time_left(100, 250.0) == "a few seconds left"


def test_it_stops_by_itself_after_some_minutes(begin: Callable[..., ChildRun]) -> None:
    # enough for the script's trap
    assert list(begin("goes on", minutes=0.5 / 60).watch())[-1].finished


@pytest.mark.skipif(not hasattr(os, "getpriority"), reason="there are no priorities")
def test_it_gives_way_to_the_page(begin: Callable[..., ChildRun]) -> None:
    run = begin("goes on")
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert os.getpriority(os.PRIO_PROCESS, run._process.pid) == min(19, own + child_runs.GIVES_WAY)
    run.kill()


def test_killed_it_is_gone(begin: Callable[..., ChildRun]) -> None:
    run = begin("goes on")
    assert run.running
    run.kill()
    assert not run.running
    run.stop()  # nothing is left to be stopped


def test_failed_it_says_why(begin: Callable[..., ChildRun]) -> None:
    with pytest.raises(StylenetError, match="and said: out of luck"):
        list(begin("fails").watch())


def test_stopped_before_it_has_begun_it_says_so(
    begin: Callable[..., ChildRun], tmp_path: Path
) -> None:
    list(begin("done").watch())
    (tmp_path / "script").write_text("#!/bin/sh\nexec sleep 60\n")
    run = optimisation(tmp_path / "other", tmp_path / "a", tmp_path / "b", 64, 10, 1.0)
    run.stop()
    with pytest.raises(StylenetError, match="stopped before it had begun"):
        list(run.watch())


def _settings(words: str) -> DictConfig:
    assert words.startswith("-m stylenet train task=")
    overrides = words.strip().removeprefix("-m stylenet train ").replace("a photo", "a_photo")
    return stylenet.compose(*[w.replace("a_photo", "a photo") for w in overrides.split()])


def test_an_optimisations_settings_are_those_of_train(
    begin: Callable[..., ChildRun], tmp_path: Path
) -> None:
    list(begin("done").watch())
    config = _settings((tmp_path / "script.words").read_text())
    assert config.content == str(tmp_path / "a photo.png")
    assert OmegaConf.select(config, "content_size.px") == 64
    assert config.trainer.max_steps == 10
    assert config.callbacks.snapshots.every == child_runs.EVERY
    assert config.run.dir == str(tmp_path / "run")


def test_a_trainings_settings_are_those_of_train(
    begin: Callable[..., ChildRun], tmp_path: Path
) -> None:
    list(begin("done").watch())
    run = training(tmp_path / "net", tmp_path / "a photo.png", 1.5, 1.0)
    with pytest.raises(StylenetError, match="ended without a result"):  # the script makes no net
        list(run.watch())
    config = _settings((tmp_path / "script.words").read_text())
    assert config.style == str(tmp_path / "a photo.png")
    assert config.init == "base"
    assert config.trainer.budget_minutes == 1.5
    assert config.trainer.val_check_interval == child_runs.VALIDATED
    assert config.task["_target_"] == "stylenet.tasks.FeedForward"
    assert config.run.dir == str(tmp_path / "net")
