"""The launchers of conf/hydra/launcher: they fit their plugins, and really run a sweep's jobs."""

from __future__ import annotations

import importlib
import inspect
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import yaml
from hydra import compose
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from stylenet.run.launch import in_words
from stylenet.sweeps import launchers

CONF = Path(__file__).parents[2] / "conf"
LAUNCHERS = sorted(file.stem for file in (CONF / "hydra" / "launcher").glob("*.yaml"))
Script = Callable[..., int]


@pytest.fixture
def launcher(composed: Callable[..., DictConfig]) -> Callable[[str], DictConfig]:
    def build(name: str) -> DictConfig:
        config = compose("train", [f"hydra/launcher={name}"], return_hydra_config=True)
        with_name = OmegaConf.merge(config, {"hydra": {"job": {"name": "x"}}})
        return with_name.hydra.launcher

    return build


def test_there_is_a_file_for_each_launcher_of_the_plugins() -> None:
    assert set(LAUNCHERS) == {"joblib", "ray", "submitit_local", "submitit_slurm"}


@pytest.mark.parametrize("name", LAUNCHERS)
def test_a_launcher_has_the_keys_of_its_plugin(
    name: str, launcher: Callable[[str], DictConfig]
) -> None:
    plugin = f"hydra_plugins.hydra_{name.partition('_')[0]}_launcher"
    config = pytest.importorskip(f"{plugin}.config" if name != "ray" else f"{plugin}._config")
    kinds = {
        "joblib": "JobLibLauncherConf",
        "ray": "RayLauncherConf",
        "submitit_local": "LocalQueueConf",
        "submitit_slurm": "SlurmQueueConf",
    }
    schema = OmegaConf.structured(getattr(config, kinds[name]))
    ours = launcher(name)
    assert set(ours) == set(schema)
    assert OmegaConf.merge(schema, ours)._target_ == schema._target_  # the types fit, too
    module, _, target = str(ours._target_).rpartition(".")
    assert inspect.isclass(getattr(importlib.import_module(module), target))


@pytest.mark.parametrize("name", ["joblib", "submitit_local", "ray"])
def test_a_launcher_runs_jobs_in_processes_of_their_own(
    name: str,
    script: Script,
    tiny: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip({"ray": "ray", "joblib": "joblib"}.get(name, "submitit"))
    monkeypatch.setattr(launchers, "jobs_at_once", lambda: 2)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    arguments = [f"hydra/launcher={name}", "norm=batch", "logger=none"]
    arguments += ["loss/style_distance=squared_gram", "comparison=none"]  # no photographs to read
    if name == "joblib":  # whose jobs are processes that cannot start others by default
        arguments.append("data.num_workers=1")
    assert script("train.py", "-m", *tiny, *arguments, "trainer.max_steps=1") == 0
    (sweep,) = (f for f in (tmp_path / "runs").iterdir() if not f.is_symlink())
    (run,) = (path.parent for path in sweep.glob("*/model.safetensors"))
    config = yaml.safe_load((run / "config.yaml").read_text())
    assert config["run"]["group"] == sweep.name
    assert run.name == f"0_{config['run']['name']}"
    assert "batch" in config["norm"]["_target_"].lower()
    facts = json.loads((run / "run.json").read_text())
    assert facts["hardware"]["threads"] == 1
    assert "deprecated" not in capfd.readouterr().err


@pytest.mark.parametrize(("plugin", "extra"), launchers.EXTRAS.items())
def test_a_launcher_that_is_not_installed_is_named_with_its_remedy(plugin: str, extra: str) -> None:
    error = RuntimeError(f"Unknown plugin class : 'hydra_plugins.hydra_{plugin}_launcher.x.Y'")
    words = in_words(error)
    assert words is not None
    assert f"hydra-{plugin}-launcher" in words
    assert f"pip install 'stylenet[{extra}]'" in words
    assert in_words(RuntimeError("another")) is None


def test_jobs_take_the_gpus_in_turn(
    composed: Callable[..., DictConfig], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert (launchers.jobs_at_once(), launchers.gpus_per_job()) == (2, 1)
    config = composed()
    target = "hydra_plugins.hydra_joblib_launcher.joblib_launcher.JoblibLauncher"
    hydra = {"mode": "MULTIRUN", "launcher": {"_target_": target}, "job": {"num": 3}}
    before = HydraConfig.instance().cfg
    try:
        HydraConfig.instance().cfg = OmegaConf.merge(
            compose("train", [], return_hydra_config=True), {"hydra": hydra}
        )
        assert launchers.choose_gpu(config) == 1
        config.trainer.devices = 2
        assert launchers.choose_gpu(config) is None
        config.trainer.devices, config.trainer.accelerator = 1, "cpu"
        assert launchers.choose_gpu(config) is None
    finally:
        HydraConfig.instance().cfg = before


def test_without_gpus_there_is_a_job_a_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(6), raising=False)
    assert (launchers.jobs_at_once(), launchers.gpus_per_job()) == (6, 0)
