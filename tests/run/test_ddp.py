"""Two processes train as one with twice the batch does: really two, on CPUs, through train.py."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from omegaconf import DictConfig

import stylenet.processes
from stylenet.apply import load_model
from stylenet.data import module as data_module
from stylenet.errors import StylenetError
from stylenet.processes import RUN_DIR
from stylenet.run import processes, train
from stylenet.runners.checks import check_batch_statistics

ROOT = Path(__file__).parents[2]
# float32 sums of two halves of a batch differ from the sum of the whole in the last places
TOLERANCE = 1e-4
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
Script = Callable[..., int]
Losses = Callable[[Path], dict[tuple[int, str], float]]
Finish = Callable[[subprocess.Popen[str]], tuple[str, str]]
WaitFor = Callable[..., bool]


def start(command: list[str], arguments: list[str], folder: Path) -> subprocess.Popen[str]:
    """``train.py`` in a process group of its own."""
    return subprocess.Popen(
        [*command, str(ROOT / "train.py"), *arguments],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def test_two_processes_are_one_with_twice_the_batch(
    losses: Losses,
    steps_done: Callable[[Path], int],
    script: Script,
    tiny: list[str],
    tmp_path: Path,
    finish: Finish,
    wait_for: WaitFor,
) -> None:
    """torchrun, 3 steps; resumed by the trainer's own start; ended by SIGTERM to the first."""
    common = [*tiny, "data.val_size=32", "data.size=32", "precision=32", "net.blocks=1"]
    common.append("compile=false")  # which compile=auto would do, for as many steps as it is given
    # not Adam, whose first steps are as long for a gradient of mere rounding as for any other; and
    # short steps, for where rounding switches a ReLU the gradient jumps
    common += ["trainer.val_check_interval=2", "optimizer=sgd", "optimizer.lr=1e-6"]
    common += ["loss_network=compact_vgg", "loss.style_layers=[relu2_2,relu3_2]"]
    # nothing that is measured by photographs, of which tests have smaller ones than processes
    common += ["loss/convention=johnson2016", "comparison=none"]
    common.append("task.content_start=1")  # which falls by the length of the run
    two = [*common, "data.batch_size=1", "trainer=ddp", "trainer.devices=2", "logger=csv"]
    first, _ = finish(process := start(TORCHRUN, [*two, "trainer.max_steps=3"], tmp_path))
    assert process.returncode == 0, first
    assert first.count("net Transformer") == first.count("model.safetensors") == 1  # said once
    (pair,) = (f for f in (tmp_path / "runs").iterdir() if not f.is_symlink())
    assert [f.name for f in pair.glob("csv/*")] == ["version_0"]

    one = tmp_path / "one"
    alone = ["data.batch_size=2", f"run.dir={one}", "logger=none", "trainer.max_steps=3"]
    assert script("train.py", *common, *alone) == 0
    assert losses(pair) == pytest.approx(losses(one), rel=TOLERANCE)
    assert {step for step, _ in losses(one)} == {1, 2, 3}
    expected, got = load_model(one).net.state_dict(), load_model(pair).net.state_dict()
    for key, value in expected.items():
        torch.testing.assert_close(got[key], value, rtol=0, atol=TOLERANCE)

    # only the first process is told to stop: both do, after the same step
    more = [f"resume={pair}", "trainer.max_steps=100000", "trainer.val_check_interval=100"]
    process = start([sys.executable], more, tmp_path)
    wait_for(lambda: steps_done(pair) >= 6 or process.poll() is not None)
    process.send_signal(signal.SIGTERM)
    said, _ = finish(process)
    assert process.returncode == 128 + signal.SIGTERM, said
    assert "Traceback" not in said
    assert said.count("SIGTERM: stopping after this step") == 1
    assert "had other data" not in said
    done = torch.load(pair / "checkpoints" / "last.ckpt", weights_only=True)["global_step"]
    assert done == steps_done(pair) >= 6
    assert load_model(pair).description["training"]["finished"] is False
    assert script("train.py", f"resume={one}", "trainer.max_steps=6") == 0
    ours = {key: value for key, value in losses(pair).items() if key[0] in (4, 5, 6)}
    theirs = {k: v for k, v in losses(one).items() if k[0] in (4, 5, 6) and k in ours}
    assert ours == pytest.approx(theirs, rel=10 * TOLERANCE)

    # one process with half the batch goes on from there, and says so
    alone = ["trainer.strategy=auto", "trainer.devices=1", f"trainer.max_steps={done + 1}"]
    assert script("train.py", f"resume={pair}", *alone) == 0
    assert load_model(pair).description["training"]["steps"] == done + 1


def test_a_sweep_starts_the_processes_of_each_job_with_its_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["train.py", "-m", "norm=instance,batch"])
    monkeypatch.setattr(processes, "is_swept", lambda: True)
    overrides = SimpleNamespace(hydra=["hydra.mode=MULTIRUN"], task=["norm=batch"])
    config = SimpleNamespace(overrides=overrides)
    monkeypatch.setattr(processes.HydraConfig, "get", lambda: config)
    other = subprocess.Popen([sys.executable, "-c", ""])
    trainer: Any = SimpleNamespace(
        world_size=2, strategy=SimpleNamespace(launcher=SimpleNamespace(procs=[]))
    )
    with processes.together(trainer, tmp_path):
        assert sys.argv == ["train.py", "norm=batch"]
        assert os.environ[RUN_DIR] == str(tmp_path)
        os.environ["LOCAL_RANK"] = "0"  # as Lightning does
        trainer.strategy.launcher.procs.append(other)
    assert sys.argv == ["train.py", "-m", "norm=instance,batch"]
    assert not {RUN_DIR, "LOCAL_RANK"} & os.environ.keys()
    assert other.returncode == 0
    assert trainer.strategy.launcher.procs == []


@pytest.fixture
def hanging() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
    yield process
    process.kill()
    process.wait()


def test_an_error_ends_the_other_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hanging: subprocess.Popen[bytes]
) -> None:
    monkeypatch.setattr(stylenet.processes, "SECONDS_TO_END", 0.1)
    launcher = SimpleNamespace(procs=[hanging])
    trainer: Any = SimpleNamespace(world_size=2, strategy=SimpleNamespace(launcher=launcher))
    with (
        pytest.raises(StylenetError, match="of the test"),
        processes.together(trainer, tmp_path),
    ):
        raise StylenetError("Of this process,", "of the test.")
    assert hanging.returncode == -signal.SIGKILL


def test_the_failure_of_another_process_is_named(tmp_path: Path) -> None:
    failed = subprocess.Popen([sys.executable, "-c", "import sys; sys.exit(2)"])
    launcher = SimpleNamespace(procs=[failed])
    trainer: Any = SimpleNamespace(world_size=2, strategy=SimpleNamespace(launcher=launcher))
    with (
        pytest.raises(StylenetError, match=r"Another process of this run failed \(status 2\)"),
        processes.together(trainer, tmp_path),
    ):
        raise RuntimeError("connection closed by peer")


SLURM = {"SLURM_JOB_ID": "77", "SLURM_STEP_ID": "3", "SLURM_NTASKS": "4", "SLURM_PROCID": "2"}


def test_processes_that_would_wait_for_others_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alone: Any = SimpleNamespace(world_size=1, num_nodes=1)
    two_nodes: Any = SimpleNamespace(world_size=4, num_nodes=2)
    processes.check_processes(alone)
    with pytest.raises(StylenetError, match="torchrun or srun"):
        processes.check_processes(two_nodes)
    for key, value in SLURM.items():
        monkeypatch.setenv(key, value)
    processes.check_processes(two_nodes)
    with pytest.raises(StylenetError, match=r"Got 4 processes .* a trainer for 1.*trainer=ddp"):
        processes.check_processes(alone)


def test_the_cores_are_divided_among_the_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(8), raising=False)
    workers = {n: data_module._spare_cores(SimpleNamespace(num_devices=n)) for n in (1, 2, 4, 8)}
    assert workers == {1: 4, 2: 3, 4: 1, 8: 1}
    assert data_module._spare_cores(None) == 4


def test_batch_statistics_of_several_processes_are_said(
    composed: Callable[..., DictConfig], tiny: list[str], tmp_path: Path
) -> None:
    """One process that ddp starts leaves nothing behind; two are said to have statistics each."""
    overrides = [*tiny, "norm=batch", "trainer=ddp", "trainer.devices=1", "logger=none"]
    run = tmp_path / "run"
    config = composed(*overrides, "trainer.max_steps=1", f"run.dir={run}")
    assert train(config) is not None
    set_by_trainer = {"LOCAL_RANK", "NODE_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"}
    assert not set_by_trainer & os.environ.keys()
    assert not torch.distributed.is_initialized()
    notes = json.loads((run / "run.json").read_text())["messages"]
    assert not [words for words in notes if "batch statistics" in words]

    strategy = SimpleNamespace(root_device=torch.device("cpu"))
    said: list[str] = []
    two: Any = SimpleNamespace(
        config=config,
        trainer=SimpleNamespace(world_size=2, strategy=strategy),
        task=SimpleNamespace(net=torch.nn.Sequential(torch.nn.BatchNorm2d(3))),
    )
    check_batch_statistics(two, said.append)
    assert "each of the 2 processes" in said[-1]
    config.trainer.sync_batchnorm = True
    with pytest.raises(StylenetError, match="on CPUs"):
        check_batch_statistics(two, said.append)
