"""Pooling as in the loss networks' classifiers, written so that torch.compile can take it."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class MaxPool2x2(nn.MaxPool2d):
    """The greatest of each 2x2 cells: (N,C,H,W) -> (N,C,H//2,W//2).

    When compiled it is written as three maxima, which fuse with their neighbours; the compiler's
    own wording scatters gradients one by one, several times slower on a CPU. Gradients differ
    only where cells are equal and greatest: the first gets it, or, compiled, they share it.
    """

    def __init__(self) -> None:
        super().__init__(2, 2)

    def forward(self, x: Tensor) -> Tensor:
        """Pool."""
        return self._spelt_out(x) if torch.compiler.is_compiling() else super().forward(x)

    def _spelt_out(self, x: Tensor) -> Tensor:
        height, width = (side // 2 * 2 for side in x.shape[-2:])
        x = x[..., :height, :width]
        rows = torch.maximum(x[..., ::2, :], x[..., 1::2, :])
        return torch.maximum(rows[..., ::2], rows[..., 1::2])
