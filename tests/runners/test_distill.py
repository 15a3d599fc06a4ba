"""The real train.py task=distill: what a run leaves behind, resuming, warm starts, refusals."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from stylenet.loss_networks.network import compact_vgg
from stylenet.loss_networks.student import compact_vgg as compact_student
from stylenet.loss_networks.weights import RandomWeights, WeightsFile

Script = Callable[..., int]
Losses = Callable[[Path], dict[tuple[int, str], float]]
Parted = Callable[..., tuple[Path, Path]]
WIDTHS = ((4, 4), (4, 4), (4, 4), (6, 6), (8,))
RANDOM = "loss_network/weights@teacher.weights=random"
pytestmark = pytest.mark.usefixtures("drawn_once")


@pytest.fixture
def small(photos: Path, tmp_path: Path) -> list[str]:
    paintings, val = tmp_path / "paintings", tmp_path / "val"
    for folder, names in ((paintings, ("06", "07")), (val, ("04", "05"))):
        folder.mkdir()
        for name in names:
            shutil.move(photos / f"{name}.jpg", folder)
    return [
        "task=distill",
        RANDOM,
        f"student.net.widths={[list(block) for block in WIDTHS]}".replace(" ", ""),
        f"data.roots=[{photos},{paintings}]",
        "data.repeats=[1,2]",
        "data.exclude=[00.*]",
        f"data.val_root={val}",
        "data.size=48",
        "data.val_size=48",
        "data.batch_size=2",
        "data.num_workers=0",
        "trainer.accelerator=cpu",
        "trainer.log_every_n_steps=1",
        "trainer.max_steps=4",
        "trainer.val_check_interval=2",
        "card.licence='as this project'",
        f"run.dir={tmp_path / 'run'}",
    ]


def test_a_run_leaves_a_loss_network_with_its_card(
    losses: Losses,
    script: Script,
    small: list[str],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert script("train.py", *small) == 0
    run = tmp_path / "run"
    for name in ("config.yaml", "run.json", "curves.png", "checkpoints/last.ckpt"):
        assert (run / name).stat().st_size > 0, name
    assert (run / "checkpoints" / "best.ckpt").is_file()
    with (run / "losses.csv").open() as file:
        assert len(list(csv.DictReader(file))) == len(losses(run))  # nothing is noted twice
    names = {name for _, name in losses(run)}
    assert {"train/loss/total", "train/loss/relu5_1", "val/loss/total"} <= names
    assert {f"val/explained/{n}" for n in ("relu2_2", "relu3_2", "relu4_2", "relu5_1")} <= names

    network = compact_vgg(WeightsFile(str(run / "student.safetensors")), widths=WIDTHS)
    image = torch.rand(1, 3, 48, 48)
    assert network(image, ["relu5_1"])["relu5_1"].shape == (1, 8, 3, 3)
    tensors = load_file(run / "student.safetensors")
    assert {value.dtype for value in tensors.values()} == {torch.float16}

    facts = json.loads((run / "student.json").read_text())
    assert (facts["steps"], facts["finished"], facts["seed"]) == (4, True, 0)
    assert facts["teacher"] == "squeezenet1_0, random(seed=0)"
    assert facts["validation"]["val/explained/relu2_2"] == pytest.approx(
        losses(run)[4, "val/explained/relu2_2"]
    )
    card = (run / "student.md").read_text()
    digest = hashlib.sha256((run / "student.safetensors").read_bytes()).hexdigest()
    for words in (digest, "relu4_2 learns fire8", "as this project", "val/explained/relu4_2"):
        assert words in card
    said = capfd.readouterr().out
    assert "student   student.safetensors\n" in said
    assert "no logits: random(seed=0) has no classifier" in said


def test_resuming_continues_with_the_same_losses(
    losses: Losses, script: Script, small: list[str], whole_and_parted: Parted
) -> None:
    whole, parted = whole_and_parted([*small, "logger=none", "scheduler.steps=6"], 3, 6)
    expected, got = losses(whole), losses(parted)
    assert {k: v for k, v in got.items() if "train" in k[1]} == {
        k: v for k, v in expected.items() if "train" in k[1]
    }
    a, b = (load_file(run / "student.safetensors") for run in (whole, parted))
    assert all(torch.equal(a[key], b[key]) for key in a)
    assert script("train.py", f"resume={parted}") == 2


def test_a_warm_start_begins_with_the_files_weights(
    script: Script, small: list[str], tmp_path: Path
) -> None:
    start = compact_student(RandomWeights(seed=3), WIDTHS)
    with torch.no_grad():
        start.layers.conv1_1.bias.fill_(0.5)  # type: ignore[union-attr, operator]
    save_file(start.tensors(), tmp_path / "start.safetensors")
    warm = [
        "loss_network/weights@student.weights=file",
        f"student.weights.path={tmp_path / 'start.safetensors'}",
        "optimizer.lr=1e-9",
        "optimizer.weight_decay=0",
        "trainer.max_steps=1",
        "logger=none",
    ]
    assert script("train.py", *small, *warm) == 0
    state = torch.load(tmp_path / "run" / "checkpoints" / "last.ckpt", weights_only=True)
    kept = state["state_dict"]["net.layers.conv1_1.weight"]
    torch.testing.assert_close(kept, start.tensors()["conv1_1.weight"], rtol=0, atol=1e-6)
    facts = json.loads((tmp_path / "run" / "student.json").read_text())
    assert "start.safetensors" in facts["begun_as"]


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["style=udnie"], "task=distill trains on data"),
        (["trainer.max_steps=-1", "trainer.max_epochs=2"], "without a number of steps"),
        (["data.exclude=[rain_princes.*]"], "fits no picture"),
        (["data.repeats=[1]"], "for each how often its pictures come"),
        (["distillation.weights={relu9_9:2.0}"], "has no layer relu9_9"),
    ],
)
def test_what_has_no_meaning_is_refused(
    script: Script,
    small: list[str],
    overrides: list[str],
    words: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert script("train.py", *small, "logger=none", *overrides) == 2
    assert words in capfd.readouterr().err
