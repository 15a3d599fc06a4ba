"""What is exported paints as the net does, at any size, and says what it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import Tensor, nn

import stylenet
from stylenet.apply import Model, in_styles, load_model, save_model
from stylenet.apply.export import (
    ExportError,
    export_onnx,
    export_openvino,
    export_pt2,
    onnx_bytes,
    onnx_runner,
)
from stylenet.apply.model_file import build_architecture
from stylenet.apply.onnx_layers import UnknownLayerError
from stylenet.images import reference_photographs
from stylenet.nets import StyleWeightsError

INSTANCE = {"_target_": "stylenet.nets.InstanceNorm", "_partial_": True}
BATCH = {"_target_": "torch.nn.BatchNorm2d", "_partial_": True}
CONDITIONAL = {
    "_target_": "stylenet.nets.ConditionalInstanceNorm",
    "_partial_": True,
    "styles": 3,
}
NEAREST = {"_target_": "stylenet.nets.NearestUpsample", "_partial_": True}
BILINEAR = {"_target_": "stylenet.nets.BilinearUpsample", "_partial_": True}
TRANSPOSED = {"_target_": "stylenet.nets.TransposedUpsample", "_partial_": True}
SIZES = ((1, 32, 32), (2, 33, 46), (1, 51, 39))


def padding(margin: int, mode: str, residual: int) -> dict[str, Any]:
    return {
        "_target_": "stylenet.nets.Padding",
        "margin": margin,
        "mode": mode,
        "residual": residual,
    }


def johnson(norm: dict[str, Any], pad: dict[str, Any], upsample: dict[str, Any]) -> dict[str, Any]:
    return {
        "_target_": "stylenet.nets.TransformerNet",
        "width": 0.125,
        "blocks": 1,
        "norm": norm,
        "padding": pad,
        "upsample": upsample,
    }


BANK = {
    "_target_": "stylenet.nets.StyleBank",
    "width": 0.125,
    "styles": 3,
    "norm": INSTANCE,
    "padding": padding(0, "reflect", 1),
    "upsample": NEAREST,
}
NETS = {
    "instance": johnson(INSTANCE, padding(0, "reflect", 1), NEAREST),
    "batch": johnson(BATCH, padding(8, "zeros", 0), TRANSPOSED),
    "bilinear": johnson(INSTANCE, padding(0, "reflect", 1), BILINEAR),
    "replicated": johnson(INSTANCE, padding(0, "replicate", 1), NEAREST),
    "zeros": johnson(INSTANCE, padding(0, "zeros", 1), NEAREST),
    "mobile": johnson(INSTANCE, padding(0, "reflect", 1), BILINEAR)
    | {"block": {"_target_": "stylenet.nets.SeparableBlock", "_partial_": True}},
    "conditional": johnson(CONDITIONAL, padding(0, "reflect", 1), NEAREST),
    "bank": BANK,
}
WEIGHTS = {"conditional": {"b": 0.25, "c": 0.75}, "bank": {"a": 0.5, "c": 0.2}}


def model_of(name: str, folder: Path) -> Model:
    """A net whose every number matters: none is 0 or 1 as at the start."""
    net: nn.Module = build_architecture(NETS[name])
    chance = torch.Generator().manual_seed(0)
    for value in net.state_dict().values():
        if value.is_floating_point():
            value += 0.2 * torch.rand(value.shape, generator=chance) - 0.1
    about: dict[str, Any] = {"architecture": NETS[name], "style": {"name": "udnie"}}
    if name in WEIGHTS:
        about["styles"] = [{"name": style} for style in "abc"]
    save_model(folder / name, net, about)
    return load_model(folder / name)


def painted_by(model: Model, images: Tensor) -> Tensor:
    weights = WEIGHTS.get(model.name)
    if weights is None:
        return model.net(images).clamp(0, 1)
    row = torch.tensor([[weights.get(style, 0.0) for style in "abc"]])
    return model.net(images, row.expand(len(images), -1)).clamp(0, 1)


@pytest.mark.parametrize("name", NETS)
def test_onnx_paints_as_the_net_at_any_size(name: str, tmp_path: Path) -> None:
    model = model_of(name, tmp_path)
    run = onnx_runner(onnx_bytes(model, WEIGHTS.get(name)))
    for n, height, width in SIZES:
        images = torch.rand(n, 3, height, width, generator=torch.Generator().manual_seed(n))
        ours = painted_by(model, images)
        assert ours.std() > 0.01
        assert (run(images) - ours).abs().max() < 1e-4


def test_a_style_of_the_net_for_any_is_exported_with_its_card(tmp_path: Path) -> None:
    photo = reference_photographs()[1]
    model = in_styles(load_model("any"), {"wave": reference_photographs()[0]})
    done = export_onnx(model, tmp_path / "wave.onnx")
    assert done.files == (tmp_path / "wave.onnx",)
    assert done.size == done.files[0].stat().st_size < 2e6
    assert done.difference <= 1e-4
    session = onnxruntime.InferenceSession(done.files[0], providers=["CPUExecutionProvider"])
    painted = session.run(["painted"], {"image": photo.numpy()})[0]
    assert np.abs(painted - model.net(photo).clamp(0, 1).numpy()).max() <= 1 / 255
    about = session.get_modelmeta().custom_metadata_map
    assert about["style"] == "wave"
    assert "Hokusai" in about["style_of"]
    assert about["stylenet"] == stylenet.__version__
    assert json.loads(about["architecture"])["_target_"] == "stylenet.nets.TransformerNet"
    assert "Licence" in about["card"]
    assert "Credits" in about["card"]


def test_operators_are_those_of_the_standard_of_2022(tmp_path: Path) -> None:
    written = onnx.load_from_string(onnx_bytes(model_of("instance", tmp_path)))
    assert [(one.domain, one.version) for one in written.opset_import] == [("", 18)]
    assert {node.op_type for node in written.graph.node} == {
        *("Add", "Clip", "Concat", "Conv", "ConvTranspose", "DepthToSpace", "Identity"),
        *("InstanceNormalization", "Mod", "Mul", "Neg", "Pad", "Relu", "Shape", "Slice", "Tanh"),
    }


def test_openvino_paints_as_the_net_at_any_size(tmp_path: Path) -> None:
    import openvino

    model = model_of("conditional", tmp_path)
    done = export_openvino(model, tmp_path / "net.xml", WEIGHTS["conditional"])
    assert [file.name for file in done.files] == ["net.xml", "net.bin"]
    read = openvino.Core().read_model(done.files[0])
    assert read.get_rt_info(["stylenet", "style"]).astype(str) == "b:0.25+c:0.75"
    exact = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = openvino.Core().compile_model(read, "CPU", exact)
    for n, height, width in SIZES:
        images = torch.rand(n, 3, height, width, generator=torch.Generator().manual_seed(n))
        painted = torch.from_numpy(compiled(images.numpy())[0])
        assert (painted - painted_by(model, images)).abs().max() < 1e-4


def test_torch_s_program_paints_as_the_net_at_any_size(tmp_path: Path) -> None:
    model = model_of("instance", tmp_path)
    done = export_pt2(model, tmp_path / "net.pt2")
    extra = {"stylenet.json": ""}
    program = torch.export.load(done.files[0], extra_files=extra)
    assert json.loads(extra["stylenet.json"])["style"] == "udnie"
    targets = {str(node.target) for node in program.graph.nodes if node.op == "call_function"}
    assert not any("stylenet" in target for target in targets)
    for n, height, width in SIZES:
        images = torch.rand(n, 3, height, width, generator=torch.Generator().manual_seed(n))
        assert (program.module()(images) - painted_by(model, images)).abs().max() < 1e-4
    with pytest.raises(ExportError, match=r"several styles, which torch cannot export.*--to onnx"):
        export_pt2(model_of("bank", tmp_path), tmp_path / "bank.pt2", {"a": 1.0})


def test_what_cannot_be_exported_is_said_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, several = model_of("instance", tmp_path), model_of("bank", tmp_path)
    out = tmp_path / "out"
    with pytest.raises(ExportError, match="paints in any style, and none was named"):
        export_onnx(load_model("any"), out / "net.onnx")
    with pytest.raises(ExportError, match=r"Got no style.*which has a, b, c: name one"):
        export_onnx(several, out / "net.onnx")
    with pytest.raises(ExportError, match=r"Got the styles udnie.*which has its own only"):
        export_onnx(one, out / "net.onnx", {"udnie": 1.0})
    with pytest.raises(ExportError, match=r"ends in \.onnx"):
        export_onnx(one, out / "net.xml")
    one.net.output = nn.Softmax2d()  # type: ignore[assignment]
    with pytest.raises(UnknownLayerError, match=r"layer Softmax2d.*write\.register"):
        export_onnx(one, out / "net.onnx")
    monkeypatch.setattr("stylenet.apply.export.TOLERANCE", -1.0)
    with pytest.raises(ExportError, match=r"paints otherwise than the net.*Nothing was written"):
        export_openvino(several, out / "net.xml", {"a": 1.0})
    assert not out.exists()


def test_a_package_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    with pytest.raises(stylenet.errors.StylenetError, match=r"pip install 'stylenet\[export\]'"):
        export_onnx(model_of("instance", tmp_path), tmp_path / "net.onnx")


def test_weights_of_another_number_of_styles_are_refused(tmp_path: Path) -> None:
    from stylenet.apply.onnx_layers import write_net

    with pytest.raises(StyleWeightsError, match="for a net of 3 styles"):
        write_net(model_of("bank", tmp_path).net, {}, [1.0])
