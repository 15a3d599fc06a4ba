"""Triplets of crops, and the style distances between them."""

from __future__ import annotations

import runpy
from collections.abc import Iterable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from stylenet.errors import StylenetError
from stylenet.losses import GramDistance, MomentsDistance

STUDY = Path(__file__).parents[2] / "experiments" / "loss_network_quality"
balanced_sum, style_distances, triplet_accuracy = map(
    runpy.run_path(str(STUDY / "recognition.py")).get,
    ("balanced_sum", "style_distances", "triplet_accuracy"),
)

KINDS = ["rough"] * 4 + ["smooth"] * 4


def textures() -> list[Tensor]:
    """Four pieces of pixel noise, four of blotches: the same colours."""
    noise = torch.rand(8, 3, 32, 40, generator=torch.Generator().manual_seed(0))
    blotches = nn.functional.interpolate(noise[4:, :, ::8, ::8], size=(32, 40))
    return [*noise[:4], *blotches]


class Differences(nn.Module):
    """Layer ``edges``: differences of neighbours; ``flat``: the same value everywhere."""

    def forward(self, image: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        features = {
            "edges": image[..., 1:] - image[..., :-1],
            "flat": torch.ones_like(image),
        }
        return {layer: features[layer] for layer in layers}


@pytest.mark.parametrize("distance", [GramDistance(), MomentsDistance()])
def test_textures_that_differ_are_told_apart(distance):
    found = style_distances(Differences(), textures(), ["edges", "flat"], distance)
    assert triplet_accuracy(found["edges"], KINDS) == 1
    assert triplet_accuracy(balanced_sum(found), KINDS) == 1


def test_constant_features_guess():
    found = style_distances(Differences(), textures(), ["flat"], GramDistance())
    assert triplet_accuracy(found["flat"], KINDS) == 0.5
    assert triplet_accuracy(balanced_sum(found), KINDS) == 0.5


def test_kinds_that_mean_nothing_are_guessed(fake_network):
    pictures = list(torch.rand(24, 3, 8, 8, generator=torch.Generator().manual_seed(1)))
    found = style_distances(fake_network, pictures, ["one"], GramDistance())
    assert triplet_accuracy(found["one"], [n % 3 for n in range(24)]) == pytest.approx(0.5, abs=0.1)


def test_distances_are_those_of_two_pictures_alone(fake_network):
    pictures = textures()[2:6]
    found = style_distances(fake_network, pictures, ["one", "two"], GramDistance())
    for layer, values in found.items():
        assert values.shape == (4, 4)
        torch.testing.assert_close(values, values.T)
        assert values.diagonal().tolist() == [0] * 4
        grams = [
            (f := fake_network(p[None], [layer])[layer][0].flatten(1)) @ f.T / f.numel()
            for p in pictures
        ]
        torch.testing.assert_close(values[0, 3], ((grams[0] - grams[3]) ** 2).sum())


def test_triplets_counted_by_hand():
    distances = torch.tensor([[0, 2, 1, 2.0], [3, 0, 4, 3], [9, 9, 0, 9], [9, 9, 9, 0]])
    # from 0: 1 at 2, against 1 and 2: wrong, tie; from 1: 0 at 3, against 4 and 3: right, tie
    assert triplet_accuracy(distances, ["a", "a", "b", "c"]) == 2 / 4


def test_a_layers_scale_has_no_say():
    one = torch.tensor([[0, 1, 3], [1, 0, 2.0], [3, 2, 0]])
    other = torch.tensor([[0, 2, 1], [2, 0, 3.0], [1, 3, 0]])
    total = balanced_sum({"a": one, "b": other})
    torch.testing.assert_close(balanced_sum({"a": 1e6 * one, "b": 1e-4 * other}), total)
    assert total.sum() / 6 == pytest.approx(2)


@pytest.mark.parametrize("kinds", [["a", "a", "a"], ["a", "b", "c"]])
def test_without_a_triplet_there_is_no_share(kinds):
    with pytest.raises(StylenetError, match=r"'a'.*no triplet.*two pictures of one kind"):
        triplet_accuracy(torch.zeros(3, 3), kinds)
