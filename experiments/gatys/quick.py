"""A picture of 512 px in seconds, timed: ``python experiments/gatys/quick.py out``.

``train.py`` by itself, on two threads, with the settings of ``QUICK`` and, to compare with, its
defaults. Seconds are those of the whole command, and of the painting alone: from when its inputs
are written until the result is, without imports and reading. The sheet ``quick.jpg`` and
``quick.csv`` are written beside this file. Photograph and painting are looked for in
$STYLENET_CONTENTS and $STYLENET_STYLES.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from stylenet.images import contact_sheet, read_image, write_image

HERE = Path(__file__).parent
TRAIN = HERE.parents[1] / "train.py"
COMMON = ["task=gatys", "content=chicago", "style=starry_night", "logger=none"]
RUNS = {
    "quick": ["scales=coarse_to_fine", "scales.steps=15", "trainer.max_steps=120"],
    "default": [],
}


def paint(folder: Path, own: list[str]) -> dict[str, str]:
    """Make one run; what it took and came to."""
    command = [sys.executable, str(TRAIN), *COMMON, *own, f"run.dir={folder}"]
    began = time.perf_counter()
    done = subprocess.run(  # noqa: S603
        command, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "2"}
    )
    whole = time.perf_counter() - began
    if done.returncode:
        sys.exit(f"{' '.join(own)}: {done.stderr[-800:]}")
    times = [(folder / name).stat().st_mtime for name in ("style.png", "result.png")]
    result = json.loads((folder / "result.json").read_text())
    return {
        "command": " ".join(["python", "train.py", *COMMON, *own]),
        "seconds": f"{whole:.1f}",
        "seconds_painting": f"{times[1] - times[0]:.1f}",
        "evaluations": str(result["evaluations"]),
        "total": f"{result['losses']['total']:.4g}",
    }


def main() -> None:
    """Paint, measure, show."""
    out = Path(sys.argv[1])
    rows = [{"settings": name} | paint(out / name, own) for name, own in RUNS.items()]
    pictures = [read_image(out / "quick" / f"{name}.png") for name in ("content", "style")]
    pictures += [read_image(out / name / "result.png") for name in RUNS]
    titles = ["content", "style", *(f"{r['settings']}, {r['seconds_painting']} s" for r in rows)]
    write_image(HERE / "quick.jpg", contact_sheet([pictures], column_titles=titles, cell=512))
    with (HERE / "quick.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
