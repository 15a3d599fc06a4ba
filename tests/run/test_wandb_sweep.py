"""docs/wandb_sweep.yaml, without W&B's server: what its agent would run, runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from wandb.sdk.launch.sweeps.utils import create_sweep_command, create_sweep_command_args

from stylenet.settings.arguments import quoted
from stylenet.settings.objectives import direction

ROOT = Path(__file__).parents[2]
SWEEP: dict[str, Any] = yaml.safe_load((ROOT / "docs" / "wandb_sweep.yaml").read_text())


def values_of(parameter: dict[str, Any]) -> list[Any]:
    if "value" in parameter:
        return [parameter["value"]]
    return list(parameter.get("values") or (parameter["min"], parameter["max"]))


def command(number: int) -> list[str]:
    """What the agent puts in place of ``${args}`` with the first or the last of all values."""
    chosen = {key: {"value": values_of(one)[number]} for key, one in SWEEP["parameters"].items()}
    arguments: list[str] = create_sweep_command_args({"args": chosen})["args"]
    return arguments


def test_the_agent_is_told_to_run_train_py_with_all_that_it_chose() -> None:
    assert (ROOT / SWEEP["program"]).is_file()
    assert create_sweep_command(SWEEP["command"])[-2:] == ["${program}", "${args}"]
    assert SWEEP["metric"]["goal"].startswith(direction(SWEEP["metric"]["name"]))


@pytest.mark.parametrize("number", [0, -1])
def test_what_the_agent_runs_logs_what_it_waits_for(
    number: int, script: Callable[..., int], tiny: list[str], tmp_path: Path
) -> None:
    """Made small: all keys but those two are the agent's."""
    arguments = [
        a for a in command(number) if not a.startswith(("--style=", "--trainer.max_steps"))
    ]
    assert all(argument.startswith("--") for argument in arguments)
    small = [a for a in tiny if not a.startswith("net.width")]
    assert script("train.py", *small, "trainer.max_steps=1", "logger=none", *arguments) == 0
    found = json.loads((tmp_path / "runs" / "latest" / "metrics.json").read_text())
    assert found[SWEEP["metric"]["name"]] == found["to_minimise"]


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("--loss.style_weight=3.5", "loss.style_weight=3.5"),
        ("--norm=batch", "norm=batch"),
        ("--net/padding=reflect40", "net/padding=reflect40"),
        ("--cfg=job", "--cfg=job"),
        ("--config-name=train", "--config-name=train"),
        ("--multirun", "--multirun"),
        ("--help", "--help"),
        ("+logger.wandb.tags=[paper]", "++logger.wandb.tags=[paper]"),
        ("+trainer.fast_dev_run=true", "+trainer.fast_dev_run=true"),
    ],
)
def test_a_key_with_dashes_is_a_key_and_an_option_of_hydras_stays_one(
    argument: str, expected: str
) -> None:
    assert quoted([argument]) == [expected]
