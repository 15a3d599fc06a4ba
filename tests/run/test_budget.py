"""A budget of minutes: which runs have one, how many steps fit, and that timing changes nothing."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import yaml
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from stylenet import processes
from stylenet.errors import StylenetError
from stylenet.run import budget
from stylenet.run.preparing import prepare
from stylenet.settings.config_file import CONFIG_FILE

Timed = Callable[..., DictConfig]


@pytest.fixture
def timed(composed: Callable[..., DictConfig], monkeypatch: pytest.MonkeyPatch) -> Timed:
    """``timed(*overrides, seconds=1.0)``: prepared where a step takes so long."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)

    def one(*overrides: str, seconds: float = 1.0) -> DictConfig:
        given = [*overrides, "logger=none"]
        return prepare(composed(*given), given, timer=lambda config: seconds)

    return one


@pytest.mark.parametrize(
    ("seconds", "steps"), [(1.0, 240), (2.0, 120), (0.5, 300), (0.001, 300), (1000.0, 1)]
)
def test_as_many_steps_as_fit(seconds: float, steps: int, timed: Timed) -> None:
    config = timed("scheduler=cosine", seconds=seconds)
    assert config.trainer.max_steps == config.scheduler.steps == steps
    assert "budget_minutes" not in config.trainer
    (words,) = [words for words in config.run.messages if "budget_minutes" in words]
    assert words.startswith(f"trainer.max_steps {steps}: a step takes {seconds:.2g} s")


def test_the_default_is_less_where_the_processor_is_faster(
    timed: Timed, processor: Callable[..., None]
) -> None:
    processor(bf16=True)
    assert timed().trainer.max_steps == 120
    assert timed("trainer.budget_minutes=0.5").trainer.max_steps == 30


@pytest.mark.parametrize("task", [["task=multistyle"], ["task=feedforward", "style=hubble"]])
def test_nets_have_a_budget(task: list[str], timed: Timed) -> None:
    assert timed(*task, "style=hubble").trainer.max_steps == 240


@pytest.mark.parametrize("task", ["multistyle", "regions"])
def test_minutes_and_steps_are_for_each_style(task: str, timed: Timed) -> None:
    arguments = [f"task={task}", "style=[udnie,wave,the_scream]"]
    config = timed(*arguments)
    assert config.trainer.max_steps == 3 * 240
    assert "=4 for each of 3 styles, at most 900" in " ".join(config.run.messages)
    assert timed(*arguments, seconds=0.001).trainer.max_steps == 900
    assert timed(*arguments, "trainer.budget_minutes=null").trainer.max_steps == 900
    assert timed(*arguments, "trainer.max_steps=200").trainer.max_steps == 200


@pytest.mark.parametrize(
    ("given", "steps"),
    [
        (["trainer.max_steps=7"], 7),
        (["trainer.max_steps=300"], 300),
        (["trainer.max_epochs=2"], -1),
        (["trainer.max_time=00:01:00:00"], 300),
        (["trainer.budget_minutes=null"], 300),
        (["experiment=several_styles/full"], 3000),
        (["experiment=swatches/smoke"], 1),
        (["recipe=johnson2016"], 40_000),
        (["task=texture"], 200),
    ],
)
def test_a_length_that_was_asked_for_stays(given: list[str], steps: int, timed: Timed) -> None:
    config = timed(*given)
    assert config.trainer.max_steps == steps
    assert not any("budget_minutes" in words for words in config.run.messages)


def test_jobs_of_a_sweep_are_of_equal_length(timed: Timed, monkeypatch: pytest.MonkeyPatch) -> None:
    class Swept:
        mode = RunMode.MULTIRUN

    monkeypatch.setattr(HydraConfig, "initialized", lambda: True)
    monkeypatch.setattr(HydraConfig, "get", lambda: Swept)
    trainer = {"max_steps": 300, "max_time": None, "budget_minutes": 1.0}

    def steps_of(styles: int) -> int:
        config = OmegaConf.create({"trainer": trainer, "publication": None})
        budget.settle_budget(config, [], lambda config: 1.0, lambda words: None, styles)
        return int(config.trainer.max_steps)

    assert [steps_of(1), steps_of(2)] == [300, 600]
    Swept.mode = RunMode.RUN
    assert [steps_of(1), steps_of(2)] == [60, 120]


@pytest.mark.parametrize("wish", ["0", "-1", "soon", "true"])
def test_a_budget_that_is_none_is_an_error(wish: str, timed: Timed) -> None:
    with pytest.raises(StylenetError, match=r"budget_minutes=.*above 0, auto or null"):
        timed(f"trainer.budget_minutes={wish}")


def test_other_processes_take_the_firsts_number(
    timed: Timed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / CONFIG_FILE).write_text("trainer: {max_steps: 123}\n")
    monkeypatch.setenv(processes.RUN_DIR, str(tmp_path))
    assert timed(seconds=1.0).trainer.max_steps == 123


def test_processes_of_torchrun_agree(timed: Timed, monkeypatch: pytest.MonkeyPatch) -> None:
    class Store(dict):
        set = dict.__setitem__

        def get(self, key):
            return self[key].encode()

    store = Store()
    monkeypatch.setattr(processes, "_store", lambda: store)
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "one")
    monkeypatch.setenv("WORLD_SIZE", "2")
    for rank, seconds in (("0", 2.0), ("1", 7.0)):
        monkeypatch.setenv("RANK", rank)
        assert timed(seconds=seconds).trainer.max_steps == 120


def test_processes_of_srun_are_not_timed_and_say_so(
    timed: Timed, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"NTASKS": "2", "PROCID": "0", "JOB_ID": "1"}.items():
        monkeypatch.setenv(f"SLURM_{name}", value)
    config = timed(seconds=7.0)
    assert config.trainer.max_steps == 300
    assert any("none is timed" in words for words in config.run.messages)


def losses(run: Path) -> list[list[str]]:
    with (run / "losses.csv").open() as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("more", [[], ["scheduler=cosine"]])
def test_timing_leaves_the_run_as_it_is(
    more: list[str], script: Callable[..., int], tiny: list[str], tmp_path: Path
) -> None:
    """Weights, random numbers, batches: the losses are those of a run of that length asked for."""
    timed_run, asked = tmp_path / "timed", tmp_path / "asked"
    common = [*tiny, "logger=none", *more]
    budgeted = [*common, f"run.dir={timed_run}", "trainer.budget_minutes=0.005"]
    assert script("train.py", *budgeted) == 0
    steps = yaml.safe_load((timed_run / CONFIG_FILE).read_text())["trainer"]["max_steps"]
    record = json.loads((timed_run / "run.json").read_text())
    assert 1 <= record["steps"] == steps < 300
    assert sum(f"max_steps {steps}: a step" in words for words in record["messages"]) == 1
    exact = [*common, f"run.dir={asked}", f"trainer.max_steps={steps}"]
    assert script("train.py", *exact) == 0
    assert losses(timed_run) == losses(asked)
    # resumed, it has the length that is given now
    assert script("train.py", f"resume={timed_run}", f"trainer.max_steps={steps + 1}") == 0
    assert json.loads((timed_run / "run.json").read_text())["steps"] == steps + 1


def test_the_default_length_is_that_of_conf(composed: Callable[..., DictConfig]) -> None:
    assert composed().trainer.max_steps == budget.MAX_STEPS
