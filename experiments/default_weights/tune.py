"""Short runs over a grid, to choose a style's weights by eye: ``python tune.py <folder> ...``.

    python experiments/default_weights/tune.py tune_runs --styles udnie wave --values 1 2 4
    python experiments/default_weights/tune.py tune_runs --key optimizer.lr --values 1e-3 2e-3 5e-3

One sheet a style, ``<folder>/<style>_<key>.jpg``: the painting, then a column a value, a row a
photograph. Finished runs are not made again; further overrides are handed to every run.
What suits all styles goes into conf/loss_network.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from runs import PHOTOGRAPHS, STYLES, finish, painted, painting, photographs

from stylenet.images import contact_sheet, write_image


def main() -> None:
    """Train what is missing, then draw a sheet a style."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--styles", nargs="+", default=STYLES, choices=STYLES)
    parser.add_argument("--key", default="loss.style_weight")
    parser.add_argument("--values", nargs="+", default=["1", "2", "4"])
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--photographs", nargs="+", default=PHOTOGRAPHS)
    parser.add_argument("--px", type=int, default=400, help="longer side of what is painted")
    parser.add_argument("--jobs", type=int, default=2)
    arguments, overrides = parser.parse_known_intermixed_args()
    if wrong := [o for o in overrides if "=" not in o]:
        parser.error(f"got {' '.join(wrong)}, expected overrides such as norm=batch")

    # what differs must be in the folder's name, or another grid would find runs that are not its
    fixed = [f"trainer.max_steps={arguments.steps}", *overrides]
    grid = {
        style: {v: [f"style={style}", f"{arguments.key}={v}", *fixed] for v in arguments.values}
        for style in arguments.styles
    }
    runs = {
        _folder(arguments.folder, own): [*own, "logger=none"]
        for row in grid.values()
        for own in row.values()
    }
    finish(runs, arguments.jobs)
    pictures = photographs(arguments.photographs, arguments.px)
    for style, row in grid.items():
        columns = [painted(_folder(arguments.folder, own), pictures) for own in row.values()]
        left = [painting(style), *[None] * (len(pictures) - 1)]
        rows = list(zip(left, *columns, strict=True))
        titles = [style, *(f"{arguments.key}={value}" for value in row)]
        sheet = contact_sheet(rows, column_titles=titles, cell=arguments.px // 2 * 2, title_px=13)
        print(write_image(arguments.folder / f"{style}_{arguments.key}.jpg", sheet))


def _folder(folder: Path, overrides: list[str]) -> Path:
    return (folder / re.sub(r"[^\w.+-]+", "-", "+".join(overrides))).absolute()


if __name__ == "__main__":
    main()
