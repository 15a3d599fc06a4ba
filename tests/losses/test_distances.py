"""Style distances and loss conventions against independent NumPy formulas; gradients; laws."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from torch.autograd import gradcheck

from stylenet.errors import StylenetError
from stylenet.losses import (
    GramDistance,
    GramMomentsDistance,
    LayerWeightsError,
    MomentsDistance,
    NormalisedDistance,
    PerceptualLoss,
    PixelDeviationTerm,
    RangeTerm,
    StyleTerm,
    View,
    WassersteinDistance,
    functional,
)
from stylenet.losses.features import PIXELS
from stylenet.losses.moments import covariance, matrix_root
from stylenet.losses.targets import style_targets

SHAPE = (2, 3, 4, 5)


def features(seed=0, shape=SHAPE, dtype=torch.float64):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def as_matrices(x):
    """Gatys' F: N rows (channels) by M columns (pixels), for each picture."""
    return x.numpy().reshape(x.shape[0], x.shape[1], -1)


def gatys_content(x, y):
    return [0.5 * np.sum((f - p) ** 2) for f, p in zip(as_matrices(x), as_matrices(y), strict=True)]


def johnson_content(x, y):
    return [np.sum((a - b) ** 2) / a.size for a, b in zip(x.numpy(), y.numpy(), strict=True)]


def quarter_content(x, y):
    n, c, h, w = x.shape
    return [np.sum((x[i].numpy() - y[i].numpy()) ** 2) / (4 * h * w * c) for i in range(n)]


def gatys_style(x, y):
    n, m = x.shape[1], x.shape[2] * x.shape[3]
    return [
        np.sum((f @ f.T - p @ p.T) ** 2) / (4 * n**2 * m**2)
        for f, p in zip(as_matrices(x), as_matrices(y), strict=True)
    ]


def johnson_style(x, y):
    size = np.prod(x.shape[1:])
    return [
        np.linalg.norm(f @ f.T / size - p @ p.T / size, "fro") ** 2
        for f, p in zip(as_matrices(x), as_matrices(y), strict=True)
    ]


CONTENT = [
    (functional.half_sum_of_entries, gatys_content),
    (functional.mean_of_entries, johnson_content),
    (functional.quarter_mean_of_entries, quarter_content),
]
STYLE = [
    (functional.quarter_sum_of_entries, gatys_style),
    (functional.sum_of_entries, johnson_style),
]


@pytest.mark.parametrize(("reduction", "formula"), CONTENT)
def test_content_conventions_are_their_formulas(reduction, formula):
    x, y = features(0), features(1)
    expected = torch.tensor(formula(x, y), dtype=torch.float64)
    torch.testing.assert_close(functional.content_loss(x, y, reduction), expected)
    x.requires_grad_()
    assert gradcheck(lambda value: functional.content_loss(value, y, reduction), x)


@pytest.mark.parametrize(("reduction", "formula"), STYLE)
def test_style_conventions_are_their_formulas(reduction, formula):
    x, y = features(0), features(1)
    distance = GramDistance(reduction)
    target = distance.describe(y)
    expected = torch.tensor(formula(x, y), dtype=torch.float64)
    torch.testing.assert_close(distance(distance.describe(x), target), expected)
    x.requires_grad_()
    assert gradcheck(lambda value: distance(distance.describe(value), target), x)


def test_moments_are_their_formula():
    x, y = features(0), features(1)
    distance = MomentsDistance()
    got = distance(distance.describe(x), distance.describe(y))
    a, b = as_matrices(x), as_matrices(y)
    expected = ((a.mean(2) - b.mean(2)) ** 2 + (a.std(2) - b.std(2)) ** 2).mean(1)
    torch.testing.assert_close(got, torch.from_numpy(expected), rtol=1e-4, atol=1e-6)
    x.requires_grad_()
    target = distance.describe(y)
    assert gradcheck(lambda value: distance(distance.describe(value), target), x)


def test_wasserstein_is_its_formula():
    x, y = features(0), 2 * features(1) + 1
    distance = WassersteinDistance(eps=1e-3)
    got = distance(distance.describe(x), distance.describe(y))
    expected = []
    for f, p in zip(as_matrices(x), as_matrices(y), strict=True):
        a, b = (np.cov(m, bias=True) + 1e-3 * np.eye(3) for m in (f, p))
        cross = sqrtm(sqrtm(b) @ a @ sqrtm(b)).real
        means = np.sum((f.mean(1) - p.mean(1)) ** 2)
        expected.append((means + np.trace(a + b - 2 * cross)) / 3)
    torch.testing.assert_close(got, torch.tensor(expected, dtype=torch.float64))
    x.requires_grad_()
    target = distance.describe(y)
    assert gradcheck(lambda value: distance(distance.describe(value), target), x)


def test_wasserstein_of_shifted_gaussians_is_the_shift():
    x = features(0)
    distance = WassersteinDistance()
    shift = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)[None, :, None, None]
    got = distance(distance.describe(x + shift), distance.describe(x))
    expected = torch.full((2,), float((shift**2).sum()) / 3, dtype=torch.float64)
    torch.testing.assert_close(got, expected)


def test_wasserstein_keeps_its_digits_under_autocast_and_with_fewer_pixels_than_channels():
    x = features(0, (1, 32, 3, 3), torch.float32).requires_grad_()
    y = features(1, (1, 32, 3, 3), torch.float32)
    distance = WassersteinDistance()
    exact = distance(distance.describe(x.double()), distance.describe(y.double()))
    with torch.autocast("cpu", torch.bfloat16):
        got = distance(distance.describe(x), distance.describe(y))
    torch.testing.assert_close(got.double(), exact, rtol=1e-3, atol=1e-4)
    got.sum().backward()
    assert torch.isfinite(x.grad).all()
    assert x.grad.abs().max() < 100


def test_a_root_is_a_root():
    matrix = covariance(features(0), 1e-3)
    root = matrix_root(matrix)
    torch.testing.assert_close(root @ root, matrix)


@pytest.mark.parametrize("distance", [GramDistance(), MomentsDistance(), WassersteinDistance()])
def test_distances_are_zero_at_home_whatever_the_order_of_pixels(distance):
    x, y = features(0), features(1)
    target = distance.describe(y)
    shuffled = y.flatten(2)[:, :, torch.randperm(20)].reshape(SHAPE)
    at_home = distance(distance.describe(shuffled), target)
    torch.testing.assert_close(at_home, torch.zeros(2, dtype=torch.float64), atol=1e-10, rtol=0)
    assert (distance(distance.describe(x), target) > 1e-3).all()


@pytest.mark.parametrize("distance", [GramDistance(), MomentsDistance(), WassersteinDistance()])
def test_several_styles_are_blended_by_their_shares(fake_network, distance):
    styles = [torch.rand(1, 3, 8, 8 + 2 * i) for i in range(2)]
    picture = torch.rand(1, 3, 6, 6)
    view = View(picture, fake_network(picture, ["one", "two"]))

    def term(style, weights=None):
        layers = ["one", "two"]
        return StyleTerm(fake_network, style, layers, [2, 1], 1, distance, weights)(view, view)

    alone = [term(style) for style in styles]
    blended = term(styles, [3, 1])
    for layer in ("one", "two"):
        expected = 0.75 * alone[0][layer] + 0.25 * alone[1][layer]
        torch.testing.assert_close(blended[layer], expected)
    torch.testing.assert_close(term(styles), term(styles, [5, 5]))
    torch.testing.assert_close(term(styles, [0, 2]), alone[1])


@pytest.mark.parametrize("weights", [[1], [1, 2, 3], [1, -1], [0, 0]])
def test_shares_that_do_not_fit_are_refused(fake_network, weights):
    styles = [torch.rand(1, 3, 8, 8)] * 2
    with pytest.raises(LayerWeightsError, match=r"style_weights=.* for 2 style pictures.*each"):
        StyleTerm(fake_network, styles, ["one"], None, 1, None, weights)


def test_pixel_deviation_is_half_the_sum_of_squares_about_the_mean():
    image = features(0)
    values = image.numpy().reshape(2, -1)
    expected = 0.5 * ((values - values.mean(1, keepdims=True)) ** 2).sum(1)
    term = PixelDeviationTerm(1)
    torch.testing.assert_close(term(View(image), View(image))[""], torch.from_numpy(expected))
    assert term(View(torch.full(SHAPE, 0.3)), View(image))[""].tolist() == pytest.approx([0, 0])
    assert gradcheck(functional.pixel_deviation, image.requires_grad_())


def test_range_term_counts_only_what_a_file_cannot_hold():
    image = torch.tensor([[-0.5, 0.0, 0.3], [1.0, 1.2, 0.9]]).reshape(1, 1, 2, 3)
    got = RangeTerm(1)(View(image), View(image))[""]
    torch.testing.assert_close(got, torch.tensor([(0.25 + 0.04) / 6]))


def test_a_content_picture_viewed_before_gives_the_same_loss(fake_network):
    from stylenet.losses import ContentTerm

    loss = PerceptualLoss({"content": ContentTerm(["two"], None, 2)}, fake_network)
    stylised, content = torch.rand(1, 3, 8, 8), torch.rand(1, 3, 8, 8)
    view = loss.view_content(content)
    passes = len(fake_network.calls)
    torch.testing.assert_close(loss.compare(stylised, view).total, loss(stylised, content).total)
    assert len(fake_network.calls) == passes + 3  # one for compare, two for the whole


def test_the_notebooks_style_term_is_ours_with_its_weight():
    """1e3 / C^2 times the mean square of Gram matrices over H*W: recipe=gatys2016."""
    x, y = features(0), features(1)
    c, m = x.shape[1], x.shape[2] * x.shape[3]
    expected = [
        1e3 / c**2 * np.mean((f @ f.T / m - p @ p.T / m) ** 2)
        for f, p in zip(as_matrices(x), as_matrices(y), strict=True)
    ]
    distance = GramDistance(functional.mean_of_entries)
    got = 1e3 * distance(distance.describe(x), distance.describe(y))
    torch.testing.assert_close(got, torch.tensor(expected, dtype=torch.float64))


def photographs(count: int = 3) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(11)
    return [torch.rand(1, 3, 8, 9 + n, generator=generator) for n in range(count)]


ANY = [GramDistance(), MomentsDistance(), GramMomentsDistance(), WassersteinDistance()]


def test_gram_and_moments_are_their_formulas():
    x, y = features(0), features(1)
    distance = GramMomentsDistance()
    parts = distance.parts(distance.describe(x), distance.describe(y))
    a, b = as_matrices(x), as_matrices(y)
    expected = {
        "gram": johnson_style(x, y),
        "mean": ((a.mean(2) - b.mean(2)) ** 2).sum(1),
        "std": ((a.std(2) - b.std(2)) ** 2).sum(1),
    }
    assert set(parts) == set(expected)
    for key, values in expected.items():
        wanted = torch.as_tensor(np.asarray(values), dtype=torch.float64)
        torch.testing.assert_close(parts[key], wanted, rtol=1e-4, atol=1e-6)
    x.requires_grad_()
    target = distance.describe(y)
    assert gradcheck(lambda value: distance(distance.describe(value), target), x)


def test_moments_out_of_a_bfloat16_gram_matrix_are_near_the_exact_ones():
    x = torch.rand(1, 16, 60, 50, generator=torch.Generator().manual_seed(3)) + 0.5
    exact = GramMomentsDistance().describe(x.double())
    rounded = GramMomentsDistance().describe(x.bfloat16())
    for key in ("gram", "mean"):
        torch.testing.assert_close(rounded[key].double(), exact[key], rtol=5e-3, atol=0)
    torch.testing.assert_close(rounded["std"].double(), exact["std"], rtol=2e-2, atol=0)


@pytest.mark.parametrize("distance", ANY)
def test_photographs_are_on_average_at_a_distance_of_the_weights(fake_network, distance):
    shots = photographs()
    style = 3 * torch.rand(1, 3, 7, 7)
    parts = set(distance.parts(distance.describe(features(0)), distance.describe(features(0))))
    weights = {name: 0.25 * (1 + n) for n, name in enumerate(sorted(parts))}
    normalised = NormalisedDistance(distance, shots, weights)
    term = StyleTerm(fake_network, style, ["one", "two"], [3, 1], 1, normalised)

    def loss(image):
        view = View(image, fake_network(image, ["one", "two"]))
        return torch.stack(list(term(view, view).values())).sum()

    mean = torch.stack([loss(shot) for shot in shots]).mean()
    torch.testing.assert_close(mean, torch.tensor(sum(weights.values())), rtol=1e-4, atol=0)
    # all but zero where the style is, whatever its size
    assert loss(style) < 1e-6


@pytest.mark.parametrize("distance", ANY[:3])  # Wasserstein's eps is a number of its own
def test_a_normalised_distance_does_not_know_the_unit_of_features(fake_network, distance):
    """Ten times the features: as under another loss network, the loss stays what it was."""

    class Louder(torch.nn.Module):
        def forward(self, image, layers):
            return {k: 10 * v for k, v in fake_network(image, layers).items()}

    shots, style, image = photographs(), torch.rand(1, 3, 7, 7), torch.rand(1, 3, 8, 8)
    normalised = NormalisedDistance(distance, shots)

    def loss(network):
        term = StyleTerm(network, style, ["one", "two"], None, 1, normalised)
        view = View(image, network(image, ["one", "two"]))
        return torch.stack(list(term(view, view).values())).sum()

    torch.testing.assert_close(loss(Louder()), loss(fake_network), rtol=1e-2, atol=1e-4)


def test_layers_and_scales_of_a_normalised_distance_share_one_weight(fake_network):
    shots, style, image = photographs(), torch.rand(1, 3, 9, 9), torch.rand(1, 3, 8, 8)
    normalised = NormalisedDistance(GramMomentsDistance(), shots)

    def weights(layers, given, scales=(1,)):
        term = StyleTerm(fake_network, style, layers, given, 1, normalised, scales=scales)
        return term.layer_weights

    assert weights(["one"], None) == {"one": 1}
    assert weights(["one", "two"], [3, 1]) == {"one": 0.75, "two": 0.25}
    assert weights(["one", "pixels"], None, [1, 2]) == dict.fromkeys(
        ("one", "pixels", "one@2", "pixels@2"), 0.25
    )
    plain = StyleTerm(fake_network, style, ["one", "two"], [3, 1], 1)
    assert plain.layer_weights == {"one": 3, "two": 1}  # the papers' sums are left alone
    view = PerceptualLoss({"style": plain}, fake_network)(image, image)
    assert set(view.parts) == {"style/one", "style/two"}


def test_parts_without_weight_are_left_out_and_unknown_ones_refused():
    shots = photographs(1)
    distance = NormalisedDistance(GramMomentsDistance(), shots, {"mean": 0.0, "std": 0.0})
    x, y = features(0), features(1)
    target = distance.target(distance.describe(y), [distance.describe(features(2))])
    assert set(distance.parts(distance.describe(x), target)) == {"gram"}
    wrong = NormalisedDistance(GramDistance(), shots, {"grams": 1.0})
    with pytest.raises(StylenetError, match=r"weights of grams .*distance of gram\."):
        wrong.target(wrong.describe(y), [wrong.describe(x)])
    with pytest.raises(StylenetError, match=r"no photographs.*squared_gram"):
        NormalisedDistance(GramDistance(), [])


def test_relative_content_is_the_squared_difference_over_the_variance():
    x, y = features(0), features(1)
    values = y.numpy().reshape(2, -1)
    expected = ((x - y).numpy().reshape(2, -1) ** 2).mean(1) / values.var(1)
    got = functional.relative_content_loss(x, y)
    torch.testing.assert_close(got, torch.from_numpy(expected))
    torch.testing.assert_close(functional.relative_content_loss(7 * x, 7 * y), got)
    assert functional.relative_content_loss(y, y).tolist() == [0, 0]
    flat = torch.ones(SHAPE, dtype=torch.float64)
    assert functional.relative_content_loss(x, flat).isfinite().all()
    assert gradcheck(lambda v: functional.relative_content_loss(v, y), x.requires_grad_())


def test_photographs_go_to_where_the_style_is(fake_network):
    shots = [torch.rand(1, 3, 8, 8), torch.rand(1, 3, 8, 8)]
    distance = NormalisedDistance(GramMomentsDistance(), shots)
    [target] = style_targets(fake_network, distance, [torch.rand(1, 3, 8, 8).to("meta")], [PIXELS])
    assert {value.device.type for value in target[PIXELS].values()} == {"meta"}
