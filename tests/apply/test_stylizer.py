"""Painting with a trained net."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from stylenet.apply import Model, ModelFileError, Stylizer, save_model
from stylenet.apply.model_file import build_architecture
from stylenet.nets import PictureTooSmallError

ARCHITECTURE = {
    "_target_": "stylenet.nets.TransformerNet",
    "width": 0.0625,
    "blocks": 1,
    "norm": {"_target_": "torch.nn.BatchNorm2d", "_partial_": True},
    "padding": {
        "_target_": "stylenet.nets.Padding",
        "margin": 8,
        "mode": "zeros",
        "residual": 0,
    },
    "upsample": {"_target_": "stylenet.nets.TransposedUpsample", "_partial_": True},
    # strong enough to leave [0,1] on both sides
    "output": {"_target_": "stylenet.nets.Affine", "scale": 5.0, "centre": 0.5},
}


def picture(height: int = 32, width: int = 32) -> Tensor:
    return torch.rand(3, height, width, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def run(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    net = build_architecture(ARCHITECTURE)
    save_model(tmp_path, net, {"architecture": ARCHITECTURE})
    return tmp_path


def wrap(net: nn.Module) -> Stylizer:
    return Stylizer(Model(net, Path("a.safetensors"), {}))


@pytest.mark.parametrize(("height", "width"), [(11, 11), (33, 20), (17, 64), (32, 32)])
def test_the_painting_has_the_size_of_the_picture(run, height, width):
    painted = Stylizer.load(run)(picture(height, width))
    assert painted.shape == (3, height, width)
    assert (painted.dtype, painted.device.type) == (torch.float32, "cpu")


def test_the_painting_is_the_net_s_clamped(run):
    stylizer = Stylizer.load(run)
    raw = stylizer.model.net(picture()[None])[0]
    assert raw.min() < 0
    assert raw.max() > 1
    painted = stylizer(picture())
    assert torch.equal(painted, raw.clamp(0, 1))
    assert not painted.requires_grad


def test_the_picture_is_left_as_it_was(run):
    given = picture()
    Stylizer.load(run)(given)
    assert torch.equal(given, picture())


def test_painting_again_gives_the_same(run):
    stylizer = Stylizer.load(run)
    first = stylizer(picture())
    stylizer(picture(16, 20))
    assert torch.equal(stylizer(picture()), first)


def test_seconds_are_those_of_the_last_picture():
    class Slow(nn.Module):
        delay = 0.2

        def forward(self, image: Tensor) -> Tensor:
            time.sleep(self.delay)
            return image

    net = Slow()
    stylizer = wrap(net)
    assert stylizer.seconds == 0
    stylizer(picture())
    assert stylizer.seconds >= 0.2
    net.delay = 0
    began = time.perf_counter()
    stylizer(picture())
    assert 0 < stylizer.seconds < time.perf_counter() - began


def test_half_precision_comes_out_as_float32():
    class Half(nn.Module):
        def forward(self, image: Tensor) -> Tensor:
            return image.bfloat16()

    painted = wrap(Half())(picture())
    assert painted.dtype == torch.float32
    torch.testing.assert_close(painted, picture(), rtol=0, atol=1 / 256)


def test_too_small_a_picture_is_refused_in_words(run):
    with pytest.raises(PictureTooSmallError, match=r"at least 11 px .*net/padding=reflect"):
        Stylizer.load(run)(picture(10, 32))


def test_loading_nothing(tmp_path):
    with pytest.raises(ModelFileError, match="does not exist"):
        Stylizer.load(tmp_path)
