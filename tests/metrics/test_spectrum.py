"""Contrast and spectrum of images whose frequencies are known."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from stylenet.metrics import contrast, spectrum


def wave(across: float, down: float = 0.0, amplitude: float = 0.25) -> Tensor:
    """Grey that varies by so many cycles a pixel, (3,80,160), about 0.5."""
    phase = down * torch.arange(80)[:, None] + across * torch.arange(160)
    return (0.5 + amplitude * torch.cos(2 * math.pi * phase)).expand(3, 80, 160)


@pytest.mark.parametrize(
    ("across", "down", "low", "high"),
    [
        (0.025, 0.0, 1, 0),
        (0.0, 0.025, 1, 0),
        (0.0375, 0.0375, 0, 0),  # each below 0.05, the vector's length above
        (0.1, 0.0, 0, 0),
        (0.3, 0.0, 0, 1),
        (0.2, 0.2, 0, 1),  # each below 0.25, the vector's length above
    ],
)
def test_a_wave_is_where_its_frequency_is(across, down, low, high):
    assert spectrum(wave(across, down)) == pytest.approx((low, high), abs=1e-6)


def test_fractions_are_of_the_energy():
    both = wave(0.025, amplitude=0.3) + wave(0.4, amplitude=0.1)
    assert spectrum(both) == pytest.approx((0.9, 0.1), abs=1e-6)


def test_contrast_is_the_deviation_and_the_spectrum_does_not_depend_on_it():
    faint, strong = wave(0.1, amplitude=0.1), wave(0.1, amplitude=0.2)
    assert contrast(faint) == pytest.approx(0.1 / math.sqrt(2), rel=1e-4)
    assert contrast(strong) == pytest.approx(2 * contrast(faint), rel=1e-4)
    noise = torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(0))
    assert spectrum(noise / 3) == pytest.approx(spectrum(noise), rel=1e-4)


def test_grey_is_the_mean_of_the_channels():
    image = torch.zeros(3, 8, 8)
    image[2, :4] = 0.9  # by luma, blue counts 0.11
    assert contrast(image) == pytest.approx(0.15)


def test_one_colour_has_no_contrast_and_no_spectrum():
    image = torch.full((3, 16, 16), 0.5)
    assert contrast(image) == 0
    assert all(math.isnan(share) for share in spectrum(image))
