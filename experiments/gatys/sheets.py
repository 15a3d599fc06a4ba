"""One contact sheet a question on optimised pictures: ``python experiments/gatys/sheets.py out``.

Each picture is a run of ``train.py task=gatys``; ``out`` keeps the runs, and a run that is finished
is not made again. Sheets and ``results.csv`` are written beside this file. All in this process, on
one thread. Paintings are looked for in $STYLENET_STYLES.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import time
from pathlib import Path

import torch

from stylenet import compose
from stylenet.files import write_csv
from stylenet.images import contact_sheet, read_image, write_image
from stylenet.run import train

HERE = Path(__file__).parent
LAYERS = ["relu1_2", "relu2_2", "relu3_2", "relu4_2"]
COMMON = ["content=chelsea", "content_size.px=256", "logger=none", "trainer.max_steps=60"]
GATYS = ["task=gatys", *COMMON]
Runs = dict[str, list[str]]

BLENDS: Runs = {
    f"udnie {share:g}, wave {1 - share:g}": [
        "style=[udnie,wave]",
        f"loss.style_weights=[{share},{1 - share}]",
    ]
    for share in (1, 0.5, 0)
}
LARGE = ["content=chicago", "style=starry_night", "content_size.px=384"]
SCALES: Runs = {
    "60 iterations at one size": [],
    "60 in all, from small to large": ["scales=coarse_to_fine", "scales.steps=8"],
}
QUESTIONS: dict[str, tuple[list[str], Runs]] = {
    "colour": (
        ["style=wave"],
        {name: [f"colours={name}"] for name in ("style", "luminance", "histogram", "covariance")},
    ),
    "blend": ([], BLENDS),
    "scales": (LARGE, SCALES),
    "inversion": (
        ["task=invert", "style=udnie"],
        {name: [f"loss.content_layers=[{name}]"] for name in [*LAYERS, "relu5_1"]},
    ),
}


def paint(folder: Path, overrides: list[str]) -> dict[str, str]:
    """Make one run, unless it is there; what it came to."""
    if not (folder / "result.json").is_file():
        shutil.rmtree(folder, ignore_errors=True)  # a run that was killed
        before = time.process_time()
        train(compose(*overrides, f"run.dir={folder}"))
        (folder / "cpu_seconds.txt").write_text(f"{time.process_time() - before:.1f}")
    result = json.loads((folder / "result.json").read_text())
    losses = {key: f"{result['losses'].get(key, 0):.4g}" for key in ("total", "content", "style")}
    about = {"overrides": " ".join(overrides), "evaluations": str(result["evaluations"])}
    return about | {"cpu_seconds": (folder / "cpu_seconds.txt").read_text(), **losses}


def main() -> None:
    """Answer all questions, or those named after the folder."""
    torch.set_num_threads(1)
    out, *chosen = sys.argv[1:]
    jobs = {}
    for question in chosen or QUESTIONS:
        shared, runs = QUESTIONS[question]
        base = COMMON if question == "inversion" else GATYS
        for label, own in runs.items():
            folder = Path(out, question, re.sub(r"\W+", "_", label)).absolute()
            jobs[question, label] = (folder, [*base, *shared, *own])
    facts = {job: paint(*told) for job, told in jobs.items()}
    for question in chosen or QUESTIONS:
        labels = [label for q, label in jobs if q == question]
        row = [read_image(jobs[question, label][0] / "result.png") for label in labels]
        cell = 384 if question == "scales" else 240
        sheet = contact_sheet([row], column_titles=labels, cell=cell, title_px=13)
        write_image(HERE / f"{question}.jpg", sheet)
    rows = [{"question": q, "picture": label} | found for (q, label), found in facts.items()]
    write_csv(HERE / "results.csv", rows)


if __name__ == "__main__":
    main()
