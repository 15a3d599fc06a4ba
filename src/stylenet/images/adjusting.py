"""Hue, saturation and brightness of finished images."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from stylenet.errors import StylenetError
from stylenet.images.colour import from_yiq, to_yiq


@dataclass(frozen=True)
class Adjustment:
    """Colours turned, strengthened and brightened, in luminance and chrominance (NTSC's YIQ).

    Attributes:
        hue: degrees by which hues are turned.
        saturation: factor of chrominance; 0 is grey.
        brightness: factor of all.
    """

    hue: float = 0.0
    saturation: float = 1.0
    brightness: float = 1.0

    def __post_init__(self) -> None:
        """Refuse factors below 0."""
        for name in ("saturation", "brightness"):
            value = getattr(self, name)
            if not value >= 0:
                raise StylenetError(
                    f"Got {name}={value:g}, expected 0 or more.", "1 changes nothing."
                )

    def __call__(self, image: Tensor) -> Tensor:
        """(N,3,H,W) in [0,1] -> the same, clamped."""
        if self == Adjustment():
            return image
        angle = math.radians(self.hue)
        cos, sin = self.saturation * math.cos(angle), self.saturation * math.sin(angle)
        turn = torch.tensor([[1.0, 0.0, 0.0], [0.0, cos, -sin], [0.0, sin, cos]]).to(image)
        turned = torch.einsum("ij,njhw->nihw", turn, to_yiq(image))
        return (self.brightness * from_yiq(turned)).clamp(0, 1)
