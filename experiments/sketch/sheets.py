"""Four drawings coloured after a library: ``python experiments/sketch/sheets.py out``.

The library is $STYLENET_PHOTOS/train with the paintings of $STYLENET_STYLES (but rain_princess,
which is not free). ``out`` keeps drawings, index and runs; a run that is finished is not made
again. ``sheet.jpg`` and ``ranking.csv`` are written beside this file.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

from torch import Tensor

from stylenet.files import write_csv
from stylenet.images import LongerSide, contact_sheet, read_image, write_image

HERE = Path(__file__).parent
TRAIN = HERE.parents[1] / "train.py"
PHOTOS = Path(os.environ.get("STYLENET_PHOTOS", "../shared/assets/photos")) / "train"
STYLES = Path(os.environ.get("STYLENET_STYLES", "../shared/assets/styles"))
DRAWINGS = ("fish", "balloon", "shark", "bib")
SETTINGS = ["task=sketch", "content_size.px=256", "trainer.max_steps=100", "logger=none"]
COLUMNS = {
    "drawing": "drawing.png",
    "its regions": "drawing_regions.png",
    "reference": "reference.png",
    "its segments": "reference_regions.png",
    "filled": "filled.png",
    "guided": "guided.png",
    "with lines": "result.png",
}
RANKED = 5


def library(folder: Path) -> Path:
    """A folder with links to all pictures that may be found."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "photos").exists():
        (folder / "photos").symlink_to(PHOTOS.resolve(), target_is_directory=True)
    for style in sorted(STYLES.iterdir()):
        link = folder / style.name
        if style.stem != "rain_princess" and not link.exists():
            link.symlink_to(style.resolve())
    return folder


def colour(out: Path, name: str, overrides: list[str]) -> Path:
    """Make one run, unless it is there."""
    run = out / name
    if (run / "sheet.png").is_file():
        return run
    command = [sys.executable, str(TRAIN), *SETTINGS, f"sketch={out / 'drawings' / name}.png"]
    command += [f"library={library(out / 'library')}", f"paths.cache={out / 'cache'}"]
    done = subprocess.run(  # noqa: S603
        [*command, f"run.dir={run}", *overrides], capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"{name}: {done.stderr[-800:]}")
    (run / "log.txt").write_text(done.stdout)
    return run


def small(file: Path) -> Tensor:
    """A picture for the sheet."""
    return LongerSide(150)(read_image(file))


def main() -> None:
    """Draw, colour, show; further arguments are overrides of every run."""
    out = Path(sys.argv[1]).absolute()
    drawing = [sys.executable, str(HERE / "drawings.py"), str(out / "drawings")]
    subprocess.run(drawing, check=True)  # noqa: S603
    pictures, hits, rows = [], [], []
    for name in DRAWINGS:
        run = colour(out, name, sys.argv[2:])
        pictures.append([small(run / file) for file in COLUMNS.values()])
        hits.append([small(file) for file in sorted((run / "top").iterdir())[:RANKED]])
        with (run / "ranking.csv").open() as table:
            for row in csv.DictReader(table):
                rows.append({"drawing": name} | row | {"picture": Path(row["picture"]).name})
    sheet = contact_sheet(
        pictures, column_titles=list(COLUMNS), row_titles=DRAWINGS, cell=150, title_px=12
    )
    write_image(HERE / "sheet.jpg", sheet)
    places = [f"place {n}" for n in range(1, RANKED + 1)]
    sheet = contact_sheet(hits, column_titles=places, row_titles=DRAWINGS, cell=150, title_px=12)
    write_image(HERE / "ranking.jpg", sheet)
    write_csv(HERE / "ranking.csv", rows)


if __name__ == "__main__":
    main()
