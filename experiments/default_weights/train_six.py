"""Train the six bundled styles with all defaults: ``python train_six.py <folder for runs>``.

Half width and instance norm for all, batch norm for two of them, full width for two. Finished runs
are not made again. ``results.csv`` and the sheets (``sheet.jpg``: half width, instance norm;
``sheet_others.jpg``) are written beside this file, or into the folder for runs with ``--dry``.
Further overrides are handed to every run: ``trainer.max_steps=2``.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

from runs import PHOTOGRAPHS, STYLES, facts, finish, painted, painting, photographs

from stylenet.images import contact_sheet, write_image

HERE = Path(__file__).parent
PX = 512
OTHERS = {
    "udnie_batch": ["style=udnie", "norm=batch"],
    "wave_batch": ["style=wave", "norm=batch"],
    "udnie_full": ["style=udnie", "norm=instance", "net=johnson"],
    "starry_night_full": ["style=starry_night", "norm=instance", "net=johnson"],
}


def main() -> None:
    """Train what is missing, then draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--styles", nargs="+", default=STYLES, choices=STYLES)
    parser.add_argument("--others", nargs="*", default=OTHERS, choices=OTHERS)
    parser.add_argument("--photographs", nargs=3, default=PHOTOGRAPHS)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--dry", action="store_true", help="keep table and sheets out of git")
    arguments, overrides = parser.parse_known_intermixed_args()
    if wrong := [o for o in overrides if "=" not in o]:
        parser.error(f"got {' '.join(wrong)}, expected overrides such as trainer.max_steps=2")

    six = {f"{s}_instance": [f"style={s}", "norm=instance"] for s in arguments.styles}
    others = {name: OTHERS[name] for name in arguments.others}
    runs = {
        (arguments.folder / name).absolute(): [*own, "logger=none", *overrides]
        for name, own in (six | others).items()
    }
    finish(runs, arguments.jobs)

    out = arguments.folder if arguments.dry else HERE
    rows = [facts(run) for run in runs]
    with (out / "results.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    pictures = photographs(arguments.photographs, PX)
    for name, group in (("sheet.jpg", six), ("sheet_others.jpg", others)):
        if not group:
            continue
        styles = [own[0].removeprefix("style=") for own in group.values()]
        columns = [
            [painting(style), *painted(arguments.folder / run, pictures)]
            for style, run in zip(styles, group, strict=True)
        ]
        grid = list(zip(*columns, strict=True))
        sheet = contact_sheet(grid, column_titles=list(group), cell=144, title_px=11)
        write_image(out / name, sheet)
        print(out / name)


if __name__ == "__main__":
    main()
