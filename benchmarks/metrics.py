"""What ``val/metric/*`` cost a validation: ``python benchmarks/metrics.py``.

One batch of random images is painted by the default net and its loss computed, as a validation
does; then it is measured by ``comparison=fixed`` and, where its extra is installed, by
``comparison=judged``. All take turns in one process; processor time is counted, which other work on
the machine moves less than the clock's, and ratios are against painting and loss.
"""

from __future__ import annotations

import argparse
import importlib.util
import random
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import torch
from side_by_side import report

from stylenet import compose
from stylenet.run.building import instantiate
from stylenet.runners.building import build_loss, build_network

FIRST = "paint, loss"


def works(size: int, batch: int) -> dict[str, Callable[[], object]]:
    """What is timed, by name."""
    config = compose("style=udnie", "precision=32")
    generator = torch.Generator().manual_seed(0)
    content = torch.rand(batch, 3, size, size, generator=generator)
    style = torch.rand(1, 3, size, size, generator=generator)
    net = instantiate(config.net).eval()
    network = build_network(config, instantiate)
    loss = build_loss(config, instantiate, network, style=style)

    @torch.inference_mode()
    def validate() -> torch.Tensor:
        stylised = net(content)
        loss(stylised, content)
        return stylised

    found: dict[str, Callable[[], object]] = {FIRST: validate}
    painted = {"stylised": validate(), "content": content}
    for name in ("fixed", "judged"):
        if name == "judged" and importlib.util.find_spec("efficientnet_lite_pytorch") is None:
            print("comparison=judged is not timed: pip install 'stylenet[judge]'")
            continue
        measure = instantiate(compose(f"comparison={name}").comparison)
        found[f"comparison={name}"] = lambda measure=measure: measure(painted, {"style": style})
    return found


def main() -> None:
    """Time, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=256, help="side of the images, pixels")
    parser.add_argument("--batch", type=int, default=4, help="images")
    parser.add_argument("--rounds", type=int, default=7, help="turns of each, besides a first one")
    parser.add_argument("--threads", type=int, default=1, help="of torch")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results/metrics.csv")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    contenders = works(given.size, given.batch)
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    chance = random.Random(0)  # noqa: S311, no secret
    for turn in range(given.rounds + 1):
        for name in chance.sample(list(contenders), len(contenders)):
            start = time.process_time()
            contenders[name]()
            if turn:  # the first warms up
                seconds[name].append(time.process_time() - start)
    first = median(seconds[FIRST])
    rows = [
        {
            "what": name,
            "images": str(given.batch),
            "size_px": str(given.size),
            "processor_ms": f"{1000 * median(taken):.0f}",
            "of_paint_and_loss": f"{median(taken) / first:.2f}",
        }
        for name, taken in seconds.items()
    ]
    report(rows, given.out)


if __name__ == "__main__":
    main()
