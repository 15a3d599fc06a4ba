"""``stylenet export``: from a name, a painting or a run to a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import onnxruntime
import pytest
import torch

from stylenet.apply import Stylizer, load_model, pruning
from stylenet.images import read_image

Command = Callable[..., SimpleNamespace]


def painted(file: str, photo: Path) -> torch.Tensor:
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    return torch.from_numpy(session.run(None, {"image": read_image(photo)[None].numpy()})[0])[0]


def test_a_painting_is_exported_as_the_net_any_paints_in_it(
    stylenet: Command, shipped: Path, photos: Path
) -> None:
    done = stylenet("export", photos / "03.jpg", "--to", "onnx", "-o", "three.onnx")
    assert done.status == 0, done.said
    assert "three.onnx  0." in done.said
    assert "levels of 255 from the net itself" in done.said
    expected = Stylizer.load("any", "cpu", style=photos / "03.jpg")(read_image(photos / "00.jpg"))
    assert (painted("three.onnx", photos / "00.jpg") - expected).abs().max() <= 1 / 255


def test_a_net_that_ships_is_exported_as_it_is(
    stylenet: Command, shipped: Path, photos: Path
) -> None:
    assert stylenet("export", "wave").status == 0
    expected = Stylizer.load("wave", "cpu")(read_image(photos / "00.jpg"))
    assert (painted("wave.onnx", photos / "00.jpg") - expected).abs().max() <= 1 / 255
    assert stylenet("export", "any", "--style", photos / "03.jpg", "-o", "a.onnx").status == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["export", "any"], "paints in any style, and none was named"),
        (["export", "wave", "--style", "udnie"], "which has its own only. Leave out --style."),
        (["export", "no_such_style"], "no_such_style"),
        (["export", "painting.jpg", "--style", "udnie"], "painting.jpg is no net"),
        (["export", "wave", "-o", "wave.txt"], "expected one that ends in .onnx"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(
    words: list[str], said: str, stylenet: Command, shipped: Path
) -> None:
    done = stylenet(*words)
    assert done.status == 2
    assert said in done.said
    assert len(done.said.strip().splitlines()) == 1


def test_a_net_is_pruned(stylenet: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    photograph = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    monkeypatch.setattr(pruning, "reference_photographs", lambda: (photograph,))
    done = stylenet("prune", "udnie", "-o", "small", "--keep", "0.8")
    assert done.status == 0, done.said
    assert "% of the multiplications; train it: net=resnet_pruned init=small" in done.said
    assert load_model("small").net(photograph).shape == photograph.shape
    again = stylenet("prune", "udnie", "-o", "small")
    assert again.status == 2
    assert "There is a net in small already" in again.said
    assert "between 0 and 1" in stylenet("prune", "udnie", "-o", "x", "--keep", "1").said
