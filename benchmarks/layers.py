"""Ways to compute the same layer, one beside the other: ``python benchmarks/layers.py``.

Forward and backward at batch 4, full width, 256 px, channels-last, in the fastest precision of this
processor, eager. The first way of each group is torch's, the last one ours, those between were
tried and left. Ways take turns; medians.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from side_by_side import report
from torch import Tensor, nn
from torch.nn import functional as F

from stylenet.losses.functional import gram_matrix
from stylenet.nets import BlockConv2d, InstanceNorm, UpsampledConv2d
from stylenet.nets.padding import reflect
from stylenet.runners.speed import cpu_has_bf16, tune_allocator

ROOT = Path(__file__).parents[1]
Way = Callable[[Tensor], Tensor]


def upsampling(side: int) -> tuple[Tensor, dict[str, Way]]:
    """Nearest-neighbour doubling and a 3x3 convolution, 64 to 32 channels."""
    conv = UpsampledConv2d(64, 32, "reflect")

    def convolved(doubled: Tensor) -> Tensor:
        return F.conv2d(F.pad(doubled, (1,) * 4, mode="reflect"), conv.weight, conv.bias)

    def expanded(x: Tensor) -> Tensor:
        n, c, h, w = x.shape
        cells = x.permute(0, 2, 3, 1)[:, :, None, :, None].expand(n, h, 2, w, 2, c)
        return convolved(cells.reshape(n, 2 * h, 2 * w, c).permute(0, 3, 1, 2))

    def transposed(x: Tensor) -> Tensor:
        w = conv.weight.transpose(0, 1).flip(2, 3)
        corners = ((0, 1, 0, 1), (1, 0, 0, 1), (0, 1, 1, 0), (1, 0, 1, 0))
        weight = torch.stack([F.pad(w, corner) for corner in corners]).sum(0)
        x = F.pad(x, (1,) * 4, mode="replicate")
        return F.conv_transpose2d(x, weight, conv.bias, stride=2, padding=3)

    ways: dict[str, Way] = {
        "interpolate, pad, convolve": lambda x: convolved(F.interpolate(x, scale_factor=2)),
        "expand and reshape, pad, convolve": expanded,
        "4x4 transposed convolution": transposed,
        "2x2 convolutions of the cells": conv,
    }
    return features(64, side // 2), ways


def last_convolution(side: int) -> tuple[Tensor, dict[str, Way]]:
    """9x9 convolution from 32 to 3 channels, without its padding."""
    conv = BlockConv2d(32, 3, 9, "reflect")
    conv.border = 0  # what comes in is padded

    def rows(x: Tensor) -> Tensor:
        # 9x1 kernels to 27 channels, shifted along the row and summed
        weight = conv.weight.permute(0, 3, 1, 2).reshape(27, 32, 9, 1)
        parts = F.conv2d(x, weight).reshape(len(x), 3, 9, -1, x.shape[-1])
        width = x.shape[-1] - 8
        shifted = torch.stack([parts[:, :, k, :, k : k + width] for k in range(9)])
        assert conv.bias is not None
        return shifted.sum(0) + conv.bias[:, None, None]

    ways: dict[str, Way] = {
        "plain": lambda x: F.conv2d(x, conv.weight, conv.bias),
        "9x1 kernels, shifted sums": rows,
        "blocks of 2x2 pixels": conv,
    }
    return features(32, side + 8), ways


def norm(side: int) -> tuple[Tensor, dict[str, Way]]:
    """Instance norm of 32 channels, the result channels-last."""
    ours, theirs = InstanceNorm(32), nn.InstanceNorm2d(32, affine=True)
    group = nn.GroupNorm(32, 32)
    ways: dict[str, Way] = {
        "InstanceNorm2d, made channels-last": lambda x: last(theirs(x)),
        "GroupNorm": lambda x: last(group(x)),
        "var_mean, eager": ours._spelt_out,
        "InstanceNorm": ours,
    }
    return features(32, side), ways


def reflection(side: int) -> tuple[Tensor, dict[str, Way]]:
    """Reflection of 4 cells around 32 channels."""
    ways: dict[str, Way] = {
        "pad": lambda x: F.pad(x, (4,) * 4, mode="reflect"),
        "folded borders": lambda x: reflect(x, 4),
    }
    return features(32, side), ways


def gram(side: int) -> tuple[Tensor, dict[str, Way]]:
    """The Gram matrix of 64 channels."""

    def two_factors(x: Tensor) -> Tensor:
        flat = x.flatten(2)
        return (flat @ flat.transpose(1, 2)).float() / x[0].numel()

    return features(64, side), {"two factors": two_factors, "one factor": gram_matrix}


def features(channels: int, side: int) -> Tensor:
    """Noise, channels-last, in the precision that is measured."""
    dtype = torch.bfloat16 if cpu_has_bf16() else torch.float32
    return last(torch.randn(4, channels, side, side).to(dtype)).requires_grad_()


def last(x: Tensor) -> Tensor:
    """``x``, channels-last."""
    return x.contiguous(memory_format=torch.channels_last)


GROUPS = {
    "upsampling": upsampling,
    "last convolution": last_convolution,
    "norm": norm,
    "reflection": reflection,
    "Gram matrix": gram,
}


def seconds_of(way: Way, x: Tensor) -> float:
    """One forward and backward pass."""
    start = time.perf_counter()
    with torch.autocast("cpu", torch.bfloat16, enabled=x.dtype == torch.bfloat16):
        out = way(x)
    out.backward(torch.ones_like(out))
    x.grad = None
    return time.perf_counter() - start


def main() -> None:
    """Measure all groups and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=256, help="pixels")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/layers.csv")
    arguments = parser.parse_args()
    tune_allocator()
    rows = []
    for group, make in GROUPS.items():
        x, ways = make(arguments.size)
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(arguments.rounds + 1):
            for name, way in ways.items():
                seconds[name].append(seconds_of(way, x))
        for name, values in seconds.items():
            milliseconds = 1000 * statistics.median(values[1:])
            rows.append({"layer": group, "way": name, "milliseconds": f"{milliseconds:.1f}"})
    report(rows, arguments.out)


if __name__ == "__main__":
    main()
