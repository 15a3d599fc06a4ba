"""One contact sheet a question on optimised pictures: ``python experiments/gatys/sheets.py out``.

Each picture is a run of ``train.py task=gatys``; ``out`` keeps the runs, and a run that is finished
is not made again. Sheets and ``results.csv`` are written beside this file. One run at a time, on a
thread. Paintings are looked for in $STYLENET_STYLES.
"""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

from stylenet.images import contact_sheet, read_image, write_image

HERE = Path(__file__).parent
TRAIN = HERE.parents[1] / "train.py"
LAYERS = ["relu1_2", "relu2_2", "relu3_2", "relu4_2"]
COMMON = ["content=chelsea", "content_size.px=256", "logger=none", "trainer.max_steps=100"]
GATYS = ["task=gatys", *COMMON]
Runs = dict[str, list[str]]

BLENDS: Runs = {
    f"udnie {share:g}, wave {1 - share:g}": [
        "style=[udnie,wave]",
        f"loss.style_weights=[{share},{1 - share}]",
    ]
    for share in (1, 0.75, 0.5, 0.25, 0)
}
QUESTIONS: dict[str, tuple[list[str], Runs]] = {
    "colour": (
        ["style=wave"],
        {name: [f"colours={name}"] for name in ("style", "luminance", "histogram", "covariance")},
    ),
    "blend": ([], BLENDS),
    "inversion": (
        ["task=invert", "style=udnie"],
        {name: [f"loss.content_layers=[{name}]"] for name in [*LAYERS, "relu5_1"]},
    ),
}


def paint(folder: Path, overrides: list[str]) -> dict[str, str]:
    """Make one run, unless it is there; what it came to."""
    if not (folder / "result.json").is_file():
        command = [sys.executable, str(TRAIN), *overrides, f"run.dir={folder}"]
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"}
        )
        if done.returncode:
            sys.exit(f"{' '.join(overrides)}: {done.stderr[-800:]}")
    result = json.loads((folder / "result.json").read_text())
    losses = {key: f"{result['losses'].get(key, 0):.4g}" for key in ("total", "content", "style")}
    return {"overrides": " ".join(overrides), "evaluations": str(result["evaluations"]), **losses}


def main() -> None:
    """Answer all questions, or those named after the folder."""
    out, *chosen = sys.argv[1:]
    jobs = {}
    for question in chosen or QUESTIONS:
        shared, runs = QUESTIONS[question]
        base = COMMON if question == "inversion" else GATYS
        for label, own in runs.items():
            folder = Path(out, question, re.sub(r"\W+", "_", label))
            jobs[question, label] = (folder, [*base, *shared, *own])
    facts = {job: paint(*told) for job, told in jobs.items()}
    for question in chosen or QUESTIONS:
        labels = [label for q, label in jobs if q == question]
        row = [read_image(jobs[question, label][0] / "result.png") for label in labels]
        sheet = contact_sheet([row], column_titles=labels, cell=240, title_px=13)
        write_image(HERE / f"{question}.jpg", sheet)
    with (HERE / "results.csv").open("w", newline="") as file:
        rows = [{"question": q, "picture": label} | found for (q, label), found in facts.items()]
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
