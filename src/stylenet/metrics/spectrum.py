"""How much contrast an image has, and how coarse or fine what it shows is."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

LOW, HIGH = 0.05, 0.25  # cycles a pixel


class Spectrum(NamedTuple):
    """Fractions of the spectral energy of grey: below 0.05 and above 0.25 cycles a pixel."""

    low: float
    high: float


def contrast(image: Tensor) -> float:
    """Standard deviation of the grey, the mean of the channels, of (3,H,W) in [0,1]: 0 to 0.5."""
    return image.mean(0).std(correction=0).item()


def spectrum(image: Tensor) -> Spectrum:
    """Where the variance of the grey of (3,H,W) lies: in broad planes, or in grain.

    Squared magnitudes of the discrete Fourier transform of the mean of the channels less its own
    mean, no window; the frequency of a coefficient is the length of its vector, up to 0.71. It
    depends on the size of the image. NaN where there is no variance.
    """
    grey = image.mean(0).double()
    height, width = grey.shape
    energy = torch.fft.fft2(grey - grey.mean()).abs().square()
    rows = torch.fft.fftfreq(height, dtype=torch.float64)[:, None]
    frequency = torch.hypot(rows, torch.fft.fftfreq(width, dtype=torch.float64)[None])
    low, high = (
        (energy[part].sum() / energy.sum()).item() for part in (frequency < LOW, frequency > HIGH)
    )
    return Spectrum(low, high)
