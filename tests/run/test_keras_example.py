"""recipe=keras_example against Keras' formulas, computed here on pictures in 0..255."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from stylenet.images import read_image
from stylenet.loss_networks.architectures import VGG19
from stylenet.loss_networks.weights import RandomWeights

ROWS, COLUMNS = 32, 48
MEAN = torch.tensor([103.939, 116.779, 123.68]).view(3, 1, 1)
STYLE = ["conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1"]
CONTENT = "conv5_2"
COUNTS = {1: 2, 2: 2, 3: 4, 4: 4, 5: 2}


def features(weights: dict[str, Tensor], picture: Tensor) -> dict[str, Tensor]:
    """What Keras' VGG19 gives at its convolutions, for BGR minus the mean (3,H,W)."""
    value, found = picture[None], {}
    for block, count in COUNTS.items():
        for number in range(1, count + 1):
            name = f"conv{block}_{number}"
            weight, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
            value = F.conv2d(value, weight.double(), bias.double(), padding=1).relu()
            found[name] = value[0]
        value = F.max_pool2d(value, 2)
    return found


def gram(x: Tensor) -> Tensor:
    flat = x.reshape(x.shape[0], -1)
    return flat @ flat.T


def loss(weights: dict[str, Tensor], base: Tensor, style: Tensor, x: Tensor) -> dict[str, Tensor]:
    """The example's three terms, weighted."""
    ours, theirs, painted = (features(weights, p) for p in (x, base, style))
    size = ROWS * COLUMNS
    content = 2.5e-8 * ((ours[CONTENT] - theirs[CONTENT]) ** 2).sum()
    styles = [
        1e-6 / 5 * ((gram(painted[n]) - gram(ours[n])) ** 2).sum() / (4 * 3**2 * size**2)
        for n in STYLE
    ]
    a = (x[:, : ROWS - 1, : COLUMNS - 1] - x[:, 1:, : COLUMNS - 1]) ** 2
    b = (x[:, : ROWS - 1, : COLUMNS - 1] - x[:, : ROWS - 1, 1:]) ** 2
    tv = 1e-6 * ((a + b) ** 1.25).sum()
    return {"content": content, "style": torch.stack(styles).sum(), "tv": tv}


def as_keras(file: Path) -> Tensor:
    """RGB in [0,1] -> BGR in 0..255 minus the mean, in double precision."""
    return read_image(file).double().flip(0) * 255 - MEAN.double()


@pytest.fixture
def weights(tmp_path: Path) -> dict[str, Tensor]:
    """A VGG-19 of random weights, in the file too; of features as small as to keep a step small."""
    tensors = RandomWeights(0).load(VGG19).tensors
    tensors["conv1_1.weight"] *= 0.1
    torch.save(tensors, tmp_path / "vgg19.pth")
    return tensors


def test_two_steps_are_those_of_keras(
    script: Callable[..., int], photos: Path, tmp_path: Path, weights: dict[str, Tensor]
) -> None:
    files = {}
    for name, number in (("base", 1), ("style", 7), ("start", 3)):
        files[name] = tmp_path / f"{name}.png"
        with Image.open(photos / f"{number:02d}.jpg") as picture:
            picture.resize((COLUMNS, ROWS)).save(files[name])
    run = tmp_path / "run"
    arguments = [
        "recipe=keras_example",
        f"loss_network.weights.path={tmp_path / 'vgg19.pth'}",
        f"content={files['base']}",
        f"style={files['style']}",
        "start=picture",  # or content and its features would agree at first
        f"start.picture.path={files['start']}",
        f"content_size.px={ROWS}",
        f"style_size.px={ROWS}",
        "trainer.accelerator=cpu",
        "trainer.log_every_n_steps=1",
        "trainer.max_steps=2",
        "logger=none",
        f"run.dir={run}",
    ]
    assert script("train.py", *arguments) == 0

    base, style, x = (as_keras(files[name]) for name in ("base", "style", "start"))
    began = x.clone()
    for step in range(2):
        x.requires_grad_()
        terms = loss(weights, base, style, x)
        (gradient,) = torch.autograd.grad(torch.stack(list(terms.values())).sum(), x)
        x = (x - 100.0 * 0.96 ** (step / 100) * gradient).detach()
    checkpoint = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)
    pixels = checkpoint["state_dict"]["net.pixels"][0].double().flip(0) * 255 - MEAN.double()
    moved = float((x - began).abs().mean())
    assert moved > 0.01
    torch.testing.assert_close(pixels - began, x - began, rtol=1e-3, atol=1e-3 * moved)
