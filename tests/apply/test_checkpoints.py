"""Old checkpoints paint as they did where they come from, by forward passes written down here."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from stylenet.apply import Stylizer, save_model
from stylenet.apply.checkpoints import CheckpointError, import_checkpoint
from stylenet.images import reference_photographs

State = dict[str, Tensor]
MEAN = torch.tensor([0.485, 0.456, 0.406])[:, None, None]
STD = torch.tensor([0.229, 0.224, 0.225])[:, None, None]


class Weights:
    """Makes up weights under the names it is asked for."""

    def __init__(self) -> None:
        self.state: State = {}
        self.chance = torch.Generator().manual_seed(0)

    def convolution(self, name: str, *shape: int) -> None:
        size = shape[1] * shape[2] * shape[3]
        self.state[f"{name}.weight"] = torch.randn(shape, generator=self.chance) / size**0.5
        self.values(f"{name}.bias", shape[1] if "transpose" in name else shape[0])

    def values(self, name: str, channels: int, about: float = 0.0) -> None:
        self.state[name] = about + 0.3 * torch.randn(channels, generator=self.chance)


def examples(scale: str, shift: str, up: str = "deconv{}.conv2d") -> State:
    made = Weights()

    def norm(name: str, channels: int) -> None:
        made.values(f"{name}.{scale}", channels, 1)
        made.values(f"{name}.{shift}", channels)

    for n, (i, o, k) in enumerate([(3, 8, 9), (8, 16, 3), (16, 32, 3)], 1):
        made.convolution(f"conv{n}.conv2d", o, i, k, k)
        norm(f"in{n}", o)
    for block in range(1, 4):
        for n in (1, 2):
            made.convolution(f"res{block}.conv{n}.conv2d", 32, 32, 3, 3)
            norm(f"res{block}.in{n}", 32)
    for n, (i, o) in enumerate([(32, 16), (16, 8)], 1):
        made.convolution(up.format(n), o, i, 3, 3)
        norm(f"in{n + 3}", o)
    made.convolution(up.format(3).replace("conv2d.conv2d", "conv2d"), 3, 8, 9, 9)
    made.state[f"{up.format(3).replace('conv2d.conv2d', 'conv2d')}.weight"] *= 30
    return made.state


def padded(state: State, name: str, x: Tensor, stride: int = 1) -> Tensor:
    weight = state[f"{name}.weight"]
    x = F.pad(x, [weight.shape[-1] // 2] * 4, mode="reflect")
    return F.conv2d(x, weight, state[f"{name}.bias"], stride)


def forward(state: State, x: Tensor, scale: str, shift: str, up: str, eps: float) -> Tensor:
    def norm(name: str, x: Tensor) -> Tensor:
        mean, variance = x.mean((2, 3), keepdim=True), x.var((2, 3), correction=0, keepdim=True)
        normed = (x - mean) / (variance + eps).sqrt()
        return (
            normed * state[f"{name}.{scale}"][:, None, None]
            + (state[f"{name}.{shift}"][:, None, None])
        )

    for n, stride in enumerate((1, 2, 2), 1):
        x = F.relu(norm(f"in{n}", padded(state, f"conv{n}.conv2d", x, stride)))
    for n in range(1, 4):
        y = F.relu(norm(f"res{n}.in1", padded(state, f"res{n}.conv1.conv2d", x)))
        x = x + norm(f"res{n}.in2", padded(state, f"res{n}.conv2.conv2d", y))
    for n in (1, 2):
        x = F.interpolate(x, scale_factor=2, mode="nearest")
        x = F.relu(norm(f"in{n + 3}", padded(state, up.format(n), x)))
    return padded(state, up.format(3).replace("conv2d.conv2d", "conv2d"), x)


def by_examples(state: State, rgb: Tensor) -> Tensor:
    return forward(state, rgb * 255, "weight", "bias", "deconv{}.conv2d", 1e-5) / 255


def by_abhiskk(state: State, rgb: Tensor) -> Tensor:
    bgr = rgb[:, [2, 1, 0]] * 255
    return forward(state, bgr, "scale", "shift", "deconv{}.conv2d", 1e-9)[:, [2, 1, 0]] / 255


def by_gordicaleksa(state: State, rgb: Tensor) -> Tensor:
    x = (rgb - MEAN) / STD
    return forward(state, x, "weight", "bias", "up{}.conv2d.conv2d", 1e-5) * STD + MEAN


def rrmina(batch: bool = False) -> State:
    made = Weights()

    def norm(name: str, channels: int) -> None:
        made.values(f"{name}.norm_layer.weight", channels, 1)
        made.values(f"{name}.norm_layer.bias", channels)
        if batch:
            made.values(f"{name}.norm_layer.running_mean", channels)
            made.state[f"{name}.norm_layer.running_var"] = torch.rand(channels) + 0.5
            made.state[f"{name}.norm_layer.num_batches_tracked"] = torch.tensor(7)

    for n, (i, o, k) in enumerate([(3, 8, 9), (8, 16, 3), (16, 32, 3)]):
        made.convolution(f"ConvBlock.{2 * n}.conv_layer", o, i, k, k)
        norm(f"ConvBlock.{2 * n}", o)
    for block in range(2):
        for n in (1, 2):
            made.convolution(f"ResidualBlock.{block}.conv{n}.conv_layer", 32, 32, 3, 3)
            norm(f"ResidualBlock.{block}.conv{n}", 32)
    for n, (i, o) in enumerate([(32, 16), (16, 8)]):
        made.convolution(f"DeconvBlock.{2 * n}.conv_transpose", i, o, 3, 3)
        norm(f"DeconvBlock.{2 * n}", o)
    made.convolution("DeconvBlock.4.conv_layer", 3, 8, 9, 9)
    made.state["DeconvBlock.4.conv_layer.weight"] *= 30
    return made.state


def by_rrmina(state: State, rgb: Tensor) -> Tensor:
    def norm(name: str, x: Tensor) -> Tensor:
        found = [state.get(f"{name}.norm_layer.{k}") for k in ("running_mean", "running_var")]
        weight, bias = (state[f"{name}.norm_layer.{k}"] for k in ("weight", "bias"))
        if found[0] is not None:
            return F.batch_norm(x, found[0], found[1], weight, bias)
        return F.instance_norm(x, weight=weight, bias=bias)

    x = rgb[:, [2, 1, 0]] * 255
    for n, stride in ((0, 1), (2, 2), (4, 2)):
        name = f"ConvBlock.{n}"
        x = F.relu(norm(name, padded(state, f"{name}.conv_layer", x, stride)))
    for block in range(2):
        one, two = (f"ResidualBlock.{block}.conv{n}" for n in (1, 2))
        y = F.relu(norm(one, padded(state, f"{one}.conv_layer", x)))
        x = x + norm(two, padded(state, f"{two}.conv_layer", y))
    for n in (0, 2):
        name = f"DeconvBlock.{n}.conv_transpose"
        x = F.conv_transpose2d(x, state[f"{name}.weight"], state[f"{name}.bias"], 2, 1, 1)
        x = F.relu(norm(f"DeconvBlock.{n}", x))
    return padded(state, "DeconvBlock.4.conv_layer", x)[:, [2, 1, 0]] / 255


CASES: dict[str, tuple[Callable[[], State], Callable[[State, Tensor], Tensor]]] = {
    "pytorch/examples": (lambda: examples("weight", "bias"), by_examples),
    "abhiskk/fast-neural-style": (lambda: examples("scale", "shift"), by_abhiskk),
    "gordicaleksa/pytorch-nst-feedforward": (
        lambda: examples("weight", "bias", "up{}.conv2d.conv2d"),
        by_gordicaleksa,
    ),
    "rrmina/fast-neural-style-pytorch": (rrmina, by_rrmina),
    "rrmina/fast-neural-style-pytorch, batch": (lambda: rrmina(batch=True), by_rrmina),
}


@pytest.mark.parametrize("name", CASES)
def test_it_paints_as_where_it_comes_from(name: str, tmp_path: Path) -> None:
    make, paint = CASES[name]
    state = make()
    file = tmp_path / "old.pth"
    # as each of them keeps it, or as DataParallel names it
    kept: object = state
    if "gordicaleksa" in name:
        kept = {"state_dict": state, "content_weight": 1e0, "dataset_name": "mscoco"}
    elif "examples" in name:
        kept = {f"module.{key}": value for key, value in state.items()}
        kept["module.in1.running_mean"] = torch.zeros(8)  # of torch 0.3, never used
    torch.save(kept, file)
    net, description = import_checkpoint(file, "udnie")
    assert description["imported"]["layout"] == name.partition(",")[0]
    assert description["style"] == {"name": "udnie"}
    photo = reference_photographs()[1][..., :64, :80]
    expected = paint(state, photo)
    assert expected.std() > 0.01
    assert (net(photo) - expected).abs().max() < 1e-3
    save_model(tmp_path / "net", net, description)
    painted = Stylizer.load(tmp_path / "net", "cpu")(photo[0])
    assert (painted - expected[0].clamp(0, 1)).abs().max() < 1e-3


class Touching:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.path,)


def test_a_malicious_pickle_is_not_executed(tmp_path: Path) -> None:
    file, mark = tmp_path / "evil.pth", tmp_path / "executed"
    file.write_bytes(pickle.dumps({"conv1.conv2d.weight": Touching(mark)}))
    with pytest.raises(CheckpointError, match=r"evil\.pth was not read.*Nothing of it was execut"):
        import_checkpoint(file, "udnie")
    assert not mark.exists()
    torch.save({"conv1.conv2d.weight": Touching(mark)}, file)
    with pytest.raises(CheckpointError, match="more than tensors and plain data"):
        import_checkpoint(file, "udnie")
    assert not mark.exists()


def test_a_damaged_pickle_is_said_whatever_it_makes_of_the_reader(tmp_path: Path) -> None:
    """Torch's own reader fails in any way: here by an empty stack."""
    file = tmp_path / "old.pth"
    for content in (b"R.", b"\x80\x02R.", b"\x80\x02h\x07.", b"\x80\x02(X\xff\xff\xff\x7f"):
        file.write_bytes(content)
        with pytest.raises(CheckpointError, match=r"old\.pth was not read"):
            import_checkpoint(file, "udnie")


@pytest.mark.parametrize("shape", [(), (0,), (4,), (4, 3, 9)])
def test_tensors_of_other_axes_are_said(tmp_path: Path, shape: tuple[int, ...]) -> None:
    file = tmp_path / "old.pth"
    for name in ("conv1.conv2d.weight", "deconv3.conv2d.weight", "in1.weight"):
        if (name, shape) == ("in1.weight", (4,)):
            continue
        state = examples("weight", "bias")
        state[name] = torch.zeros(shape)
        torch.save(state, file)
        with pytest.raises(CheckpointError, match=f"{name} of shape|other shapes"):
            import_checkpoint(file, "udnie")


def test_what_cannot_be_imported_is_said(tmp_path: Path, photos: Path) -> None:
    file = tmp_path / "old.pth"

    def refused(state: object, words: str) -> None:
        torch.save(state, file)
        with pytest.raises(CheckpointError, match=words):
            import_checkpoint(file, "udnie")

    with pytest.raises(CheckpointError, match=r"00\.jpg was not read.*no checkpoint of torch"):
        import_checkpoint(photos / "00.jpg", "udnie")
    with pytest.raises(CheckpointError, match="There is no file"):
        import_checkpoint(tmp_path / "none.pth", "udnie")
    refused(torch.zeros(3), "holds a Tensor")
    refused({"features.0.weight": torch.zeros(3)}, r"of no layout that is known.*pytorch/examples")
    refused({}, "has the names no tensors")
    stateless = {k: v for k, v in rrmina(batch=True).items() if not re.search("running", k)}
    refused(stateless, "batch norms without their running statistics.*Save the whole state dict")
    partly = rrmina(batch=True)
    del partly["ConvBlock.2.norm_layer.running_var"]
    refused(partly, r"but no ConvBlock\.2\.norm_layer\.running_var")
    older = {k: v for k, v in examples("scale", "shift").items() if ".in2" not in k}
    refused(older, r"layout of abhiskk.*but no res1\.in2\.scale")
    other = examples("weight", "bias")
    other["conv2.conv2d.weight"] = torch.zeros(16, 8, 5, 5)
    refused(other, "names of pytorch/examples, but other shapes")
