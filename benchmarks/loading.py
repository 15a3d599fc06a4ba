"""Does the training step ever wait for pictures? ``python benchmarks/loading.py``.

``train.py`` on a folder of JPEG files of COCO's usual size, 640 x 480, at 256 px and batch 4,
eager: its fastest step (half width, ``compact_vgg``) and VGG-16's (random weights), from the files
and from ``data.cache``. ``waiting_share`` is the share of the step's time in which it had no batch,
``loader_pictures_per_second`` what the loading processes could give, both as ``train.py`` logs
them: medians of the logged intervals after the first. ``--workers 0 1 2`` compares numbers of
loading processes, which compete with the step for the cores, by turns.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import skimage.data
import torch
from side_by_side import report

from stylenet.images import to_pil

ROOT = Path(__file__).parents[1]
PHOTOGRAPHS = ("astronaut", "coffee", "chelsea", "rocket")
NETWORKS = {
    "compact_vgg": ["loss_network=compact_vgg"],
    "vgg16": ["loss_network=vgg16", "loss_network/weights=random"],
}
FIGURES = ("pictures_per_second", "waiting_share", "loader_pictures_per_second")


def make_photographs(folder: Path, count: int, width: int = 640, height: int = 480) -> None:
    """JPEG files that are all different: scikit-image's photographs, cut and mirrored."""
    folder.mkdir()
    for number in range(count):
        pixels = getattr(skimage.data, PHOTOGRAPHS[number % len(PHOTOGRAPHS)])()
        picture = to_pil(torch.from_numpy(pixels / 255).permute(2, 0, 1).float())
        cut = number // len(PHOTOGRAPHS) % 50
        box = (cut, cut, picture.width - cut, picture.height - cut)
        picture.resize((width, height), box=box).save(folder / f"{number:04d}.jpg", quality=90)


def measure(name: str, overrides: Sequence[str], work: Path, steps: int) -> dict[str, list[float]]:
    """One run; its figures, of each logged interval."""
    run = work / name.replace(", ", "_")
    logged = steps // 5
    subprocess.run(  # noqa: S603
        [
            *(sys.executable, str(ROOT / "train.py"), *overrides, f"run.dir={run}"),
            *("style=ihc", "data=folder", f"data.root={work / 'photographs'}", "data.val_count=2"),
            *("compile=false", "logger=csv", f"trainer.max_steps={steps}"),
            f"trainer.log_every_n_steps={logged}",
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        env=os.environ,
    )
    (log,) = run.glob("csv/*/metrics.csv")
    with log.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row.get("train/waiting_share")]
    return {
        figure: [float(row[f"train/{figure}"]) for row in rows[1:] if row[f"train/{figure}"]]
        for figure in FIGURES
    }


def main() -> None:
    """Make the pictures, run, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--pictures", type=int, default=200)
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS), choices=NETWORKS)
    parser.add_argument("--workers", nargs="+", help="data.num_workers; null: the default")
    parser.add_argument(
        "--sources", nargs="+", default=["files", "cache"], choices=["files", "cache"]
    )
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/loading.csv")
    arguments, more = parser.parse_known_intermixed_args()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        make_photographs(work / "photographs", arguments.pictures)
        sources = {"files": [], "cache": [f"data.cache={work / 'cache'}"]}
        splits = {f", {n} processes": [f"data.num_workers={n}"] for n in arguments.workers or ()}
        runs = {
            f"{network}, {source}{split}": [*NETWORKS[network], *sources[source], *processes, *more]
            for network in arguments.networks
            for source in arguments.sources
            for split, processes in (splits or {"": []}).items()
        }
        found: dict[str, dict[str, list[float]]] = {run: {k: [] for k in FIGURES} for run in runs}
        for turn in range(arguments.rounds):
            for run, given in runs.items():
                measured = measure(f"{run}, {turn}", given, work, arguments.steps)
                for figure, values in measured.items():
                    found[run][figure] += values
    rows = [
        {"run": run, **{k: f"{median(v):.3g}" if v else "" for k, v in values.items()}}
        for run, values in found.items()
    ]
    report(rows, arguments.out)


if __name__ == "__main__":
    main()
