"""Optimise images for the study: ``paint.py OUT [--variants ...] [--styles ...] [--contents ...]``.

Each is what ``train.py task=gatys`` paints; it is kept as ``OUT/<variant>/<content>_<style>.png``,
as ``measure.py`` reads them, with seconds and losses in ``OUT/facts``. What is there already is
not painted again. ``--px`` is the shorter side of photograph and painting, ``--set key=value ...``
goes to every run.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pictures

GRAM = "loss.style_distance.weights={gram: 1.0, mean: 0.0, std: 0.0}"
NO_PIXELS = "loss.style_layers=[relu1_2,relu2_2,relu3_2,relu4_2,relu5_1]"
VARIANTS: dict[str, list[str]] = {
    "default": [],
    # parts of the loss, one after the other
    "gram": [GRAM, NO_PIXELS],
    "gram_moments": [NO_PIXELS],
    "moments": ["loss/style_distance=moments"],
    "wasserstein": ["loss/style_distance=wasserstein"],
    "one_scale": ["loss.style_scales=[1]"],
    "three_scales": ["loss.style_scales=[1,2,4]"],
    # what is not the style loss
    "zeros": ["loss_network/padding=zeros", "loss.style_margin=0"],
    "to_the_border": ["loss.style_margin=0"],
    "coarse_to_fine": ["scales=coarse_to_fine", "scales.first_px=300", "scales.steps=30"],
    "adam": ["optimizer=adam_pixels"],
    # the papers' distances: G over C*H*W, summed squares, with the weights that were the default
    # before: relu1_2, 2_2, 3_2, 4_2, content relu3_2
    "squared": [
        "loss/style_distance=squared_gram",
        "loss/content_distance=squared",
        "loss.content_layers=[relu3_2]",
        "loss.style_layers=[relu1_2,relu2_2,relu3_2,relu4_2]",
        "loss.style_layer_weights=[0.15,1,1,1]",
        "loss.content_weight=1",
        "loss.style_weight=30",
        "loss.tv_weight=9",
        "loss.range_weight=1e5",
        "loss.style_scales=[1]",
        "loss.style_margin=0",
        "loss_network/padding=zeros",
    ],
}


class Job(NamedTuple):
    """One image to paint."""

    options: argparse.Namespace
    variant: str
    photo: Path
    painting: Path


def overrides(job: Job) -> list[str]:
    """What is said to ``train.py``."""
    return [
        "task=gatys",
        f"content={job.photo}",
        f"style={job.painting}",
        "content_size=shorter",
        f"content_size.px={job.options.px}",
        "style_size=shorter",
        f"style_size.px={job.options.px}",
        "logger=none",
        "callbacks=none",
        *VARIANTS[job.variant],
        *job.options.set,
    ]


def paint(job: Job) -> None:
    """One image, unless it is there."""
    folder = job.options.out / job.variant
    kept = folder / f"{job.photo.stem}_{job.painting.stem}.png"
    if kept.is_file():
        return
    from stylenet import compose
    from stylenet.run import train

    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        run = Path(place) / "run"
        train(compose(*overrides(job), f"run.dir={run}"))
        # from when its inputs are written until the result is: without imports and reading
        times = [(run / name).stat().st_mtime for name in ("style.png", "result.png")]
        losses = json.loads((run / "result.json").read_text())["losses"]
        shutil.copy(run / "result.png", kept)
    row = {
        "image": kept.stem,
        "seconds": f"{times[1] - times[0]:.1f}",
        **{name: f"{losses[name]:.4g}" for name in ("content", "style", "tv")},
    }
    facts = job.options.out / "facts"
    facts.mkdir(exist_ok=True)
    (facts / f"{job.variant}_{kept.stem}.json").write_text(json.dumps(row))
    print(job.variant, *row.values(), flush=True)


def main() -> None:
    """Paint what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--variants", nargs="+", default=["default"], choices=VARIANTS)
    parser.add_argument("--styles", nargs="+", required=True)
    parser.add_argument("--contents", nargs="+", required=True)
    parser.add_argument("--px", type=int, default=384)
    parser.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE")
    parser.add_argument("--threads", type=int, default=1, help="of each process")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--shared", type=Path, default=pictures.SHARED)
    options = parser.parse_args()
    photos, paintings = options.shared / "contents", options.shared / "styles"
    jobs = [
        Job(options, variant, photos / f"{content}.jpg", paintings / f"{style}.jpg")
        for variant in options.variants
        for style in options.styles
        for content in options.contents
    ]
    os.environ["OMP_NUM_THREADS"] = str(options.threads)  # of the processes below
    with ProcessPoolExecutor(options.jobs, multiprocessing.get_context("spawn")) as pool:
        list(pool.map(paint, jobs))


if __name__ == "__main__":
    main()
