"""A net of several styles learns one more."""

from __future__ import annotations

from typing import Any

from torch import nn

from stylenet.nets import style_parameters
from stylenet.tasks.multistyle import MultiStyle


class AddStyle(MultiStyle):
    """Trains the last style of ``net`` alone: what all styles share, and the others, stay as is.

    Nothing of them has a gradient, and the net stays in evaluation mode, so that a batch norm's
    statistics do not move either.
    """

    def __init__(self, net: nn.Module, *arguments: Any, **more: Any) -> None:
        super().__init__(net, *arguments, **more)
        self.first = self.count - len(self.styles)
        net.requires_grad_(False)
        for number in range(self.first, self.count):
            for parameter in style_parameters(net, number):
                parameter.requires_grad_(True)

    def reconstructs(self) -> bool:
        """False: the auto-encoder is not trained."""
        return False

    def train(self, mode: bool = True) -> AddStyle:
        """Keep the net in evaluation mode."""
        super().train(mode)
        self.net.eval()
        return self
