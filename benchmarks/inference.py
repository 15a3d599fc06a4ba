"""Milliseconds to paint one picture: ``python benchmarks/inference.py``.

The public examples' way (`plain`: float32, eager, contiguous) against ours, eager and compiled, in
the fastest precision of this processor, at 256, 512 and 1024 px. Weights are random. Contenders
take turns; each turn is the best of `REPEATS` pictures, and the table has medians over the turns.
"""

from __future__ import annotations

import argparse
import time
from functools import partial
from pathlib import Path

import plain
import torch
from side_by_side import Turns, race, report

from stylenet.nets import InstanceNorm, NearestUpsample, Padding, TransformerNet
from stylenet.runners.speed import cpu_has_bf16, tune_allocator

ROOT = Path(__file__).parents[1]
REPEATS = 3


def timed(turns: Turns, paint: object, size: int) -> None:
    """Hand in the seconds of the fastest of a few pictures, for ever."""
    picture = torch.rand(1, 3, size, size, generator=torch.Generator().manual_seed(0))
    assert callable(paint)
    while True:
        turns.begin()
        best = float("inf")
        for _ in range(REPEATS):
            start = time.perf_counter()
            paint(picture)
            best = min(best, time.perf_counter() - start)
        turns.end(best)


def examples(turns: Turns, width: float, size: int) -> None:
    """A contender: as the public examples do."""
    torch.manual_seed(0)
    with torch.inference_mode():
        timed(turns, partial(plain.paint, plain.transformer_net(width)), size)


def ours(turns: Turns, width: float, size: int, compiled: bool) -> None:
    """A contender: our net, channels-last, in the fastest precision."""
    tune_allocator()
    torch.manual_seed(0)
    net = TransformerNet(InstanceNorm, Padding(0, "reflect", 1), NearestUpsample, width).eval()
    net = net.requires_grad_(False).to(memory_format=torch.channels_last)
    net = torch.compile(net, dynamic=False) if compiled else net
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=cpu_has_bf16()):
        timed(turns, net, size)


def main() -> None:
    """Run the races and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512, 1024])
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/inference.csv")
    arguments = parser.parse_args()
    rows = []
    for size in arguments.sizes:
        contenders = {
            f"{who}, {name}": (function, more | {"width": width, "size": size})
            for name, width in (("full", 1.0), ("half", 0.5))
            for who, function, more in (
                ("examples", examples, {}),
                ("ours, eager", ours, {"compiled": False}),
                ("ours, compiled", ours, {"compiled": True}),
            )
        }
        found = race(contenders, arguments.rounds)
        best = {name: sorted(s for _, s in turns[1:]) for name, turns in found.items()}
        milliseconds = {name: 1000 * s[len(s) // 2] for name, s in best.items()}
        for name, value in milliseconds.items():
            against = milliseconds["examples, " + name.rsplit(", ")[-1]]
            ratio = f"{against / value:.2f}"
            rows.append(
                {
                    "contender": name,
                    "px": str(size),
                    "milliseconds": f"{value:.1f}",
                    "times_examples": ratio,
                }
            )
    report(rows, arguments.out)


if __name__ == "__main__":
    main()
