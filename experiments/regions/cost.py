"""What regions cost: ``python experiments/regions/cost.py``.

CPU seconds of one evaluation of the loss with its gradient, compact_vgg at 256 x 176 px in single
precision on one thread: the plain style term, and the term of 1, 2, 4 and 8 regions. The least of
three; printed, and written to ``cost.csv`` beside this file.
"""

from __future__ import annotations

import csv
import time
from pathlib import Path

import torch
from torch import Tensor

from stylenet.loss_networks.network import compact_vgg
from stylenet.loss_networks.weights import Bundled
from stylenet.losses import PerceptualLoss, RegionStyleTerm, StyleTerm

LAYERS = ["relu1_2", "relu2_2", "relu3_2", "relu4_2"]
HEIGHT, WIDTH = 176, 256


def stripes(count: int) -> Tensor:
    """Maps of as many equal stripes, (1,count,HEIGHT,WIDTH)."""
    numbers = torch.arange(WIDTH) * count // WIDTH
    maps = (numbers == torch.arange(count)[:, None]).float()
    return maps[None, :, None].expand(1, count, HEIGHT, WIDTH).contiguous()


def seconds(loss: PerceptualLoss, picture: Tensor, regions: Tensor | None) -> float:
    """CPU seconds of one evaluation."""
    view = loss.view_content(picture, regions=regions)
    best = float("inf")
    for _ in range(3):
        stylised = picture.clone().requires_grad_()
        began = time.process_time()
        loss.compare(stylised, view).total.backward()
        best = min(best, time.process_time() - began)
    return best


def main() -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    network = compact_vgg(Bundled())
    picture, style = torch.rand(2, 1, 3, HEIGHT, WIDTH).unbind()
    plain = StyleTerm(network, style, LAYERS, None, 1.0)
    found = {"plain": seconds(PerceptualLoss({"style": plain}, network), picture, None)}
    for count in (1, 2, 4, 8):
        regions = stripes(count)
        term = RegionStyleTerm(network, style, LAYERS, None, 1.0, style_regions=regions)
        loss = PerceptualLoss({"style": term}, network)
        found[f"{count} regions"] = seconds(loss, picture, regions)
    with (Path(__file__).parent / "cost.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["term", "seconds", "times plain"])
        for name, value in found.items():
            row = [name, f"{value:.3f}", f"{value / found['plain']:.2f}"]
            writer.writerow(row)
            print(*row)


if __name__ == "__main__":
    main()
