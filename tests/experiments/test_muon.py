"""Muon, of the study of distillation: what its steps are along, and as large as."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.optim import AdamW

STUDY = Path(__file__).parents[2] / "experiments" / "distillation"
Muon, orthogonalised = map(runpy.run_path(str(STUDY / "muon.py")).get, ("Muon", "orthogonalised"))


@pytest.mark.parametrize("shape", [(8, 50), (50, 8), (12, 12)])
def test_orthogonalised_keeps_directions_and_evens_their_lengths(shape: tuple[int, int]) -> None:
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    left, lengths, right = torch.linalg.svd(orthogonalised(matrix).double(), full_matrices=False)
    assert lengths.min() > 0.5
    assert lengths.max() < 1.3
    u, _, v = torch.linalg.svd(matrix.double(), full_matrices=False)
    assert (left @ right - u @ v).norm() / (u @ v).norm() < 0.3


def test_muon_steps_kernels_and_all_else_like_adam() -> None:
    torch.manual_seed(0)
    conv, adam = nn.Conv2d(3, 4, 1), nn.Conv2d(3, 4, 1)
    adam.load_state_dict(conv.state_dict())
    ours = Muon(conv.parameters(), lr=1e-2, weight_decay=0.1)
    theirs = AdamW(adam.parameters(), lr=1e-2, weight_decay=0.1)
    for _ in range(3):
        images = torch.rand(4, 3, 16, 16)
        for net, optimizer in ((conv, ours), (adam, theirs)):
            optimizer.zero_grad()
            net(images).square().mean().backward()
            optimizer.step()
    torch.testing.assert_close(conv.weight, adam.weight)
    torch.testing.assert_close(conv.bias, adam.bias)
    kernel = nn.Conv2d(8, 16, 3)
    before = kernel.weight.detach().clone()
    optimizer = Muon(kernel.parameters(), lr=1e-2, weight_decay=0.0)
    kernel(torch.rand(1, 8, 9, 9)).square().mean().backward()
    optimizer.step()
    # as large as a step of Adam's: 0.2 of the rate, in the root mean square
    size = (kernel.weight.detach() - before).square().mean().sqrt()
    assert float(size) == pytest.approx(0.2 * 1e-2, rel=0.3)
