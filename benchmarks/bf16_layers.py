"""Which layers a net loses precision by in bf16: ``python benchmarks/bf16_layers.py``.

One photograph is painted again and again, each time with the inputs and weights of some
convolutions rounded to bf16 and all else in float32: one at a time, then all from one on. How far
that is from the exact painting, in levels of 255.
"""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from side_by_side import report
from torch import Tensor
from torch.nn import functional as F

from stylenet.apply import load_model
from stylenet.images import open_image, sample_photographs, to_tensor

ROOT = Path(__file__).parents[1]


@contextmanager
def rounded(which: Collection[int]) -> Iterator[list[str]]:
    """Convolutions, counted as they are called, of which these are in bf16; gets their kernels."""
    exact, kernels = F.conv2d, []

    def convolution(image: Tensor, kernel: Tensor, *more: Any, **options: Any) -> Tensor:
        if len(kernels) in which:
            image, kernel = image.bfloat16().float(), kernel.bfloat16().float()
        kernels.append(" x ".join(map(str, kernel.shape)))
        return exact(image, kernel, *more, **options)

    F.conv2d = convolution
    try:
        yield kernels
    finally:
        F.conv2d = exact


def main() -> None:
    """Paint, round, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--net", default="wave")
    parser.add_argument("--photo", default="chelsea", choices=list(sample_photographs()))
    parser.add_argument("--px", type=int, default=512)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/bf16_layers.csv")
    given = parser.parse_args()
    net = load_model(given.net).net
    image = to_tensor(open_image(sample_photographs()[given.photo]).resize((given.px, given.px)))

    def painted(which: Collection[int]) -> tuple[Tensor, list[str]]:
        with torch.inference_mode(), rounded(which) as kernels:
            return net(image[None]).clamp(0, 1), kernels

    exact, kernels = painted(())
    rows = []
    for number, kernel in enumerate(kernels):
        row = {"convolution": str(number), "kernel": kernel}
        for name, which in (("alone", [number]), ("and_later", range(number, len(kernels)))):
            apart = 255 * (painted(which)[0] - exact).abs()
            row |= {f"{name}_largest": f"{apart.max():.2f}", f"{name}_mean": f"{apart.mean():.3f}"}
        rows.append(row)
    report(rows, given.out)


if __name__ == "__main__":
    main()
