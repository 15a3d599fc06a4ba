"""A second frame made of a still, for training without clips: moved, noisy, in another light."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from stylenet.errors import StylenetError


class MovedStill(NamedTuple):
    """A batch of second frames, and where what they show lies in the stills.

    Attributes:
        image: (N,3,H,W) in [0,1].
        grid: (N,H,W,2), x and y of the places in the stills, as `carried` reads them.
        seen: (N,1,H,W), 1 where that place is in the still, else 0.
    """

    image: Tensor
    grid: Tensor
    seen: Tensor


@dataclass(frozen=True)
class StillMotion:
    """Makes second frames: a shift and a smooth bend, then noise and another brightness.

    How much of all of it a frame gets is drawn from 0 to 1, so that some hardly move, as what is
    at rest in a clip does. The flow is smooth: nothing is hidden but what leaves the frame.

    Attributes:
        shift_px: pixels that the whole frame is shifted by, at most, along either axis.
        bend_px: standard deviation of the flow, in pixels, at the points of a coarse grid, between
            which it is interpolated.
        cells: such points along either axis.
        noise: standard deviation of the noise.
        light: relative change of brightness, at most.

    Raises:
        StylenetError: a negative number, or fewer than 2 points.
    """

    shift_px: float = 8.0
    bend_px: float = 2.0
    cells: int = 4
    noise: float = 0.02
    light: float = 0.05

    def __post_init__(self) -> None:
        """Refuse numbers that mean nothing."""
        numbers = (self.shift_px, self.bend_px, self.noise, self.light)
        if min(numbers) < 0 or self.cells < 2:
            raise StylenetError(
                f"Got loss.temporal_shift_px={self.shift_px:g} loss.temporal_bend_px="
                f"{self.bend_px:g} loss.temporal_noise={self.noise:g} loss.temporal_light="
                f"{self.light:g} and {self.cells} points; expected 0 or more, 2 points or more.",
                "Use 8, 2, 0.02, 0.05 and 4.",
            )

    def flow(self, still: Tensor, generator: Generator) -> Tensor:
        """Pixels from each place of a second frame to what it shows in ``still``: (N,2,H,W)."""
        count, _, height, width = still.shape
        shift = 2 * torch.rand(count, 2, 1, 1, generator=generator, device=still.device) - 1
        points = torch.randn(
            *(count, 2, self.cells, self.cells), generator=generator, device=still.device
        )
        much = torch.rand(count, 1, 1, 1, generator=generator, device=still.device)
        coarse = much * (self.shift_px * shift + self.bend_px * points)
        return F.interpolate(coarse, (height, width), mode="bicubic", align_corners=True)

    def __call__(self, still: Tensor, generator: Generator) -> MovedStill:
        """A second frame of each of ``still`` (N,3,H,W) in [0,1].

        Args:
            still: the first frames.
            generator: of their device.
        """
        grid, seen = located(self.flow(still, generator))
        image = carried(still, grid)
        count = len(still)
        light = torch.rand(count, 1, 1, 1, generator=generator, device=still.device)
        much = torch.rand(count, 1, 1, 1, generator=generator, device=still.device)
        noise = torch.randn(image.shape, generator=generator, device=still.device)
        image = image * (1 + self.light * (2 * light - 1)) + self.noise * much * noise
        image = image.clamp(0, 1).to(still.dtype)
        if still.is_contiguous(memory_format=torch.channels_last):
            image = image.contiguous(memory_format=torch.channels_last)
        return MovedStill(image, grid, seen)


def located(flow: Tensor) -> tuple[Tensor, Tensor]:
    """The places that ``flow`` (N,2,H,W), in pixels, leads to, and whether they lie in the frame.

    Returns:
        (N,H,W,2), as `carried` reads them; (N,1,H,W), 1 or 0.
    """
    height, width = flow.shape[-2:]
    rows = torch.arange(height, device=flow.device, dtype=flow.dtype)[:, None]
    columns = torch.arange(width, device=flow.device, dtype=flow.dtype)
    x, y = flow[:, 0] + columns, flow[:, 1] + rows
    seen = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    # from -1 to 1 between the centres of the outermost pixels
    grid = torch.stack([2 * x / max(1, width - 1) - 1, 2 * y / max(1, height - 1) - 1], -1)
    return grid, seen[:, None].to(flow.dtype)


def carried(image: Tensor, grid: Tensor) -> Tensor:
    """``image`` (N,C,H,W) as a frame shows it whose places lie at ``grid`` (N,H,W,2) in it.

    Bicubic: bilinear interpolation blurs, and a net that has to match what is blurred learns to
    paint without fine strokes. In the precision of ``grid``.
    """
    return F.grid_sample(
        image.to(grid.dtype), grid, mode="bicubic", padding_mode="border", align_corners=True
    )
