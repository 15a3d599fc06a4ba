"""Colouring a line drawing: its lines lie over the image that is optimised."""

from __future__ import annotations

import torch
from torch import Tensor

from stylenet.tasks.gatys import Gatys


class SketchColouring(Gatys):
    """As `Gatys`, with a drawing, dark lines on white, as the content image.

    The result is the optimised image times the drawing: white leaves it, black covers it.
    """

    @torch.no_grad()
    def result(self) -> Tensor:
        """The image so far with the lines laid over it: (1,3,H,W) in [0,1]."""
        guided = self.guided()
        return guided * self.stage.content.to(guided)

    @torch.no_grad()
    def guided(self) -> Tensor:
        """The image so far without the lines: (1,3,H,W) in [0,1]."""
        return super().result()
