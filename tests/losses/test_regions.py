"""Guided Gram matrices and the style term of regions: their laws, and a plain loop."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from stylenet.errors import StylenetError
from stylenet.loss_networks.network import compact_vgg
from stylenet.loss_networks.weights import RandomWeights
from stylenet.losses import (
    GramDistance,
    GramMomentsDistance,
    MomentsDistance,
    NormalisedDistance,
    PerceptualLoss,
    RegionStyleTerm,
    StyleTerm,
    View,
    WassersteinDistance,
    guided_gram_matrix,
)
from stylenet.losses.functional import gram_matrix, mean_of_entries
from stylenet.losses.regions import spread_weights

LAYERS = ["one", "two"]


def picture(batch: int = 1, seed: int = 0, height: int = 8, width: int = 6) -> Tensor:
    return torch.rand(batch, 3, height, width, generator=torch.Generator().manual_seed(seed))


def soft_maps(batch: int, count: int, height: int = 8, width: int = 6, seed: int = 5) -> Tensor:
    random = torch.rand(batch, count, height, width, generator=torch.Generator().manual_seed(seed))
    return random / random.sum(1, keepdim=True)


def halves(height: int = 8, width: int = 6) -> Tensor:
    maps = torch.zeros(1, 2, height, width)
    maps[:, 0, :, : width // 2] = 1
    maps[:, 1, :, width // 2 :] = 1
    return maps


def term_of(network, style, **settings) -> RegionStyleTerm:
    return RegionStyleTerm(network, style, LAYERS, [2.0, 0.5], 3.0, **settings)


def style_part(term, network, stylised: Tensor, regions: Tensor) -> Tensor:
    return PerceptualLoss({"style": term}, network)(stylised, stylised, regions=regions).total


def test_a_plain_loop_finds_the_same_guided_gram_matrices():
    features, guides = torch.randn(2, 4, 5, 3, dtype=torch.float64), soft_maps(2, 3, 5, 3).double()
    expected = np.zeros((2, 3, 4, 4))
    for n in range(2):
        for r in range(3):
            total = 0.0
            for y in range(5):
                for x in range(3):
                    f, t = features[n, :, y, x].numpy(), float(guides[n, r, y, x])
                    expected[n, r] += t**2 * np.outer(f, f)
                    total += t**2
            expected[n, r] /= 4 * total
    found = guided_gram_matrix(features, guides)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12)
    last = features.float().contiguous(memory_format=torch.channels_last)
    np.testing.assert_allclose(guided_gram_matrix(last, guides).numpy(), expected, rtol=1e-4)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_gradient_of_guided_gram_matrices_is_right_for_any_upstream_gradient(layout):
    features = torch.randn(2, 3, 4, 3, dtype=torch.float64).contiguous(memory_format=layout)
    guides = soft_maps(2, 2, 4, 3).double()
    guides[0, 1] = 0
    assert torch.autograd.gradcheck(
        lambda f: guided_gram_matrix(f, guides), features.requires_grad_()
    )


def test_many_cells_in_bfloat16_are_added_up_as_exactly_as_without_regions():
    features = torch.rand(1, 8, 70, 40).bfloat16()
    whole = torch.ones(1, 1, 70, 40)
    assert torch.equal(guided_gram_matrix(features, whole)[:, 0], gram_matrix(features))


def test_one_region_everywhere_is_the_plain_term(fake_network):
    style, stylised = picture(seed=7, height=18, width=14), picture(3, seed=1)
    plain = StyleTerm(fake_network, style, LAYERS, [2.0, 0.5], 3.0)
    expected = PerceptualLoss({"style": plain}, fake_network)(stylised, stylised).total
    maps = {"style_regions": torch.ones(1, 1, 18, 14)}
    for settings in ({}, maps, {**maps, "region_weights": [1.0]}):
        term = term_of(fake_network, style, **settings)
        assert torch.equal(
            style_part(term, fake_network, stylised, torch.ones(3, 1, 8, 6)), expected
        )
    mean = GramDistance(mean_of_entries)
    plain = StyleTerm(fake_network, style, LAYERS, [2.0, 0.5], 3.0, mean)
    expected = PerceptualLoss({"style": plain}, fake_network)(stylised, stylised).total
    found = style_part(
        term_of(fake_network, style, distance=mean), fake_network, stylised, torch.ones(3, 1, 8, 6)
    )
    assert torch.equal(found, expected)


def test_regions_that_have_their_style_already_have_no_loss(fake_network):
    style, regions = picture(), soft_maps(1, 3)
    term = term_of(fake_network, style, style_regions=regions)
    assert style_part(term, fake_network, style, regions) < 1e-12
    tiled = torch.cat([style, style], 3)  # where things are does not matter, nor how much there is
    assert style_part(term, fake_network, tiled, torch.cat([regions, regions], 3)) < 1e-12
    assert style_part(term, fake_network, style.flip(1), regions) > 1e-3


def test_the_order_of_regions_does_not_matter(fake_network):
    styles, stylised, regions = [picture(seed=s) for s in (7, 8, 9)], picture(2), soft_maps(2, 3)
    order = [2, 0, 1]
    found = style_part(term_of(fake_network, styles), fake_network, stylised, regions)
    other = term_of(fake_network, [styles[n] for n in order])
    torch.testing.assert_close(
        style_part(other, fake_network, stylised, regions[:, order]), found, rtol=1e-6, atol=0
    )
    swapped = style_part(term_of(fake_network, styles), fake_network, stylised, regions[:, order])
    assert not torch.isclose(swapped, found, rtol=1e-3)


def test_a_region_has_no_gradient_outside(fake_network):
    stylised = picture().requires_grad_()
    styles = [picture(seed=7), picture(seed=8)]
    left = term_of(fake_network, styles, region_weights=[1.0, 0.0])
    style_part(left, fake_network, stylised, halves()).backward()
    assert stylised.grad is not None
    # cells of layer two are two pixels wide: the middle one has both regions
    assert stylised.grad[..., :3].abs().amin((1, 2)).gt(0).all()
    assert stylised.grad[..., 4:].eq(0).all()


def test_each_halfs_loss_is_that_of_the_half_alone(fake_network):
    """With the seam between cells, two regions are two pictures, weighted by their areas."""
    stylised, styles = picture(height=16, width=16), [picture(seed=7), picture(seed=8)]
    regions = halves(16, 16)
    found = style_part(term_of(fake_network, styles), fake_network, stylised, regions)
    alone = [
        PerceptualLoss(
            {"style": StyleTerm(fake_network, style, LAYERS, [2.0, 0.5], 3.0)}, fake_network
        )(half, half).total
        for style, half in zip(styles, stylised.split(8, 3), strict=True)
    ]
    torch.testing.assert_close(found, (alone[0] + alone[1]) / 2)


def test_losses_of_a_batch_are_the_mean_of_those_of_its_pictures(fake_network):
    term = term_of(fake_network, [picture(seed=7), picture(seed=8)])
    stylised, regions = picture(3), soft_maps(3, 2)
    regions[1, 0], regions[1, 1] = 0, 1  # one picture has no first region
    together = style_part(term, fake_network, stylised, regions)
    alone = [
        style_part(term, fake_network, stylised[n : n + 1], regions[n : n + 1]) for n in range(3)
    ]
    torch.testing.assert_close(together, torch.stack(alone).mean())


def test_regions_weigh_as_much_as_their_area_unless_weights_are_given(fake_network):
    styles, stylised = [picture(seed=7), picture(seed=8)], picture()
    regions = torch.zeros(1, 2, 8, 6)
    regions[:, 0, :2] = 1
    regions[:, 1, 2:] = 1
    by_area = style_part(term_of(fake_network, styles), fake_network, stylised, regions)
    given = term_of(fake_network, styles, region_weights=[0.25, 0.75])
    torch.testing.assert_close(style_part(given, fake_network, stylised, regions), by_area)
    first = term_of(fake_network, styles, region_weights=[1, 0])
    second = term_of(fake_network, styles, region_weights=[0, 1])
    parts = [style_part(term, fake_network, stylised, regions) for term in (first, second)]
    torch.testing.assert_close(0.25 * parts[0] + 0.75 * parts[1], by_area)


@pytest.mark.parametrize("where", ["content", "style", "nowhere"])
def test_a_region_of_less_than_a_cell_counts_for_nothing_and_never_makes_nan(fake_network, where):
    """Layer two's cells have four pixels: three of a region are too few there, not at layer one."""
    few = torch.zeros(1, 2, 8, 6)
    few[:, 0, 0, :3] = 1
    few[:, 1] = 1 - few[:, 0]
    if where == "nowhere":
        few[:, 0], few[:, 1] = 0, 1
    content, style = (few, halves()) if where != "style" else (halves(), few)
    stylised = picture().requires_grad_()
    term = term_of(fake_network, picture(seed=7), style_regions=style)
    loss = PerceptualLoss({"style": term}, fake_network)
    view = loss.view_content(stylised, regions=content)
    views = type(view)(stylised, fake_network(stylised, LAYERS)), view
    found = term.by_region(*views)
    assert found["two"][0, 0] == 0
    assert (found["one"][0, 0] > 0) == (where != "nowhere")
    assert found["one"][0, 1] > 0
    loss.compare(stylised, view).total.backward()
    assert stylised.grad is not None
    assert stylised.grad.isfinite().all()


def test_the_term_moves_with_its_targets_and_enters_no_checkpoint():
    network = compact_vgg(RandomWeights())
    regions = halves(32, 32)
    term = RegionStyleTerm(
        network, torch.rand(1, 3, 32, 32), ["relu2_2"], None, 1.0, style_regions=regions
    )
    loss = PerceptualLoss({"style": term}, network)
    assert loss.state_dict() == {}
    stylised = torch.rand(1, 3, 32, 32)
    assert float(loss(stylised, stylised, regions=regions).total) > 0
    lower = compact_vgg(RandomWeights()).lower(torch.bfloat16)
    term = RegionStyleTerm(
        lower, torch.rand(1, 3, 32, 32), ["relu2_2"], None, 1.0, style_regions=regions
    )
    total = PerceptualLoss({"style": term}, lower)(stylised, stylised, regions=regions).total
    assert total.dtype == torch.float32
    loss.to("meta")
    assert {buffer.device.type for buffer in loss.terms["style"].buffers()} == {"meta"}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"style_weights": [1, 2]}, r"one picture for each region"),
        ({"style_regions": torch.ones(1, 2, 8, 6)}, r"2 style pictures with a region map"),
        ({"region_weights": [1.0]}, r"weights \[1.0\] for 2 regions"),
        ({"region_weights": [1.0, -1.0]}, r"a number of 0 or more"),
    ],
)
def test_what_regions_cannot_have_is_refused(fake_network, settings, words):
    with pytest.raises(StylenetError, match=words):
        term_of(fake_network, [picture(seed=7), picture(seed=8)], **settings)


def test_a_loss_of_regions_wants_to_know_where_they_are(fake_network):
    term = term_of(fake_network, [picture(seed=7), picture(seed=8)])
    loss = PerceptualLoss({"style": term}, fake_network)
    with pytest.raises(StylenetError, match="2 regions got none"):
        loss(picture(), picture())
    with pytest.raises(StylenetError, match="got a map of 3"):
        loss(picture(), picture(), regions=soft_maps(1, 3))


@pytest.mark.parametrize(
    "distance",
    [
        GramDistance(),
        MomentsDistance(),
        GramMomentsDistance(),
        WassersteinDistance(),
        NormalisedDistance(GramMomentsDistance(), [torch.rand(1, 3, 9, 9)]),
    ],
)
def test_any_statistics_of_a_region_are_those_of_the_region_alone(fake_network, distance):
    stylised, styles = picture(2, height=16, width=16), [picture(seed=7), picture(seed=8)]
    term = term_of(fake_network, styles, distance=distance)
    loss = PerceptualLoss({"style": term}, fake_network)
    regions = halves(16, 16).expand(2, -1, -1, -1)
    found = loss(stylised, stylised, regions=regions).total
    alone = [
        PerceptualLoss(
            {"style": StyleTerm(fake_network, style, LAYERS, [2.0, 0.5], 3.0, distance)},
            fake_network,
        )(half, half).total
        for style, half in zip(styles, stylised.split(8, 3), strict=True)
    ]
    torch.testing.assert_close(found, (alone[0] + alone[1]) / 2, rtol=1e-4, atol=1e-6)


def test_few_cells_give_their_weight_to_a_finer_layer():
    weights = {"fine": 1.0, "middle": 2.0, "coarse": 4.0}
    sizes = {"fine": 4096, "middle": 1024, "coarse": 256}
    cells = {
        "fine": torch.tensor([[2000.0, 160, 40, 8, 0]]),
        "middle": torch.tensor([[500.0, 40, 10, 2, 0]]),
        "coarse": torch.tensor([[125.0, 10, 2.5, 0.5, 0]]),
    }
    found = spread_weights(weights, cells, sizes)
    assert found["coarse"].tolist() == [[4, 0, 0, 0, 0]]
    assert found["middle"].tolist() == [[2, 6, 0, 0, 0]]
    assert found["fine"].tolist() == [[1, 1, 7, 7, 0]]
    assert list(found) == list(weights)


def test_a_small_region_is_measured_at_the_finer_layer(fake_network):
    regions = torch.zeros(1, 2, 24, 18)
    regions[:, 0, :4, :6] = 1  # 24 pixels, 6 cells of layer two
    regions[:, 1] = 1 - regions[:, 0]
    stylised = picture(height=24, width=18)
    term = term_of(fake_network, [picture(seed=7), picture(seed=8)])
    views = View(stylised, fake_network(stylised, LAYERS)), View(stylised, regions=regions)
    found = term.by_region(*views)
    assert found["two"][0, 0] == 0
    assert found["two"][0, 1] > 0
    fine = RegionStyleTerm(fake_network, [picture(seed=7), picture(seed=8)], ["one"], [2.5], 3.0)
    expected = fine.by_region(*views)["one"][0, 0]
    torch.testing.assert_close(found["one"][0, 0], expected)
