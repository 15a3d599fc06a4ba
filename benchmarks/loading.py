"""Does the training step ever wait for pictures? ``python benchmarks/loading.py``.

``train.py`` on a folder of JPEG files of COCO's usual size, 640 x 480, at 256 px and batch 4,
eager: its fastest step (half width, ``compact_vgg``) and VGG-16's (random weights), from the files
and from ``data.cache``. ``waiting_share`` is the share of the step's time in which it had no batch,
``loader_pictures_per_second`` what the loading processes could give, both as ``train.py`` logs
them: medians of the logged intervals after the first.
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


def measure(name: str, overrides: Sequence[str], work: Path, steps: int) -> dict[str, str]:
    """One run; its figures."""
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
    values = {
        figure: [float(row[f"train/{figure}"]) for row in rows[1:] if row[f"train/{figure}"]]
        for figure in FIGURES
    }
    return {"run": name, **{k: f"{median(v):.3g}" if v else "" for k, v in values.items()}}


def main() -> None:
    """Make the pictures, run, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--pictures", type=int, default=200)
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS), choices=NETWORKS)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/loading.csv")
    arguments, more = parser.parse_known_intermixed_args()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        make_photographs(work / "photographs", arguments.pictures)
        runs = {
            f"{network}, {source}": [*NETWORKS[network], *setting, *more]
            for network in arguments.networks
            for source, setting in (("files", []), ("cache", [f"data.cache={work / 'cache'}"]))
        }
        rows = [measure(run, given, work, arguments.steps) for run, given in runs.items()]
    report(rows, arguments.out)


if __name__ == "__main__":
    main()
