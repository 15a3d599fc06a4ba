"""An optimisation that is watched: its process is played by a shell script."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from omegaconf import OmegaConf

import stylenet
from stylenet.app import optimising
from stylenet.app.optimising import Optimisation
from stylenet.errors import StylenetError

# the run directory is the last word; a picture a step, until it is interrupted or enough
SCRIPT = """#!/bin/sh
for word; do case "$word" in run.dir=*) run="${word#run.dir=}";; esac; done
echo "$@" > "$0.words"
trap 'touch "$run/result.png"; exit 143' TERM
mkdir -p "$run/snapshots"
touch "$run/snapshots/step_000000.png" "$run/snapshots/step_000005.png"
"""
ENDS = {
    "done": 'touch "$run/result.png"\n',
    "goes on": "while true; do sleep 0.05; done\n",
    "fails": "echo out of luck; exit 1\n",
}


@pytest.fixture
def begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Optimisation]:
    monkeypatch.setattr(optimising, "PATIENCE", 0.01)

    def start(end: str, minutes: float = 1.0) -> Optimisation:
        script = tmp_path / "script"
        script.write_text(SCRIPT + ENDS[end])
        script.chmod(0o755)
        monkeypatch.setattr(optimising, "sys", SimpleNamespace(executable=str(script)))
        content, style = tmp_path / "a photo.png", tmp_path / "style.png"
        return Optimisation(tmp_path / "run", content, style, 64, 10, minutes)

    return start


def test_pictures_come_one_after_the_other_and_the_result_last(
    begin: Callable[..., Optimisation], tmp_path: Path
) -> None:
    seen = list(begin("done").watch())
    assert [p.finished for p in seen][-1]
    assert seen[-1].picture == tmp_path / "run" / "result.png"
    assert seen[-1].step == 5


def test_stopped_it_gives_what_it_has_come_to(begin: Callable[..., Optimisation]) -> None:
    run = begin("goes on")
    last = None
    for progress in run.watch():
        last = progress
        if progress.picture is not None:
            run.stop()
    assert last is not None
    assert last.finished
    assert not run.running


def test_it_stops_by_itself_after_some_minutes(begin: Callable[..., Optimisation]) -> None:
    # enough for the script's trap
    assert list(begin("goes on", minutes=0.5 / 60).watch())[-1].finished


def test_killed_it_is_gone(begin: Callable[..., Optimisation]) -> None:
    run = begin("goes on")
    assert run.running
    run.kill()
    assert not run.running
    run.stop()  # nothing is left to be stopped


def test_failed_it_says_why(begin: Callable[..., Optimisation]) -> None:
    with pytest.raises(StylenetError, match="it said: out of luck"):
        list(begin("fails").watch())


def test_its_settings_are_those_of_train(
    begin: Callable[..., Optimisation], tmp_path: Path
) -> None:
    list(begin("done").watch())
    words = (tmp_path / "script.words").read_text().strip()
    assert words.startswith("-m stylenet train task=gatys ")
    overrides = words.removeprefix("-m stylenet train ").replace("a photo", "a_photo").split()
    config = stylenet.compose(*[w.replace("a_photo", "a photo") for w in overrides])
    assert config.content == str(tmp_path / "a photo.png")
    assert OmegaConf.select(config, "content_size.px") == 64
    assert config.trainer.max_steps == 10
    assert config.callbacks.snapshots.every == optimising.EVERY
    assert config.run.dir == str(tmp_path / "run")
