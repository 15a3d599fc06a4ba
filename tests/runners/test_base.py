"""Tasks of a user's own, and what all runners keep to."""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from omegaconf import DictConfig
from omegaconf.errors import ReadonlyConfigError

from stylenet.errors import StylenetError
from stylenet.run.building import build
from stylenet.run.preparing import prepare
from stylenet.runners import FeedForwardRunner

Script = Callable[..., int]
OWN = '''
from pathlib import Path
from stylenet.errors import StylenetError
from stylenet.runners import FeedForwardRunner


class Titled(FeedForwardRunner):
    """Nets with a title."""

    paths = (*FeedForwardRunner.paths, "title")

    def validate(self, config, say):
        super().validate(config, say)
        if config.title is None:
            raise StylenetError("Got no title.", "Give title=<file>.")

    def save_results(self, run, *, finished):
        loss = super().save_results(run, finished=finished)
        (run.folder / "title.txt").write_text(Path(run.config.title).read_text())
        return loss
'''
TASK = """# @package _global_
defaults:
  - feedforward

title: null
runner:
  _target_: own_task.Titled
"""


def test_a_subclass_of_a_task_runs_without_the_package_knowing_it(
    script: Script,
    tiny: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    conf = tmp_path / "conf"
    (conf / "task").mkdir(parents=True)
    (conf / "task" / "titled.yaml").write_text(TASK)
    (tmp_path / "own_task.py").write_text(OWN)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "title.md").write_text("A title")
    run = tmp_path / "run"
    own = ["--config-dir", str(conf), "task=titled", *tiny, "logger=none", f"run.dir={run}"]
    try:
        assert script("train.py", *own, "trainer.max_steps=1") == 2
        assert "Give title=<file>." in capfd.readouterr().err
        assert script("train.py", *own, "trainer.max_steps=1", "title=title.md") == 0
        (run / "title.txt").unlink()
        # the title's path was made absolute
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        monkeypatch.chdir(elsewhere)
        assert script("train.py", f"resume={run}", "trainer.max_steps=2") == 0
    finally:
        sys.modules.pop("own_task", None)
    assert (run / "title.txt").read_text() == "A title"
    assert json.loads((run / "model.json").read_text())["training"]["steps"] == 2


def files(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


@pytest.mark.parametrize("task", ["feedforward", "multistyle", "gatys", "pyramid"])
def test_building_writes_nothing_and_changes_no_setting(
    task: str, composed: Callable[..., DictConfig], photos: Path, tmp_path: Path
) -> None:
    small = "style_size.px=48" if task in ("feedforward", "multistyle") else "content_size.px=48"
    given = composed(f"task={task}", small, "logger=none", f"run.dir={tmp_path / 'run'}")
    before = copy.deepcopy(given)
    config = prepare(given)
    assert given == before
    settled, there = copy.deepcopy(config), files(tmp_path)
    run = build(config)
    assert config == settled
    assert files(tmp_path) == there
    assert run.folder == tmp_path / "run"
    with pytest.raises(ReadonlyConfigError):
        config.seed = 1


def test_maps_that_nothing_reads_are_refused(
    script: Callable[..., int], tiny: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    own = ["data=coco", "data.root=x", "data.regions=[[person]]", "logger=none"]
    assert script("train.py", *tiny, *own) == 2
    assert "nothing reads these maps" in " ".join(capfd.readouterr().err.split())


@pytest.mark.parametrize("content", ["[" * 200_000, "{", "[]", '{"training": {"steps": "x"}}'])
def test_results_that_are_damaged_are_named(content: str, tmp_path: Path) -> None:
    runner = FeedForwardRunner()
    assert runner.progress(tmp_path) == (0, False)
    (tmp_path / runner.results).write_text('{"training": {"steps": 7, "finished": true}}')
    assert runner.progress(tmp_path) == (7, True)
    (tmp_path / runner.results).write_text(content)
    with pytest.raises(StylenetError, match=r"model\.json is damaged .*Delete it: the run goes on"):
        runner.progress(tmp_path)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ([], "no term of the loss compares them. Add loss/temporal=stills"),
        (["task=multistyle"], "and the task MultiStyle, which paints one. Use task=feedforward"),
    ],
)
def test_frames_that_follow_and_nobody_compares_are_an_error(
    script: Callable[..., int],
    tiny: list[str],
    photos: Path,
    capfd: pytest.CaptureFixture[str],
    more: list[str],
    words: str,
) -> None:
    kept = [v for v in tiny if not v.startswith(("data=", "data.val_count", "style="))]
    styles = [photos / "06.jpg", photos / "07.jpg"][: 2 if more else 1]
    own = [f"style=[{','.join(map(str, styles))}]", "data=video", "logger=none"]
    assert script("train.py", *kept, *own, *more) == 2
    assert words in " ".join(capfd.readouterr().err.split())
