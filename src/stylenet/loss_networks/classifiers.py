"""Classifiers: a teacher's last features -> logits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from torch import Tensor, nn
from torch.nn import functional


class ConvolutionalClassifier(nn.Module):
    """A 1x1 convolution, ReLU and the mean over all cells: SqueezeNet's (arXiv:1602.07360, fig. 2).

    VGG's three dense layers want images of one size, and are not read.
    """

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        super().__init__()
        self.classes = len(bias)
        self.weight = nn.Parameter(weight.float(), requires_grad=False)
        self.bias = nn.Parameter(bias.float(), requires_grad=False)

    @classmethod
    def of(cls, tensors: Mapping[str, Tensor]) -> Self | None:
        """The classifier in a file of weights; None where there is none, or one of another kind."""
        found = {k.rpartition(".")[2]: v for k, v in tensors.items() if k.startswith("classifier.")}
        count = sum(k.startswith("classifier.") for k in tensors)
        if count != 2 or set(found) != {"weight", "bias"} or found["weight"].shape[2:] != (1, 1):
            return None
        return cls(found["weight"], found["bias"])

    def forward(self, features: Tensor) -> Tensor:
        """(N,C,H,W) -> logits (N,classes)."""
        return functional.relu(functional.conv2d(features, self.weight, self.bias)).mean((2, 3))
