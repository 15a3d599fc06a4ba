"""What a training step costs as the work grows: ``python benchmarks/train_cost.py``.

Seconds a picture and peak memory against picture size, batch and width, each in a fresh process:
eager, VGG-16 with random weights and the default losses, the net of full width unless said. Writes
a table and a plot.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import torch
from side_by_side import report

ROOT = Path(__file__).parents[1]
AXES: dict[str, list[dict[str, float]]] = {
    "size": [{"size": n, "batch": 1, "width": 1} for n in (128, 256, 512, 1024)],
    "batch": [{"size": 256, "batch": n, "width": 1} for n in (1, 2, 4, 8)],
    "width": [{"size": 256, "batch": 4, "width": n} for n in (0.25, 0.5, 1, 2)],
}
STEPS = 4


def measure(size: int, batch: int, width: float) -> tuple[float, float]:
    """Seconds a picture (the fastest step but the first) and peak memory in GiB."""
    import train_step

    train_step.BATCH = batch
    train_step.tune_allocator()
    precision = "bf16-mixed" if train_step.cpu_has_bf16() else "32"
    task = train_step.parts_of(width, STEPS, size, False, precision).task
    optimizer: Any = task.configure_optimizers()
    seconds = []
    for _ in range(STEPS):
        content = torch.rand(batch, 3, size, size)
        start = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=precision != "32"):
            total = task.loss(task.net(content), content).total
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        seconds.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return min(seconds[1:]) / batch, peak


def measured(**point: float) -> tuple[float, float]:
    """`measure`, in a fresh process: peak memory is of all that a process ever did."""
    command = [sys.executable, __file__, "--one", *(str(value) for value in point.values())]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    seconds, memory = done.stdout.split()[-2:]
    return float(seconds), float(memory)


def main() -> None:
    """Measure each point in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--one", nargs=3, help="size batch width: only this, in this process")
    parser.add_argument("--most", type=int, default=1024, help="greatest size, pixels")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/train_cost.csv")
    arguments = parser.parse_args()
    if arguments.one:
        size, batch, width = arguments.one
        print(*measure(int(size), int(batch), float(width)))
        return
    rows: list[dict[str, str]] = []
    for axis, points in AXES.items():
        for point in points:
            if point["size"] > arguments.most:
                continue
            seconds, memory = measured(**point)
            found = {"ms_per_picture": f"{1000 * seconds:.0f}", "peak_gib": f"{memory:.2f}"}
            rows.append({"axis": axis, **{k: str(v) for k, v in point.items()}} | found)
    report(rows, arguments.out)
    draw(rows, arguments.out.with_suffix(".png"))


def draw(rows: list[dict[str, str]], file: Path) -> None:
    """One column an axis: time above, memory below."""
    figure, panels = plt.subplots(2, len(AXES), figsize=(9, 5), sharex="col", layout="constrained")
    for column, axis in enumerate(AXES):
        chosen = [row for row in rows if row["axis"] == axis]
        at = [float(row[axis]) for row in chosen]
        for line, key, label in (
            (0, "ms_per_picture", "ms a picture"),
            (1, "peak_gib", "peak GiB"),
        ):
            panel = panels[line, column]
            panel.plot(at, [float(row[key]) for row in chosen], "o-")
            panel.set_xscale("log", base=2)
            panel.set_ylim(bottom=0)
            panel.set_xticks(at, [f"{x:g}" for x in at])
            if column == 0:
                panel.set_ylabel(label)
        panels[1, column].set_xlabel("side, px (batch 1)" if axis == "size" else axis)
    figure.savefig(file, dpi=80)


if __name__ == "__main__":
    main()
