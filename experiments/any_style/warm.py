"""What ``warm.sh`` came to: ``python warm.py RUNS``, or from ``warm.csv`` as it is kept.

With RUNS, the loss of each net at each validation is kept in ``warm.csv`` beside this file. Prints
medians over paintings and seeds, for how many of them 60 steps from the base net's prediction are
at or below all steps from random weights, and draws ``warm.png``: loss against steps.
"""

from __future__ import annotations

import argparse
import csv
import statistics
from collections import defaultdict
from pathlib import Path

import matplotlib as mpl

from stylenet.files import write_csv

mpl.use("Agg")
import matplotlib.pyplot as plt

HERE = Path(__file__).parent
STARTS = {
    "base": "its prediction by `any`",
    "scaled": "its prediction by the `any` of scaled.sh",
    "before": "its prediction by the `any` of squared.sh",
    "udnie": "the net udnie",
    "random": "random weights",
}
LOSS = "val/loss/total"
Curves = dict[str, dict[tuple[str, str], dict[int, float]]]


def keep(runs: Path) -> None:
    """Write ``warm.csv``: a row for each validation of each run."""
    rows = []
    for file in sorted(runs.glob("*/*/*/csv/*/metrics.csv")):
        start, seed, painting = file.relative_to(runs).parts[:3]
        with file.open(newline="") as opened:
            for row in csv.DictReader(opened):
                if row.get(LOSS):
                    told = {"step": row["step"], "loss": f"{float(row[LOSS]):.4f}"}
                    rows.append({"start": start, "seed": seed, "painting": painting, **told})
    write_csv(HERE / "warm.csv", rows)


def read() -> Curves:
    """Start -> painting and seed -> step -> loss."""
    curves: Curves = {start: defaultdict(dict) for start in STARTS}
    with (HERE / "warm.csv").open(newline="") as opened:
        for row in csv.DictReader(opened):
            curves[row["start"]][row["painting"], row["seed"]][int(row["step"])] = float(
                row["loss"]
            )
    return curves


def medians(curves: Curves, start: str) -> dict[int, float]:
    """Step -> median over paintings and seeds."""
    several = list(curves[start].values())
    return {step: statistics.median(one[step] for one in several) for step in several[0]}


def main() -> None:
    """Print and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", type=Path, nargs="?")
    options = parser.parse_args()
    if options.runs is not None:
        keep(options.runs)
    curves = read()
    figure, axes = plt.subplots(figsize=(6, 3.5), layout="constrained")
    print("| begun with | nets | steps | loss, median |\n|---|---|---|---|")
    for start, words in STARTS.items():
        line = medians(curves, start)
        axes.plot(list(line), list(line.values()), marker=".", label=words.replace("`", ""))
        for step in sorted({min(line), *(s for s in (300, 600) if s in line), max(line)}):
            print(f"| {words} | {len(curves[start])} | {step} | {line[step]:.3f} |")
    last = {key: one[max(one)] for key, one in curves["random"].items()}
    nearer = sum(curves["base"][key][60] <= loss for key, loss in last.items())
    print(f"at or below the random start's last: {nearer} of {len(last)}")
    for (painting, seed), line in curves["random"].items():
        as_good = [
            s for s, loss in sorted(line.items()) if loss <= curves["base"][painting, seed][60]
        ]
        print(
            f"{painting}, seed {seed}: the random start is as good at step {(as_good or ['-'])[0]}"
        )
    axes.set(xscale="log", xlabel="steps of 4 images", ylabel="loss at validation, median")
    axes.legend()
    figure.savefig(HERE / "warm.png", dpi=90)


if __name__ == "__main__":
    main()
