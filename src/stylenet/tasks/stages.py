"""Sizes at which an image is optimised one after the other, from coarse to fine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from stylenet.losses import PerceptualLoss


@dataclass(frozen=True)
class Stage:
    """One size of the picture on the way from coarse to fine.

    Attributes:
        content: the content picture as the loss sees it, (1,3,H,W) in [0,1]; its size is the
            stage's.
        make_loss: the loss, with style targets for this size.
        make_judge: the same loss in single precision, for the result.
        finish: from the optimised picture (1,3,H,W) in [0,1] to what is shown, such as with the
            photograph's colours.
        end: the step at which the next stage begins; of no meaning for the last one.
        regions: how much each region has of every pixel, (1,R,H,W) in [0,1], where the loss has
            regions.
    """

    content: Tensor
    make_loss: Callable[[], PerceptualLoss]
    make_judge: Callable[[], PerceptualLoss]
    finish: Callable[[Tensor], Tensor]
    end: int
    regions: Tensor | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        height, width = self.content.shape[-2:]
        return height, width
