"""Statistics of paintings: what is written is read again, in a file that is small."""

from __future__ import annotations

from pathlib import Path

import torch

from stylenet.styles import (
    PaintingStatistics,
    catalogue,
    painting_statistics,
    statistics_file,
)

NETWORKS = ("compact_vgg", "vgg16_bundled")
SHIPPED = [name for name in catalogue() if statistics_file(name, NETWORKS[0]).is_file()]


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    features = torch.randn(1, 5, 40)
    gram, means = features @ features.mT / 200, features.mean(2)
    other = torch.rand(1, 3, 3)
    layers = {"relu1_2": (gram, means), "relu1_2@2": (other + other.mT, torch.rand(1, 3))}
    given = PaintingStatistics({"margin": "2"}, layers)
    (tmp_path / "network").mkdir()
    given.write(statistics_file("mine", "network", tmp_path))
    (read,) = painting_statistics("mine", tmp_path)
    assert read.conditions == {"margin": "2"}
    assert read.layers.keys() == layers.keys()
    for layer, tensors in layers.items():
        for expected, got in zip(tensors, read.layers[layer], strict=True):
            torch.testing.assert_close(got, expected.half().float(), rtol=0, atol=0)


def test_a_style_without_statistics_has_none(tmp_path: Path) -> None:
    assert painting_statistics("mine", tmp_path) == []


def test_each_swatch_has_the_statistics_of_its_painting() -> None:
    swatches = statistics_file("any", "any").parents[2].glob("swatches/*.jpg")
    assert {file.stem for file in swatches} == set(SHIPPED)
    for name in SHIPPED:
        found = painting_statistics(name)
        assert len(found) == len(NETWORKS)
        for network, read in zip(NETWORKS, found, strict=True):
            assert read.conditions["painting"] == catalogue()[name].sha256
            assert network in read.conditions["loss_network"]
            assert statistics_file(name, network).stat().st_size < 400_000
