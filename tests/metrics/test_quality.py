"""What evaluate.py measures."""

from __future__ import annotations

import pytest
import torch
from skimage.metrics import structural_similarity
from torch import Tensor, nn

from stylenet.losses import (
    ContentTerm,
    LossTerms,
    PerceptualLoss,
    PixelTerm,
    StyleTerm,
    TotalVariationTerm,
)
from stylenet.metrics.quality import WINDOW, measure, ssim


def picture(height: int = 16, width: int = 20, seed: int = 0) -> Tensor:
    return torch.rand(3, height, width, generator=torch.Generator().manual_seed(seed))


def test_ssim_of_equal_pictures_is_one():
    assert ssim(picture(), picture()) == pytest.approx(1)


def test_ssim_falls_with_noise():
    smooth = torch.linspace(0.2, 0.8, 20).expand(3, 16, 20)
    values = [ssim(smooth, (smooth + s * (picture() - 0.5)).clamp(0, 1)) for s in (0.05, 0.2, 1)]
    assert 1 > values[0] > values[1] > values[2]


def test_ssim_is_that_of_skimage_over_rgb_in_zero_to_one():
    a, b = picture(), 0.7 * picture() + 0.3 * picture(seed=1)
    channels = [
        structural_similarity(x.double().numpy(), y.double().numpy(), win_size=7, data_range=1.0)
        for x, y in zip(a, b, strict=True)
    ]
    assert ssim(a, b) == pytest.approx(sum(channels) / 3, abs=1e-4)
    assert ssim(a, b) == ssim(b, a)


@pytest.mark.parametrize(("height", "width"), [(WINDOW - 1, 20), (20, WINDOW - 1), (1, 1)])
def test_ssim_of_a_picture_below_the_window_is_none(height, width):
    assert ssim(picture(height, width), picture(height, width)) is None
    assert ssim(picture(WINDOW, 20), picture(WINDOW, 20)) == pytest.approx(1)


def make(network, *names: str) -> PerceptualLoss:
    terms = {
        "content": ContentTerm(["two"], None, 2),
        "style": StyleTerm(network, picture(seed=7)[None], ["one"], None, 3),
        "tv": TotalVariationTerm(0.5),
        "pixel": PixelTerm(1),
    }
    return PerceptualLoss({name: terms[name] for name in names}, network)


def test_measure_gives_the_weighted_losses_and_ssim(fake_network):
    loss = make(fake_network, "content", "style", "tv")
    stylised, content = picture(), picture(seed=1)
    terms = loss(stylised[None], content[None]).terms
    quality = measure(stylised, content, loss)
    assert list(quality) == ["content", "style", "tv", "ssim"]
    for name in ("content", "style", "tv"):
        assert quality[name] == pytest.approx(float(terms[name]))
        assert quality[name] > 0
    assert quality["ssim"] == ssim(stylised, content)


def test_measure_gives_whatever_terms_the_loss_has(fake_network):
    quality = measure(picture(), picture(seed=1), make(fake_network, "content", "tv", "pixel"))
    assert list(quality) == ["content", "tv", "pixel", "ssim"]
    only_style = measure(picture(6, 6), picture(6, 6), make(fake_network, "style"))
    assert list(only_style) == ["style", "ssim"]
    assert only_style["ssim"] is None
    assert only_style["style"] > 0


def test_a_picture_beside_itself(fake_network):
    quality = measure(picture(), picture(), make(fake_network, "content", "tv"))
    assert quality["content"] == 0
    assert quality["ssim"] == pytest.approx(1)


class Recorder(nn.Module):
    """A loss that keeps where the pictures it got lay."""

    def forward(self, stylised: Tensor, content: Tensor) -> LossTerms:
        self.devices = (stylised.device.type, content.device.type)
        return LossTerms(torch.tensor(1.0), {"tv": torch.tensor(1.0)}, {})


def test_the_loss_gets_both_pictures_on_its_device():
    loss = Recorder()
    quality = measure(picture(), picture(seed=1), loss, device="meta")
    assert loss.devices == ("meta", "meta")
    assert quality["ssim"] == ssim(picture(), picture(seed=1))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_measures_the_same(fake_network):
    pictures = picture(), picture(seed=1)
    expected = measure(*pictures, make(fake_network, "content", "style", "tv"))
    loss = make(fake_network, "content", "style", "tv").to("cuda")
    quality = measure(*pictures, loss, "cuda")
    for name in ("content", "style", "tv", "ssim"):
        assert quality[name] == pytest.approx(expected[name], rel=1e-2)
    assert ssim(*(p.cuda() for p in pictures)) == quality["ssim"]
