"""What this machine's processor can do at most: GFLOP/s of the convolutions that count here."""

from __future__ import annotations

import statistics
import time

import torch
from torch.nn import functional as F

SHAPES = ((64, 256), (128, 128), (256, 64), (512, 32))  # channels, side: VGG's at 256 px


def convolution(dtype: torch.dtype, device: str = "cpu") -> float:
    """The best GFLOP/s of 3x3 convolutions in the loss network's shapes, channels-last, batch 4."""
    best = 0.0
    for channels, side in SHAPES:
        x = torch.randn(4, channels, side, side, dtype=dtype, device=device)
        weight = torch.randn(channels, channels, 3, 3, dtype=dtype, device=device)
        x, weight = (t.to(memory_format=torch.channels_last) for t in (x, weight))
        work = 2 * channels * channels * 9 * side * side * 4
        seconds = []
        for _ in range(9):
            _wait(device)
            start = time.perf_counter()
            F.conv2d(x, weight, padding=1)
            _wait(device)
            seconds.append(time.perf_counter() - start)
        best = max(best, work / statistics.median(seconds) / 1e9)
    return best


def _wait(device: str) -> None:
    if device != "cpu":
        torch.accelerator.synchronize()
