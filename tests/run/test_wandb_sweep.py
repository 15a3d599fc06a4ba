"""docs/wandb_sweep.yaml, without W&B's server: what its agent would run, runs."""

from __future__ import annotations

import json
import os
import queue
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import wandb
import yaml
from wandb import wandb_agent
from wandb.apis.public import sweeps as server
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


def test_wandbs_own_agent_runs_train_py_until_the_server_ends_it(
    tiny: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    wandb_history: Callable[[Path], list[dict[str, Any]]],
) -> None:
    """Its agent and the processes it starts are real, the server's three answers are not."""
    small = dict(a.split("=", 1) for a in tiny) | {"trainer.max_steps": 1, "logger": "wandb"}
    small |= {"loss/style_distance": "squared_gram", "comparison.px": 64}
    chosen = {key: values_of(one)[0] for key, one in SWEEP["parameters"].items()} | small
    job = {"type": "run", "run_id": "job1", "program": str(ROOT / SWEEP["program"])}
    job["args"] = {key: {"value": value} for key, value in chosen.items()}
    left: list[dict[str, Any]] = [job, {"type": "exit"}]

    def answer(_: object, agent: str, __: object, running: dict[str, bool]) -> list[dict[str, Any]]:
        assert agent == "agent1"
        return [] if running else [left.pop(0)]

    monkeypatch.setattr(server, "_sweep_with_runs", lambda *_: {"config": yaml.safe_dump(SWEEP)})
    monkeypatch.setattr(server, "_register_agent", lambda *_, **__: {"id": "agent1"})
    monkeypatch.setattr(server, "_agent_heartbeat", answer)
    monkeypatch.setattr(wandb, "Api", lambda: None)  # it logs in
    monkeypatch.setattr(wandb, "teardown", lambda *_: None)
    monkeypatch.setattr(wandb_agent.Agent, "POLL_INTERVAL", 0.5)
    monkeypatch.chdir(tmp_path)
    for name in ("WANDB_RUN_ID", "WANDB_SWEEP_PARAM_PATH"):  # the agent sets them, and leaves them
        monkeypatch.setenv(name, "")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    told = {"WANDB_MODE": "offline", "WANDB_SWEEP_ID": "sweep1", "WANDB_DIR": str(tmp_path)}
    for name, value in {**told, "PATH": path}.items():
        monkeypatch.setenv(name, value)

    agent = wandb_agent.Agent(None, queue.Queue(), sweep_id="sweep1")
    agent.run()

    assert not left
    assert (agent._finished, agent._failed) == (1, 0)
    (file,) = tmp_path.glob("runs/*_*/wandb/offline-run-*-job1/run-job1.wandb")
    assert any(SWEEP["metric"]["name"] in row for row in wandb_history(file))


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
