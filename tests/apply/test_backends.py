"""Whatever runs a net, the painting is the same."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
import torch
from torch import Tensor

from stylenet.apply import Model, Request, Stylizer, load_model, save_model, shipped_painters
from stylenet.apply.backends import (
    Backend,
    Compiled,
    Eager,
    OnnxRuntime,
    OpenVino,
    checksum,
    exported,
    fastest,
    kept_folder,
)
from stylenet.apply.model_file import build_architecture
from stylenet.apply.openvino_halves import halves
from stylenet.apply.runtimes import PRECISIONS, openvino_session
from stylenet.errors import StylenetError
from stylenet.images import open_image, reference_photographs, sample_photographs, to_tensor
from stylenet.nets import PictureTooSmallError
from stylenet.runners.speed import cpu_has_bf16

NET = {
    "_target_": "stylenet.nets.TransformerNet",
    "width": 0.125,
    "blocks": 1,
    "norm": {"_target_": "stylenet.nets.InstanceNorm", "_partial_": True},
    "padding": {
        "_target_": "stylenet.nets.Padding",
        "margin": 0,
        "mode": "reflect",
        "residual": 1,
    },
    "upsample": {"_target_": "stylenet.nets.NearestUpsample", "_partial_": True},
}
SEVERAL = NET | {
    "norm": {
        "_target_": "stylenet.nets.ConditionalInstanceNorm",
        "_partial_": True,
        "styles": 2,
    }
}


def model_of(architecture: dict[str, object], folder: Path) -> Model:
    torch.manual_seed(0)
    net = build_architecture(architecture)
    about = {"architecture": architecture, "styles": [{"name": "a"}, {"name": "b"}]}
    for parameter in net.parameters():
        parameter.data += 0.1 * torch.randn(parameter.shape)
    save_model(folder, net, about)
    return load_model(folder)


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STYLENET_CACHE", str(tmp_path / "cache"))


def photo() -> Tensor:
    return reference_photographs()[1][0][:, 3:, :57]


@pytest.mark.parametrize("backend", [OnnxRuntime(), OpenVino()], ids=["onnxruntime", "openvino"])
def test_a_photo_is_painted_as_by_torch_and_the_net_is_kept(
    backend: Backend, tmp_path: Path
) -> None:
    model = model_of(NET, tmp_path / "one")
    ours = Stylizer(model)(photo())
    stylizer = Stylizer(model, backend=backend)
    assert (stylizer(photo()) - ours).abs().max() <= 1 / 255
    assert stylizer(photo()[:, 1:]).shape == photo()[:, 1:].shape
    (kept,) = kept_folder().iterdir()
    assert kept.name == f"{checksum(model, None)}.onnx"
    kept.write_bytes(b"no net")  # so that it is seen to be read
    with pytest.raises(Exception, match=r"(?i)protobuf|parse|load|unable|read"):
        Stylizer(model, backend=backend)(photo())


def test_two_halves_in_one_precision_are_the_whole(tmp_path: Path) -> None:
    openvino = pytest.importorskip("openvino", reason="the extra openvino is not installed")
    written = exported(model_of(NET | {"blocks": 3}, tmp_path / "three"), None, tmp_path)
    core = openvino.Core()
    exact = {"INFERENCE_PRECISION_HINT": "f32"}
    parts = [
        core.compile_model(p, "CPU", exact) for p in halves(openvino, core.read_model(written))
    ]
    given: list[object] = [photo()[None].numpy()]
    for part in parts:
        given = list(part(given).values())
    whole = openvino_session(written, 1)(photo()[None].numpy())
    assert given[0].shape == whole.shape
    assert abs(given[0] - whole).max() <= 0.1 / 255  # sums in another order
    blocks = [op.get_type_name() for op in core.read_model(written).get_ops()].count("Convolution")
    counts = [
        [op.get_type_name() for op in half.get_ops()].count("Convolution")
        for half in halves(openvino, core.read_model(written))
    ]
    assert counts == [3 + 2 * 2, blocks - 7]  # what comes before the blocks, and two of these


@pytest.mark.parametrize("name", shipped_painters())
def test_mixed_precision_is_within_three_levels_where_bf16_is_not(
    name: str,
) -> None:
    pytest.importorskip("openvino", reason="the extra openvino is not installed")
    image = to_tensor(open_image(sample_photographs()["chelsea"]).resize((512, 512)))
    exact, mixed, bf16 = (
        Stylizer.load(name, "cpu", backend=OpenVino(precision=p)).paint(image) for p in PRECISIONS
    )
    assert (mixed - exact).abs().max() <= 3 / 255
    if cpu_has_bf16():
        assert (bf16 - exact).abs().max() > 3 / 255


def test_a_precision_that_cannot_be_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("openvino", reason="the extra openvino is not installed")
    model = model_of(NET, tmp_path / "one")
    with pytest.raises(StylenetError, match=r"mixed for a net of 1 residual blocks, expected 2"):
        Stylizer(model, backend=OpenVino(precision="mixed"))(photo())
    with pytest.raises(StylenetError, match="Got the precision fp8, expected one of f32, mixed, b"):
        Stylizer(model, backend=OpenVino(precision="fp8"))(photo())


@pytest.mark.parametrize("backend", [OnnxRuntime(), OpenVino()], ids=["onnxruntime", "openvino"])
def test_mixtures_are_painted_and_regions_are_refused(backend: Backend, tmp_path: Path) -> None:
    model = model_of(SEVERAL, tmp_path / "two")
    stylizer = Stylizer(model, backend=backend)
    for weights in ({"a": 1.0}, {"a": 0.25, "b": 0.75}):
        request = Request(weights)
        ours = Stylizer(model)(photo(), request)
        assert (stylizer(photo(), request) - ours).abs().max() <= 1 / 255
    assert len(list(kept_folder().iterdir())) == 2
    with pytest.raises(StylenetError, match=r"differ within images.*--backend eager"):
        stylizer.paint(photo(), torch.full((2, *photo().shape[1:]), 0.5))


def test_compiled_calls_the_compiled_net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of(NET, tmp_path / "one")
    seen = []

    def compiled(net: torch.nn.Module, **options: object) -> object:
        def run(image: Tensor) -> Tensor:
            assert not torch.is_inference_mode_enabled()
            assert not image.is_inference()
            seen.append(options)
            return net(image)

        return run

    monkeypatch.setattr(torch, "compile", compiled)
    assert torch.equal(Stylizer(model, backend=Compiled())(photo()), Stylizer(model)(photo()))
    assert len(seen) == 1


def test_what_a_backend_cannot_do_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of(NET, tmp_path / "one")
    with pytest.raises(PictureTooSmallError, match="needs at least"):
        Stylizer(model, backend=OnnxRuntime())(photo()[:, :4, :4])
    with pytest.raises(StylenetError, match=r"device=cuda.*paints on the CPU.*--backend eager"):
        OnnxRuntime().runner(model, torch.device("cuda"))
    monkeypatch.setitem(__import__("sys").modules, "openvino", None)
    with pytest.raises(StylenetError, match=r"pip install 'stylenet\[openvino\]'"):
        Stylizer(model, backend=OpenVino())


def test_the_fastest_is_one_that_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    cpu, installed = torch.device("cpu"), {"onnx", "onnxruntime", "openvino"}
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: object() if name in installed else None
    )
    assert fastest(torch.device("cuda"), 9) == Eager()
    assert fastest(cpu, 1) == Eager()
    assert fastest(cpu, 2) == OpenVino()
    installed.remove("openvino")
    assert fastest(cpu, 2) == OnnxRuntime()
    installed.remove("onnxruntime")
    assert fastest(cpu, 2) == Eager()


def test_another_net_has_another_checksum(tmp_path: Path) -> None:
    one = model_of(NET, tmp_path / "one")
    before = checksum(one, None)
    assert before != checksum(one, [1.0])
    one.net.get_parameter("decoder.2.bias").data += 1e-3
    assert before != checksum(one, None)
