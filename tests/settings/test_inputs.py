"""Inputs that only one task takes: where they are, and what is said where they are not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from stylenet.errors import StylenetError
from stylenet.settings.explain import explain
from stylenet.settings.inputs import check_keys, runner_for, tasks_with

Composed = Callable[..., DictConfig]
CONF = Path(__file__).parents[2] / "conf"
OF_PICTURES = ["gatys", "gatys_video", "invert", "pyramid", "sketch", "texture"]


@pytest.mark.parametrize(
    ("key", "tasks"),
    [
        ("sketch", ["sketch"]),
        ("colouring", ["sketch"]),
        ("content", OF_PICTURES),
        ("regions", OF_PICTURES),
        ("bank", ["add_style", "regions"]),
        ("maps", ["regions"]),
        ("teacher", ["distill"]),
        ("pyramid", ["pyramid"]),
        ("norm", []),  # of every task
        ("nothing", []),
    ],
)
def test_a_key_belongs_to_the_tasks_that_declare_it_and_their_descendants(
    key: str, tasks: list[str], composed: Composed
) -> None:
    assert tasks_with(key) == tasks  # without Hydra, as when words are found for its errors
    for task in tasks or ["feedforward"]:
        config = composed(f"task={task}")
        assert (key in config) == (key != "nothing")
        check_keys(config, task)
        assert tasks_with(key) == tasks


def leaves(config: DictConfig, above: str = "") -> Iterator[str]:
    """The keys of a configuration, with those of the group ``task``."""
    for key in map(str, config):
        yield above + key
        if key == "task":
            yield from leaves(config[key], "task.")


def test_each_input_of_a_task_is_refused_elsewhere_with_the_tasks_that_take_it(
    composed: Composed,
) -> None:
    """What a composed configuration has tells which these are, not the reader of the files."""
    files = (CONF / "task").glob("*.yaml")
    others = {name: composed(f"task={name}") for name in ("feedforward", "gatys")}
    taken = {name: set(leaves(composed(f"task={name}"))) for name in sorted(f.stem for f in files)}
    everywhere = set.intersection(*taken.values())
    own = set.union(*taken.values()) - everywhere
    assert own >= {
        "sketch",
        "reference",
        "bank",
        "teacher",
        "content",
        "clip",
        "task.clamp",
        "init",
    }
    for key in own:
        takers = [name for name, keys in taken.items() if key in keys]
        task = "gatys" if "feedforward" in takers else "feedforward"
        given = [f"task={task}", f"{key}=x"]
        is_group = (CONF / key).is_dir()  # Hydra misses one before it composes
        update = (
            partial(composed, *given)
            if is_group
            else partial(OmegaConf.update, others[task], key, "x")
        )
        with pytest.raises((HydraException, OmegaConfBaseException)) as caught:
            update()
        words = explain(caught.value, given)
        assert words.startswith(f"Error: Got {key}=x. {key} is an input of task=")
        assert re.findall(r"task=(\w+)", words.removeprefix(f"Error: Got {key}=x.")) == takers


def test_a_key_that_nothing_declares_is_refused_with_the_nearest(composed: Composed) -> None:
    with pytest.raises(StylenetError, match=r"no key trainr\. Did you mean trainer\?"):
        check_keys(composed("+trainr=3"), "feedforward")
    with pytest.raises(StylenetError, match=r"no key sketch\..* an input of task=sketch"):
        check_keys(composed("task=gatys", "+sketch=a.png"), "gatys")


def test_a_misspelt_key_in_a_file_is_refused(
    script: Callable[..., int], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    study = tmp_path / "conf" / "experiment" / "mine.yaml"
    study.parent.mkdir(parents=True)
    study.write_text("# @package _global_\nsed: 3\n")
    assert script("train.py", "--config-dir", str(tmp_path / "conf"), "experiment=mine") == 2
    assert "There is no key sed. Did you mean seed?" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["sketch=a.png"], "Got sketch=a.png. sketch is an input of task=sketch: choose that"),
        (["task=gatys", "teacher=vgg16"], "Got teacher=vgg16. teacher is an input of task=distill"),
        (["~task"], "Got runner=None, expected the _target_ of a stylenet.runners.Runner"),
        (["content_size.px=3"], "task=gatys, task=gatys_video, task=invert, task=pyramid, task=s"),
        (["colouring/matching=figure"], "Got colouring/matching=figure. colouring is an input of"),
        (
            ["data/augment@styles.augment=crop"],
            "augment=crop. styles is an input of task=any_style",
        ),
        (["loss/diversity=nearest"], "loss/diversity is an input of task=texture_net: choose that"),
        (
            ["task=sketch", "colouring/nothing=x"],
            "there is no key colouring/nothing. Did you mean co",
        ),
    ],
)
def test_an_input_of_another_task_is_refused_with_its_name(
    arguments: list[str], words: str, script: Callable[..., int], capfd: pytest.CaptureFixture[str]
) -> None:
    assert script("train.py", *arguments) == 2
    assert words in capfd.readouterr().err


def test_the_runner_of_an_old_run_is_that_of_its_module() -> None:
    runner = runner_for("stylenet.tasks.Gatys")
    assert runner is not None
    assert runner["_target_"] == "stylenet.runners.PixelRunner"
    assert runner_for("somebody.else") is None
