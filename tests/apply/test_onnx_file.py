"""Graphs that are written without torch are those that are written with it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from stylenet.apply import load_model, shipped_model, shipped_painters
from stylenet.apply.onnx_file import is_known, write_file
from stylenet.apply.onnx_layers import write_net

pytest.importorskip("onnx", reason="nets are written by onnx, which is not installed")
NETS = shipped_painters()


@pytest.mark.parametrize("name", NETS)
def test_a_net_that_ships_is_written_byte_for_byte_as_of_torch(name: str) -> None:
    file = shipped_model(name)
    assert file is not None
    assert is_known(file)
    assert write_file(file, {"a": "b"}) == write_net(load_model(name).net, {"a": "b"})


def test_the_net_for_any_style_is_of_another_kind() -> None:
    file = shipped_model("any")
    assert file is not None
    assert not is_known(file)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("blocks", 4),
        ("block", {"_target_": "stylenet.nets.SeparableBlock", "_partial_": True}),
        ("output", {"_target_": "stylenet.nets.Affine", "scale": 1.0, "centre": 0.0}),
        ("output", {"_target_": "stylenet.nets.ScaledTanh"}),
        ("norm", {"_target_": "torch.nn.BatchNorm2d", "_partial_": True}),
        ("_target_", "stylenet.nets.PrunedNet"),
    ],
)
def test_any_other_kind_is_told(tmp_path: Path, key: str, value: object) -> None:
    file = shipped_model("udnie")
    assert file is not None
    description = json.loads(file.with_suffix(".json").read_text())
    shutil.copy(file, tmp_path / "udnie.safetensors")
    (tmp_path / "udnie.json").write_text(json.dumps(description))
    assert is_known(tmp_path / "udnie.safetensors")
    description["architecture"][key] = value
    (tmp_path / "udnie.json").write_text(json.dumps(description))
    assert not is_known(tmp_path / "udnie.safetensors")
