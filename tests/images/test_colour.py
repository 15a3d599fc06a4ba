"""Colour rules by their laws: what is matched is matched, what is kept is untouched."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skimage.color import rgb2yiq

from stylenet.images import (
    LuminanceOnly,
    MatchedCovariance,
    MatchedHistograms,
    StyleColours,
)
from stylenet.images.colour import from_yiq, match_covariance, to_yiq


def picture(seed, height=20, width=24):
    """Colours that are correlated and not centred, with a margin to 0 and 1."""
    random = torch.Generator().manual_seed(seed)
    mix = torch.rand(3, 3, generator=random) + torch.eye(3)
    raw = torch.einsum("ij,njhw->nihw", mix, torch.rand(1, 3, height, width, generator=random))
    return 0.1 + 0.8 * (raw - raw.min()) / (raw.max() - raw.min())


def statistics(image):
    colours = image.double().flatten(2)[0].numpy()
    return colours.mean(1), np.cov(colours, bias=True)


def test_yiq_is_that_of_scikit_image_and_comes_back():
    image = picture(0)
    expected = rgb2yiq(image[0].permute(1, 2, 0).double().numpy())
    got = to_yiq(image)[0].permute(1, 2, 0).numpy()
    np.testing.assert_allclose(got, expected, atol=1e-5)
    torch.testing.assert_close(from_yiq(to_yiq(image)), image, atol=1e-5, rtol=0)


def test_matched_covariance_has_the_contents_mean_and_covariance():
    content, style = picture(1), picture(2, 30, 17)
    mean, covariance = statistics(match_covariance(style, content))
    expected_mean, expected_covariance = statistics(content)
    np.testing.assert_allclose(mean, expected_mean, atol=1e-5)
    np.testing.assert_allclose(covariance, expected_covariance, atol=1e-5)


def test_a_picture_matched_with_itself_is_itself():
    image = picture(1)
    torch.testing.assert_close(match_covariance(image, image), image, atol=1e-4, rtol=0)
    for rule in (MatchedCovariance(), MatchedHistograms()):
        _, same = rule.before(image, image)
        torch.testing.assert_close(same, image, atol=1e-4, rtol=0)


def test_a_style_of_one_colour_is_matched_without_numbers_going_wild():
    _, matched = MatchedCovariance().before(picture(1), torch.full((1, 3, 8, 8), 0.4))
    expected = picture(1).mean((2, 3), keepdim=True).expand_as(matched)
    torch.testing.assert_close(matched, expected, atol=1e-3, rtol=0)


def test_matched_histograms_have_the_contents_quantiles():
    content, style = picture(1, 40, 40), picture(2, 40, 40)
    kept, matched = MatchedHistograms().before(content, style)
    assert kept is content
    levels = torch.linspace(0.05, 0.95, 10)
    for channel in range(3):
        got = matched[0, channel].flatten().quantile(levels)
        expected = content[0, channel].flatten().quantile(levels)
        torch.testing.assert_close(got, expected, atol=0.01, rtol=0)
        before, after = style[0, channel].flatten(), matched[0, channel].flatten()
        order = before.argsort()
        assert (after[order].diff() >= -1e-6).all()  # the style's order of values is kept


def test_luminance_only_shows_grey_and_keeps_the_contents_chrominance():
    content, style = picture(1), picture(2, 30, 17)
    rule = LuminanceOnly()
    grey, painted = rule.before(content, style)
    for image in (grey, painted):
        assert (image - image.mean(1, keepdim=True)).abs().max() < 1e-5
    assert float(painted.mean()) == pytest.approx(float(grey.mean()), abs=0.01)
    assert float(painted.std()) == pytest.approx(float(grey.std()), abs=0.01)
    result = (0.5 * grey + 0.25).clamp(0, 1)
    finished = to_yiq(rule.after(result, content))
    torch.testing.assert_close(finished[:, :1], to_yiq(result)[:, :1], atol=0.02, rtol=0)
    torch.testing.assert_close(finished[:, 1:], to_yiq(content)[:, 1:], atol=0.05, rtol=0)
    same = rule.after(grey, content)  # nothing transferred: nothing changed
    torch.testing.assert_close(same, content, atol=1e-5, rtol=0)


def test_style_colours_change_nothing():
    content, style, result = picture(1), picture(2), picture(3)
    rule = StyleColours()
    assert rule.before(content, style) == (content, style)
    assert rule.after(result, content) is result
