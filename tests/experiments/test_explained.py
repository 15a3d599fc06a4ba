"""Explained variance: its laws, and numpy's least squares."""

from __future__ import annotations

import runpy
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from stylenet.loss_networks.geometry import Grid, align, align_whole_cells
from stylenet.loss_networks.network import compact_vgg, squeezenet1_0
from stylenet.loss_networks.weights import RandomWeights

STUDY = Path(__file__).parents[2] / "experiments" / "loss_network_quality"
Moments, Pair, explained_share, feature_moments, linear_map = map(
    runpy.run_path(str(STUDY / "explained.py")).get,
    ("Moments", "Pair", "explained_share", "feature_moments", "linear_map"),
)


def cells(count: int, channels: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    scale = torch.rand(channels, generator=generator) * 10
    return torch.randn(count, channels, generator=generator) * scale + 3


def moments(inputs: Tensor, outputs: Tensor) -> Moments:
    found = Moments()
    for x, y in zip(inputs.split(70), outputs.split(70), strict=True):
        found.add(x, y)
    return found


def test_the_map_is_numpys_least_squares():
    x, y = cells(500, 7), cells(500, 4, seed=1)
    y = y + x @ torch.randn(7, 4)
    weight, bias = linear_map(moments(x, y), ridge=0)
    ones = np.ones((500, 1))
    expected, *_ = np.linalg.lstsq(np.hstack([x.double().numpy(), ones]), y.double().numpy())
    np.testing.assert_allclose(weight.numpy(), expected[:-1], rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(bias.numpy(), expected[-1], rtol=1e-8)


def test_the_ridge_is_that_of_standardised_inputs():
    x, y = cells(300, 5).double(), cells(300, 2, seed=1).double()
    y = y + x[:, :2]
    weight, _ = linear_map(moments(x, y), ridge=0.3)
    scale = x.std(0, correction=0)
    z = (x - x.mean(0)) / scale
    # as more rows of the least squares: root of (ridge * count) on each weight, towards 0
    rows = torch.cat([z, (0.3 * 300) ** 0.5 * torch.eye(5).double()])
    values = torch.cat([y - y.mean(0), torch.zeros(5, 2)])
    expected, *_ = np.linalg.lstsq(rows.numpy(), values.numpy())
    np.testing.assert_allclose((weight * scale[:, None]).numpy(), expected, rtol=1e-8)


def test_the_share_is_that_of_the_residuals():
    x, y = cells(400, 6), cells(400, 3, seed=1)
    y = y + x[:, :3]
    fitting, held_out = (x[:300], y[:300]), (x[300:], y[300:])
    weight, bias = linear_map(moments(*fitting))
    deviation = fitting[1].double().std(0, correction=0)
    error = (held_out[1].double() - held_out[0].double() @ weight - bias) / deviation
    total = (held_out[1].double() - held_out[1].double().mean(0)) / deviation
    expected = 1 - (error**2).sum() / (total**2).sum()
    assert explained_share(moments(*fitting), moments(*held_out)) == pytest.approx(
        float(expected), abs=1e-9
    )


def test_features_explain_themselves_and_any_linear_mix():
    x, new = cells(500, 6), cells(200, 6, seed=1)
    assert explained_share(moments(x, x), moments(new, new)) == pytest.approx(1, abs=1e-5)
    mix = torch.randn(6, 9, generator=torch.Generator().manual_seed(5))
    share = explained_share(moments(x, x @ mix - 4), moments(new, new @ mix - 4))
    assert share == pytest.approx(1, abs=1e-5)


def test_independent_noise_explains_nothing():
    noise, y = cells(20000, 6), cells(20000, 3, seed=1)
    share = explained_share(moments(noise[:15000], y[:15000]), moments(noise[15000:], y[15000:]))
    assert share == pytest.approx(0, abs=0.005)


def test_half_the_variance():
    x, noise = torch.randn(40000, 2, generator=torch.Generator().manual_seed(0)).split(1, 1)
    y = x + noise
    share = explained_share(moments(x[:30000], y[:30000]), moments(x[30000:], y[30000:]))
    assert share == pytest.approx(0.5, abs=0.02)


def test_scales_do_not_matter_and_dead_channels_do_not_count():
    x, y = cells(400, 4), cells(400, 3, seed=1)
    y = y + x[:, :3]
    share = explained_share(moments(x[:300], y[:300]), moments(x[300:], y[300:]))
    scaled = x * torch.tensor([1e-3, 1, 50, 7]), y * torch.tensor([1e3, 0.2, 1])
    with_dead = [torch.cat([part, torch.full((400, 1), 2.0)], 1) for part in scaled]
    again = explained_share(
        moments(*(part[:300] for part in with_dead)), moments(*(part[300:] for part in with_dead))
    )
    assert again == pytest.approx(share, abs=1e-6)


class Fake(nn.Module):
    """One layer on a grid of its own: each cell is a pixel of the picture, mixed."""

    def __init__(self, grid: Grid, mix: Tensor) -> None:
        super().__init__()
        self.own, self.mix = grid, mix

    def grid(self, layer: str) -> Grid:
        return self.own

    def forward(self, image: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        start = int(self.own.first)
        pixels = image[:, :, start :: self.own.stride, start :: self.own.stride]
        return {layer: torch.einsum("nchw,cd->ndhw", pixels, self.mix) for layer in layers}


def pictures(count: int, seed: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.rand(1, 3, 40 + n, 50, generator=generator) for n in range(count)]


def test_networks_are_compared_at_the_same_places():
    network = Fake(Grid(2, 0), torch.randn(3, 4, generator=torch.Generator().manual_seed(0)))
    teacher = Fake(Grid(2, 4), torch.randn(3, 2, generator=torch.Generator().manual_seed(1)))

    def unaligned(features: Tensor, own: Grid, target: Grid, size: tuple[int, int]) -> Tensor:
        return features[:, :, : size[0], : size[1]]

    pairs = [Pair("a", "b", align) for align in (align, align_whole_cells, unaligned)]
    both = zip(
        feature_moments(network, teacher, pairs, pictures(6, 0)),
        feature_moments(network, teacher, pairs, pictures(3, 1)),
        strict=True,
    )
    shares = [explained_share(*pair) for pair in both]
    assert shares[0] == pytest.approx(1, abs=1e-5)
    assert shares[1] == pytest.approx(1, abs=1e-5)
    assert shares[2] == pytest.approx(0, abs=0.05)


def test_a_real_network_explains_itself_and_another_in_part():
    teacher, student = squeezenet1_0(RandomWeights(0)), compact_vgg(RandomWeights(1))
    pairs = [Pair("relu1", "relu1", align), Pair("fire4", "fire4", align)]
    photos = [nn.functional.interpolate(p, size=(64, 80)) for p in pictures(4, 0)]
    for found in feature_moments(teacher, teacher, pairs, photos):
        assert explained_share(found, found) == pytest.approx(1, abs=1e-4)
    pair = Pair("relu2_2", "relu1", align_whole_cells)
    (fitting,) = feature_moments(student, teacher, [pair], photos)
    assert 0 < explained_share(fitting, fitting) < 0.999
