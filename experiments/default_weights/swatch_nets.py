"""Nets of swatches against nets of paintings: ``python swatch_nets.py <folder of train_six.py>``.

Both are trained with the default weights; runs that are finished, such as those of
``train_six.py``, are not made again. Both are judged by the painting:
its style loss over the photographs of ``--photos``, as ``evaluate.py`` measures it.
``swatch_nets.csv`` and ``swatch_nets.jpg`` are written beside this file, or into the folder for
runs with ``--dry``. Further overrides are handed to every run: ``trainer.max_steps=2``.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
from pathlib import Path
from statistics import fmean

from runs import PHOTOGRAPHS, finish, painted, painting, photographs

from stylenet.images import contact_sheet, write_image

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SWATCHES = ROOT / "src" / "stylenet" / "styles" / "swatches"
STYLES = ("udnie", "starry_night", "wave")


def style_losses(models: list[Path], style: str, photos: Path, out: Path) -> list[float]:
    """Mean style loss against the painting, a model each."""
    names = ",".join(f"'{model}'" for model in models)
    command = [sys.executable, str(ROOT / "evaluate.py"), f"model=[{names}]", f"style={style}"]
    subprocess.run(  # noqa: S603
        [*command, f"content={photos.absolute()}", f"out={out.absolute()}"], check=True
    )
    with (out / "metrics.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    names = list(dict.fromkeys(row["model"] for row in rows))
    return [fmean(float(row["style"]) for row in rows if row["model"] == name) for name in names]


def main() -> None:
    """Train, judge, draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--styles", nargs="+", default=STYLES)
    parser.add_argument("--photos", type=Path, default=Path("../shared/assets/photos/val"))
    parser.add_argument("--photographs", nargs="+", default=PHOTOGRAPHS, help="for the sheet")
    parser.add_argument("--dry", action="store_true", help="keep table and sheet out of git")
    arguments, overrides = parser.parse_known_intermixed_args()
    if wrong := [o for o in overrides if "=" not in o]:
        parser.error(f"got {' '.join(wrong)}, expected overrides such as trainer.max_steps=2")

    folder = arguments.folder.absolute()
    common = ["norm=instance", "logger=none", *overrides]
    pairs = {s: (folder / f"{s}_instance", folder / f"{s}_swatch") for s in arguments.styles}
    finish(
        {p: [f"style={s}", *common] for s, (p, _) in pairs.items()}
        | {q: [f"style={SWATCHES / s}.jpg", *common] for s, (_, q) in pairs.items()},
        jobs=2,
    )
    out = folder if arguments.dry else HERE
    pictures = photographs(arguments.photographs, 280)
    rows, grid, titles = [], [], []
    for style, pair in pairs.items():
        own, swatch = style_losses(list(pair), style, arguments.photos, folder / f"{style}_judged")
        row = {"style": style, "net_of_painting": own, "net_of_swatch": swatch}
        rows.append({**row, "ratio": swatch / own})
        for name, picture, net in zip(
            ("painting", "swatch"),
            (painting(style), painting(str(SWATCHES / f"{style}.jpg"))),
            pair,
            strict=True,
        ):
            grid.append([picture, *painted(net, pictures)])
            titles.append(f"{style}, {name}")
    with (out / "swatch_nets.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(
            {k: v if isinstance(v, str) else f"{v:.4g}" for k, v in row.items()} for row in rows
        )
    sheet = contact_sheet(grid, row_titles=titles, cell=136, title_px=12)
    print(write_image(out / "swatch_nets.jpg", sheet))


if __name__ == "__main__":
    main()
