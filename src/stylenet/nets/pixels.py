"""The image itself as the parameter (Gatys et al. 2016, section 2)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class PixelImage(nn.Module):
    """An image (1,3,H,W) whose pixels are optimised: values about [0,1], not held there.

    Args:
        picture: the values to start from; they are copied, in float32.
        memory_format: in which the image is given out. The parameter itself stays contiguous,
            because L-BFGS flattens it.
    """

    def __init__(
        self, picture: Tensor, memory_format: torch.memory_format = torch.contiguous_format
    ) -> None:
        super().__init__()
        self.memory_format = memory_format
        self.pixels = nn.Parameter(_copied(picture))

    def forward(self) -> Tensor:
        """The image."""
        return self.pixels.contiguous(memory_format=self.memory_format)

    @torch.no_grad()
    def replace(self, picture: Tensor) -> None:
        """Go on from ``picture``, of any size, as a new parameter: optimisers know the old one."""
        self.pixels = nn.Parameter(_copied(picture.to(self.pixels.device)))

    @torch.no_grad()
    def clamp(self) -> None:
        """Put values outside [0,1] at its ends."""
        self.pixels.clamp_(0, 1)


def _copied(picture: Tensor) -> Tensor:
    return picture.detach().to(torch.float32, memory_format=torch.contiguous_format, copy=True)


def resized(picture: Tensor, height: int, width: int) -> Tensor:
    """(N,C,H,W) -> (N,C,height,width), bilinear: no value leaves the range of those given."""
    size = [height, width]
    return nn.functional.interpolate(picture, size, mode="bilinear", align_corners=False)
