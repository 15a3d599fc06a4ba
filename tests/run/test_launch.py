"""Starting a Hydra application: where its configuration is, what its processes start, compose."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf

from stylenet import compose
from stylenet.run import launch
from stylenet.run.processes import together, typed_command

ROOT = Path(__file__).parents[2]


def imported_by(importtime: str) -> set[str]:
    """The modules in what ``python -X importtime`` says."""
    lines = [line for line in importtime.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip() for line in lines}


@pytest.fixture
def application(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Room for a Hydra application in this process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HYDRA_FULL_ERROR", raising=False)
    GlobalHydra.instance().clear()
    yield
    GlobalHydra.instance().clear()
    HydraConfig.instance().cfg = None


@pytest.mark.usefixtures("application")
@pytest.mark.parametrize(
    ("typed", "subcommand"),
    [
        (["train.py", "norm=batch"], []),
        (["/bin/stylenet", "train", "norm=batch"], ["train"]),
    ],
)
def test_the_processes_of_a_run_are_started_by_its_own_command_line(
    typed: list[str], subcommand: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    trainer: Any = SimpleNamespace(strategy=SimpleNamespace(launcher=None))
    seen: list[Any] = []

    def task(config: DictConfig) -> None:
        seen.append(config.norm._target_)
        seen.append(typed_command())
        with together(trainer, tmp_path):
            seen.append(sys.argv)

    monkeypatch.setattr(sys, "argv", list(typed))
    launch(task, "train", ["norm=batch"], subcommand)
    assert seen == ["torch.nn.BatchNorm2d", typed, typed]
    assert sys.argv == typed == [sys.argv[0], *subcommand, "norm=batch"]


@pytest.mark.parametrize("arguments", [["--help"], ["--cfg", "job"], ["norm=instanc"], ["nor=1"]])
def test_help_and_misspelt_names_do_not_wait_for_imports(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", str(ROOT / "train.py"), *arguments],
        capture_output=True,
        text=True,
        env={k: v for k, v in os.environ.items() if k != "HYDRA_FULL_ERROR"},
    )
    assert done.returncode == (0 if arguments[0].startswith("-") else 2)
    imported = imported_by(done.stderr)
    assert "hydra" in imported
    slow = {"torch", "pytorch_lightning", "wandb", "matplotlib", "numpy", "scipy", "skimage", "PIL"}
    assert not slow & imported


@pytest.mark.parametrize(
    ("program", "choices"),
    [
        ("train.py", "loss_network: vgg16_bundled*, alexnet"),
        ("evaluate.py", "loss_network: compact_vgg*, alexnet"),
    ],
)
def test_help_shows_no_base_files(
    program: str, choices: str, script: Callable[..., int], capfd: pytest.CaptureFixture[str]
) -> None:
    assert script(program, "--help") == 0
    groups = capfd.readouterr().out.partition("Keys,")[0]
    assert choices in groups
    assert not re.search(r"[ ,]_\w", groups)


def test_evaluate_does_without_what_only_training_needs(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", str(ROOT / "evaluate.py"), "model=no", "content=no"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={k: v for k, v in os.environ.items() if k != "HYDRA_FULL_ERROR"},
    )
    assert done.returncode == 2
    imported = imported_by(done.stderr)
    assert "torch" in imported
    slow = {"pytorch_lightning", "torchvision", "torch._dynamo", "wandb", "matplotlib"}
    assert not slow & imported


def test_compose_is_the_command_lines_configuration() -> None:
    arguments = ["task=gatys", "content=chelsea", "trainer.max_steps=2"]
    done = subprocess.run(
        [sys.executable, str(ROOT / "train.py"), *arguments, "--cfg", "job"],
        capture_output=True,
        text=True,
        check=True,
    )
    config = compose(*arguments)
    assert OmegaConf.to_container(config, enum_to_str=True) == yaml.safe_load(done.stdout)
    assert compose("device=cpu", name="evaluate").device == "cpu"
    with pytest.raises(HydraException, match="instanc"):
        compose("norm=instanc")


def test_compose_leaves_a_hydra_that_is_there_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("a: 1")
    with initialize_config_dir(str(tmp_path), version_base="1.3"):
        mine = GlobalHydra.instance().hydra
        compose()
        assert GlobalHydra.instance().hydra is mine is not None
    assert not GlobalHydra.instance().is_initialized()
