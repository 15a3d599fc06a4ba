"""Instance norm: torch's is the reference, for both of its wordings."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from stylenet.nets import InstanceNorm

WORDINGS = [InstanceNorm.forward, InstanceNorm._spelt_out]


def pair(dtype: torch.dtype) -> tuple[InstanceNorm, nn.InstanceNorm2d, Tensor]:
    generator = torch.Generator().manual_seed(0)
    ours, theirs = InstanceNorm(5, eps=1e-3), nn.InstanceNorm2d(5, eps=1e-3, affine=True)
    for parameter in ours.parameters():
        nn.init.normal_(parameter, generator=generator)
    theirs.load_state_dict(ours.state_dict())  # the same keys
    x = 3 + 2 * torch.randn(2, 5, 6, 7, generator=generator, dtype=torch.float64)
    return ours.to(dtype), theirs.to(dtype), x.to(dtype)


@pytest.mark.parametrize("wording", WORDINGS)
def test_values_and_gradients_are_torchs(wording):
    ours, theirs, x = pair(torch.float64)
    weights = torch.randn_like(x)
    results = []
    for norm, forward in ((ours, wording), (theirs, nn.InstanceNorm2d.forward)):
        leaf = x.clone().requires_grad_()
        out = forward(norm, leaf)
        results.append((out, *torch.autograd.grad(out, (leaf, *norm.parameters()), weights)))
    for got, expected in zip(*results, strict=True):
        torch.testing.assert_close(got, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("wording", WORDINGS)
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_the_memory_format_is_kept(wording, memory_format):
    ours, _, x = pair(torch.float32)
    out = wording(ours, x.to(memory_format=memory_format))
    assert out.is_contiguous(memory_format=memory_format)


@pytest.mark.parametrize("wording", WORDINGS)
def test_a_large_mean_costs_bfloat16_no_digits_of_the_statistics(wording):
    """Mean 100, deviation 1: statistics in bfloat16 would be off by half a deviation."""
    norm = InstanceNorm(1)
    x = (100 + torch.randn(1, 1, 64, 64, generator=torch.Generator().manual_seed(0))).bfloat16()
    out = wording(norm, x)
    assert out.dtype == torch.bfloat16
    exact = nn.functional.instance_norm(x.double())
    assert (out.double() - exact).abs().max() < 0.02


@pytest.mark.parametrize("pictures", [1, 2])
@pytest.mark.parametrize("given", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("returned", [torch.contiguous_format, torch.channels_last])
def test_gradients_do_not_depend_on_memory_formats(pictures, given, returned):
    """For one picture, torch's own kernel gives garbage where the gradient is channels-last."""
    generator = torch.Generator().manual_seed(0)
    x, gradient = torch.randn(2, pictures, 4, 8, 8, generator=generator, dtype=torch.float64)
    norm = InstanceNorm(4).double()
    leaf = x.to(memory_format=given).requires_grad_()
    got = torch.autograd.grad(
        norm(leaf), (leaf, *norm.parameters()), gradient.to(memory_format=returned)
    )
    leaf = x.clone().requires_grad_()
    deviation = (leaf.var((2, 3), correction=0, keepdim=True) + norm.eps).sqrt()
    formula = (leaf - leaf.mean((2, 3), keepdim=True)) / deviation
    out = formula * norm.weight[:, None, None] + norm.bias[:, None, None]
    expected = torch.autograd.grad(out, (leaf, *norm.parameters()), gradient)
    for a, b in zip(got, expected, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-9)
