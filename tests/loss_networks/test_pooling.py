"""Max pooling in the wording for compilers, against torch's."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from stylenet.loss_networks.pooling import MaxPool2x2


@pytest.mark.parametrize(("height", "width"), [(2, 2), (6, 8), (5, 7)])
def test_both_wordings_are_torchs(height, width):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(2, 3, height, width, generator=generator, dtype=torch.float64)
    expected = F.max_pool2d(x.requires_grad_(), 2)
    (gradient,) = torch.autograd.grad(expected.sin().sum(), x)
    for wording in (MaxPool2x2.forward, MaxPool2x2._spelt_out):
        pooled = wording(MaxPool2x2(), x)
        torch.testing.assert_close(pooled, expected, rtol=0, atol=0)
        torch.testing.assert_close(torch.autograd.grad(pooled.sin().sum(), x)[0], gradient)


def test_cells_that_are_equal_share_the_gradient():
    x = torch.ones(1, 1, 2, 2, requires_grad=True)
    MaxPool2x2()._spelt_out(x).sum().backward()
    assert x.grad is not None
    torch.testing.assert_close(x.grad, torch.full((1, 1, 2, 2), 0.25))
