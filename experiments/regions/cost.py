"""What regions cost: ``python experiments/regions/cost.py``.

CPU seconds of one evaluation of the style loss with its gradient, by default settings at 256 x 176
px in single precision on one thread: the plain term, and the term of 1, 2, 4 and 8 regions. The
least of three; printed, and written to ``cost.csv`` beside this file.
"""

from __future__ import annotations

import time
from pathlib import Path

import torch
from torch import Tensor

from stylenet import compose
from stylenet.files import write_csv
from stylenet.losses import PerceptualLoss
from stylenet.run.building import instantiate
from stylenet.runners.building import build_loss, build_network

PLAIN = ["experiment=normalised", "loss.content_weight=1"]
PLAIN += ["loss.style_weight=1", "loss.tv_weight=0"]
GUIDED = [*PLAIN, "loss.terms.style._target_=stylenet.losses.RegionStyleTerm"]
HEIGHT, WIDTH = 176, 256


def stripes(count: int) -> Tensor:
    """Maps of as many equal stripes, (1,count,HEIGHT,WIDTH)."""
    numbers = torch.arange(WIDTH) * count // WIDTH
    maps = (numbers == torch.arange(count)[:, None]).float()
    return maps[None, :, None].expand(1, count, HEIGHT, WIDTH).contiguous()


def style_loss(overrides: list[str], style: Tensor, **more: Tensor) -> PerceptualLoss:
    """The style term alone, of what ``train.py`` has by default."""
    config = compose(*overrides)
    loss = build_loss(config, instantiate, build_network(config, instantiate), style=style, **more)
    return PerceptualLoss({"style": loss.terms["style"]}, loss.network)


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
    picture, style = torch.rand(2, 1, 3, HEIGHT, WIDTH).unbind()
    found = {"plain": seconds(style_loss(PLAIN, style), picture, None)}
    for count in (1, 2, 4, 8):
        regions = stripes(count)
        loss = style_loss(GUIDED, style, style_regions=regions)
        found[f"{count} regions"] = seconds(loss, picture, regions)
    rows = [
        {"term": name, "seconds": f"{v:.3f}", "times plain": f"{v / found['plain']:.2f}"}
        for name, v in found.items()
    ]
    write_csv(Path(__file__).parent / "cost.csv", rows)
    for row in rows:
        print(*row.values())


if __name__ == "__main__":
    main()
