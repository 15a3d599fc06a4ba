"""Fakes and small things that tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig
from PIL import Image
from torch import Tensor, nn

from stylenet.run.launch import register

ROOT = Path(__file__).parents[1]
ASSETS = ROOT.parent / "shared" / "assets"


class FakeLossNetwork(nn.Module):
    """Layer ``one``: a fixed 1x1 convolution to four channels; ``two``: its ReLU, halved in size."""

    name = "fake"
    weights_source = "fake"

    def __init__(self) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.weight = torch.randn(4, 3, 1, 1, generator=generator)
        self.calls: list[tuple[str, ...]] = []

    def forward(self, image: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        layers = tuple(layers)
        self.calls.append(layers)
        one = nn.functional.conv2d(image, self.weight.to(image))
        features = {"one": one, "two": nn.functional.avg_pool2d(one.relu(), 2)}
        return {layer: features[layer] for layer in layers}


@pytest.fixture
def fake_network() -> FakeLossNetwork:
    return FakeLossNetwork()


@pytest.fixture
def assets() -> Path:
    if not ASSETS.is_dir():
        pytest.skip(f"{ASSETS} is not there (shared test pictures and weights)")
    return ASSETS


def write_photos(folder: Path, count: int, side: int = 48) -> Path:
    """Smooth random pictures, JPEG."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(0)
    for index in range(count):
        coarse = random.integers(0, 256, (6, 6, 3), dtype=np.uint8)
        picture = Image.fromarray(coarse).resize((side + index, side), Image.Resampling.BICUBIC)
        picture.save(folder / f"{index:02d}.jpg")
    return folder


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return write_photos(tmp_path / "photos", 8)


@pytest.fixture
def composed() -> Iterator[Callable[..., DictConfig]]:
    """``composed(*overrides, name="train")``: a configuration as the command line composes it."""
    register()

    def build(*overrides: str, name: str = "train") -> DictConfig:
        return compose(name, list(overrides))

    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        yield build
