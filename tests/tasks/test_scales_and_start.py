"""Sizes from coarse to fine, and where an optimisation starts."""

from __future__ import annotations

import itertools
import math

import pytest
import torch

from stylenet.errors import StylenetError
from stylenet.tasks import (
    CoarseToFine,
    FromContent,
    FromPicture,
    FromStyle,
    NoisyContent,
    OneScale,
    SpeckledContent,
    WhiteNoise,
)


def test_sizes_grow_by_the_square_root_of_two_and_end_at_the_final_one():
    plan = CoarseToFine(first_px=128, steps=100)(384, 512, 1000)
    assert [(h, w) for h, w, _ in plan] == [
        (96, 128),
        (136, 181),
        (192, 256),
        (272, 362),
        (384, 512),
    ]
    assert [end for _, _, end in plan] == [200, 300, 400, 500, 1000]
    for (_, narrow, _), (_, wide, _) in itertools.pairwise(plan):
        assert wide / narrow == pytest.approx(math.sqrt(2), rel=0.01)


def test_a_longer_run_has_the_same_sizes_and_more_steps_at_the_last():
    short, long = (CoarseToFine()(300, 400, steps) for steps in (700, 900))
    assert short[:-1] == long[:-1]
    assert (short[-1][2], long[-1][2]) == (700, 900)


def test_a_small_picture_has_one_size():
    assert CoarseToFine()(100, 128, 7) == OneScale()(100, 128, 7) == [(100, 128, 7)]


def test_a_run_too_short_for_its_sizes_is_refused_with_a_number():
    with pytest.raises(StylenetError, match=r"max_steps=500.*4 coarse sizes.*take 500 steps.*=700"):
        CoarseToFine()(384, 512, 500)


@pytest.mark.parametrize("wrong", [{"ratio": 1.0}, {"first_px": 0}, {"steps": 0}])
def test_scales_that_do_not_grow_are_refused(wrong):
    with pytest.raises(StylenetError, match=r"ratio above 1"):
        CoarseToFine(**wrong)


CONTENT = torch.rand(1, 3, 12, 16, generator=torch.Generator().manual_seed(1))
STYLE = torch.rand(1, 3, 9, 7, generator=torch.Generator().manual_seed(2))


def begin(start, seed=0):
    picture = start(CONTENT, STYLE, torch.Generator().manual_seed(seed))
    assert picture.shape == CONTENT.shape
    assert 0 <= float(picture.min()) <= float(picture.max()) <= 1
    return picture


def test_noise_is_the_seeds_and_fills_the_range():
    noise = begin(WhiteNoise())
    assert torch.equal(noise, begin(WhiteNoise()))
    assert not torch.equal(noise, begin(WhiteNoise(), seed=1))
    assert float(noise.mean()) == pytest.approx(0.5, abs=0.05)
    assert float(noise.std()) == pytest.approx(1 / math.sqrt(12), abs=0.03)
    assert float(begin(WhiteNoise(0.1)).std()) == pytest.approx(0.1 / math.sqrt(12), abs=0.003)


def test_content_style_and_picture():
    assert torch.equal(begin(FromContent()), CONTENT)
    stretched = begin(FromStyle())
    assert float(stretched.mean()) == pytest.approx(float(STYLE.mean()), abs=0.02)
    assert torch.equal(begin(FromPicture(CONTENT[0])), CONTENT)


def test_a_mixture_is_one_by_ratio():
    noise = begin(WhiteNoise())
    torch.testing.assert_close(begin(NoisyContent(0.0)), CONTENT)
    torch.testing.assert_close(begin(NoisyContent(1.0)), noise)
    torch.testing.assert_close(begin(NoisyContent(0.3)), 0.7 * CONTENT + 0.3 * noise)


def test_speckles_lie_on_their_share_of_the_pixels_in_all_channels():
    picture = SpeckledContent(0.25)(
        torch.full((1, 3, 100, 100), 0.5), STYLE, torch.Generator().manual_seed(0)
    )
    changed = (picture != 0.5).any(1)
    assert float(changed.float().mean()) == pytest.approx(0.25, abs=0.02)
    assert torch.equal(begin(SpeckledContent(0.0)), CONTENT)
    assert not (begin(SpeckledContent(1.0)) == CONTENT).any()


@pytest.mark.parametrize("make", [WhiteNoise, NoisyContent, SpeckledContent])
def test_shares_are_shares(make):
    with pytest.raises(StylenetError, match="fraction from 0 to 1"):
        make(1.5)
