"""experiments/workspace.py, up to the request: nothing is sent."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

with warnings.catch_warnings(action="ignore"):  # of pydantic, while it is imported
    pytest.importorskip("wandb_workspaces", reason="wandb-workspaces is not installed")
    from wandb_workspaces.reports.v2 import interface
    from wandb_workspaces.workspaces import internal

STUDIES = Path(__file__).parents[2] / "experiments"
ENTITY, PROJECT = "me", "stylenet"
# of pydantic and of the package, to themselves
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")


@pytest.fixture
def script(load: Callable[[Path], ModuleType]) -> ModuleType:
    return load(STUDIES / "workspace.py")


def run(script: ModuleType, monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    monkeypatch.setattr(sys, "argv", ["workspace.py", *words])
    script.main()


def kinds(spec: Any) -> list[str]:
    """The kinds of all panels in it."""
    if isinstance(spec, dict):
        own = [spec["viewType"]] if "viewType" in spec else []
        return own + [kind for value in spec.values() for kind in kinds(value)]
    return [kind for one in spec for kind in kinds(one)] if isinstance(spec, list) else []


def test_what_would_be_sent_shows_what_the_study_varies_and_goes_by(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(script, monkeypatch, "norm", ENTITY, PROJECT)
    specs = json.loads(capsys.readouterr().out)
    for spec in specs.values():
        text = json.dumps(spec)
        assert "norm/full" in text
        assert "val/loss/total" in text  # what its claim goes by
        found = kinds(spec)
        for kind in ("Run History Line Plot", "Parallel Coordinates Plot", "Media Browser"):
            assert kind in found
        # under settings a run has all its groups: tests/loggers/test_weights_and_biases.py
        for place in ("norm.value", "settings.value.data.batch_size", "seed.value"):
            assert f"config:{place}" in text
    report = json.dumps(specs["report"])
    assert "Instance norm gives a lower loss" in report
    assert "in part" in report


def test_it_is_sent_as_it_was_printed(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sent: list[dict[str, Any]] = []

    def execute(api: object, query: object, variables: dict[str, Any]) -> dict[str, Any]:
        sent.append(variables)
        view = {"id": "1", "name": "view", "displayName": "", "spec": variables["spec"]}
        project = {"name": PROJECT, "entityName": ENTITY}
        more = {"description": "", "type": "runs", "project": project, "updatedAt": None}
        return {"upsertView": {"view": view | more}}

    class Api:
        client = None

        def projects(self, entity: str) -> list[Any]:
            assert entity == ENTITY
            return [type("Project", (), {"name": PROJECT})]

    for module in (interface, internal):
        monkeypatch.setattr(module, "execute_graphql", execute)
    monkeypatch.setattr(internal.wandb, "Api", Api)
    monkeypatch.setattr(interface, "_get_api", Api)
    monkeypatch.setattr(interface.wandb, "termlog", lambda words: None)
    monkeypatch.setattr(type(script.workspace("norm", "full", "", "")), "url", "")
    monkeypatch.setattr(type(script.report("norm", "full", ENTITY, PROJECT)), "url", "")
    monkeypatch.setenv("WANDB_MODE", "online")
    run(script, monkeypatch, "norm", ENTITY, PROJECT, "--save")
    view, report = sent
    assert (view["entityName"], view["projectName"], view["type"]) == (
        ENTITY,
        PROJECT,
        "project-view",
    )
    assert (report["entityName"], report["projectName"], report["type"]) == (
        ENTITY,
        PROJECT,
        "runs",
    )
    assert view["displayName"] == report["displayName"] == "norm/full"
    for request in sent:
        assert "val/loss/total" in request["spec"]
        json.loads(request["spec"])


def test_every_study_of_a_sweep_has_one(script: ModuleType) -> None:
    for file in sorted(script.EXPERIMENTS.glob("*/full.yaml")):
        if "sweeper" not in file.read_text():
            continue
        view = script.workspace(file.parent.name, "full", ENTITY, PROJECT)
        assert [section.name for section in view.sections] == ["Curves", "Compared", "Images"]


def test_what_cannot_be_made_is_said(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_MODE", "offline")
    with pytest.raises(SystemExit, match=r"no experiment=norms/full.*norm/full"):
        run(script, monkeypatch, "norms", ENTITY, PROJECT)
    with pytest.raises(SystemExit, match=r"W&B cannot be reached: offline as asked"):
        run(script, monkeypatch, "norm", ENTITY, PROJECT, "--save")
