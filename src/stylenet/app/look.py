"""What becomes of a finished painting."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from stylenet.images import Adjustment, Colours, LuminanceOnly, StyleColours


@dataclass(frozen=True)
class Look:
    """What is done to a finished painting, which needs no net.

    Attributes:
        strength: 1 is the painting, 0 the photograph.
        colours: what becomes of the photograph's.
        adjustment: hue, saturation and brightness.
    """

    strength: float = 1.0
    colours: Colours = field(default_factory=StyleColours)
    adjustment: Adjustment = field(default_factory=Adjustment)

    def __call__(self, painted: Tensor, content: Tensor) -> Tensor:
        """Both (3,H,W) in [0,1] -> the same."""
        mixed = torch.lerp(content, painted, self.strength)[None]
        return self.adjustment(self.colours.recolour(mixed, content[None]))[0]


def kept(photograph: bool) -> Colours:
    """The colours of a box that is ticked where the photograph's are to be kept."""
    return LuminanceOnly() if photograph else StyleColours()
