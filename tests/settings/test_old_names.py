"""Runs of earlier versions are resumed, though what their configurations name has moved since."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hydra.utils import get_object
from omegaconf import OmegaConf
from PIL import Image

from stylenet.settings.old_names import renew_targets, renewed

# every name that conf/ had under a place that moved
BEFORE = {
    "stylenet.losses.caffe.CaffeWeights",
    "stylenet.losses.distillation.Distillation",
    *(f"stylenet.losses.network.{name}" for name in ("alexnet", "compact_vgg", "vgg16", "vgg19")),
    *(f"stylenet.losses.network.squeezenet1_{version}" for version in "01"),
    "stylenet.losses.padding.ReplicatingConv2d",
    "stylenet.losses.student.compact_vgg",
    *(
        f"stylenet.losses.weights.{name}"
        for name in ("Bundled", "Pretrained", "RandomWeights", "WeightsFile")
    ),
    "stylenet.run.regions.automatic.ClusteredRegions",
    "stylenet.run.regions.automatic.SegmentedRegions",
    "stylenet.run.regions.sources.CocoRegions",
    "stylenet.run.regions.sources.MapPictures",
}


@pytest.mark.parametrize("target", sorted(BEFORE))
def test_every_old_target_is_found_at_its_new_place(target: str) -> None:
    config = OmegaConf.create(
        {"a": [{"_target_": target, "x": 1}], "_target_": target, "b": target}
    )
    renew_targets(config)
    new = config.a[0]["_target_"]
    assert config == {"a": [{"_target_": new, "x": 1}], "_target_": new, "b": target}
    assert new != target
    assert get_object(new).__name__ == target.rpartition(".")[2]


def test_the_parts_of_a_distance_have_the_names_of_now() -> None:
    target = "stylenet.losses.NormalisedDistance"
    config = OmegaConf.create({"_target_": target, "weights": {"mean": 0.5, "deviation": 0.25}})
    renew_targets(config)
    assert config == {"_target_": target, "weights": {"mean": 0.5, "std": 0.25}}


@pytest.mark.parametrize(
    ("target", "old", "new"),
    [
        ("stylenet.callbacks.StopWhenFlat", "share", "fraction"),
        ("stylenet.data.coco.CocoData", "val_share", "val_fraction"),
    ],
)
def test_keys_have_the_names_of_now(target: str, old: str, new: str) -> None:
    config = OmegaConf.create({"a": {"_target_": target, old: 0.25}, old: 1})
    renew_targets(config)
    assert config == {"a": {"_target_": target, new: 0.25}, old: 1}
    assert new in inspect.signature(get_object(target)).parameters


def test_what_did_not_move_keeps_its_name() -> None:
    config = OmegaConf.create(
        {"_target_": "torch.nn.ReLU", "x": {"_target_": "mine.run.regions.X"}}
    )
    before = config.copy()
    renew_targets(config)
    assert config == before


def test_a_run_of_before_is_resumed(script: Callable[..., int], tmp_path: Path) -> None:
    run, flat = tmp_path / "run", np.zeros((48, 48, 3), np.uint8)
    flat[:, 24:] = (255, 0, 0)
    Image.fromarray(flat).save(tmp_path / "map.png")
    noise = np.random.default_rng(0).integers(0, 256, flat.shape, np.uint8)
    Image.fromarray(noise).save(tmp_path / "picture.png")
    settings = ["trainer.accelerator=cpu", "precision=32", "logger=none"]
    arguments = [
        *(f"{key}={tmp_path / 'picture.png'}" for key in ("content", "style")),
        *(f"regions.{key}={tmp_path / 'map.png'}" for key in ("content", "style")),
        *("task=gatys", "regions=maps", "loss_network=compact_vgg"),
        *("content_size.px=48", "style_size.px=48"),
    ]
    steps = ["trainer.max_steps=1", f"run.dir={run}"]
    assert script("train.py", *arguments, *settings, *steps) == 0
    file = run / "config.yaml"
    today = file.read_text()
    before = today
    for old in sorted(BEFORE):
        before = before.replace(f"_target_: {renewed(old)}\n", f"_target_: {old}\n")
    before = before.replace("std: 0.5", "deviation: 0.5")
    assert before.count("deviation: 0.5") == 4  # of the loss and of the comparison
    file.write_text(before)
    assert script("train.py", f"resume={run}", "trainer.max_steps=2") == 0
    assert file.read_text().count("max_steps: 2") == 1
    targets = [set(re.findall(r"_target_: (.*)", text)) for text in (today, file.read_text())]
    assert targets[0] == targets[1]
