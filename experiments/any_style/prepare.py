"""Folders of links for the study: ``python prepare.py OUT [--shared ../shared/assets]``.

``OUT/photos``: the photographs that what ships may be trained on, without share-alike licences;
``OUT/held_out``: twelve paintings that nothing is trained on; ``OUT/paintings``: the others and
textures; ``OUT/styles``: the paintings of the catalogue, in the public domain all; ``OUT/shown``:
photographs to validate on. With ``--shrink``, for a machine that has no ../shared, photographs and
paintings are copies of at most 320 and 256 px, JPEG files.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterable
from pathlib import Path

from PIL import Image

SHARED = Path(__file__).parents[2].parent / "shared" / "assets"
CATALOGUE = [
    "udnie",
    "wave",
    "the_scream",
    "shipwreck",
    "starry_night",
    "cafe_terrace",
    "edtaonisl",
]
SHOWN = ["lion", "chicago", "golden_gate"]  # never stata nor tubingen
APART = 58  # every so many paintings, by name, one is held out


def link(folder: Path, files: Iterable[Path]) -> None:
    """Links to ``files``, and nothing else, in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for file in files:
        (folder / file.name).symlink_to(file.resolve(strict=True))


def shrink(folder: Path, px: int) -> None:
    """Copies of at most ``px`` at the shorter side in place of the links in ``folder``."""
    for file in list(folder.iterdir()):
        image = Image.open(file).convert("RGB")
        factor = min(1.0, px / min(image.size))
        width, height = (round(side * factor) for side in image.size)
        file.unlink()
        image.resize((width, height), Image.Resampling.LANCZOS).save(file, quality=85)


def main() -> None:
    """Make the folders."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--shared", type=Path, default=SHARED)
    parser.add_argument("--shrink", action="store_true", help="copies instead of links")
    options = parser.parse_args()
    shared, out = options.shared, options.out
    with (shared / "open_photos" / "SOURCES.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if "BY-SA" not in row["licence"]]
    photos = [row["file"] for row in rows if not row["file"].startswith("val/")]
    link(out / "photos", [shared / "open_photos" / name for name in photos])
    paintings = sorted((shared / "paintings").glob("*.jpg"))
    held_out = paintings[APART // 2 :: APART][:12]
    link(out / "held_out", held_out)
    textures = sorted((shared / "textures").glob("*.jpg"))
    link(out / "paintings", [*(p for p in paintings if p not in held_out), *textures])
    link(out / "styles", [shared / "styles" / f"{name}.jpg" for name in CATALOGUE])
    # as the catalogue calls it now, and the net that learns it
    (out / "styles" / "cafe_terrace.jpg").rename(out / "styles" / "night_cafe.jpg")
    link(out / "shown", [shared / "contents" / f"{name}.jpg" for name in SHOWN])
    if options.shrink:
        shrink(out / "photos", 320)
        shrink(out / "paintings", 256)
    for folder in sorted(out.iterdir()):
        print(folder.name, len(list(folder.iterdir())))


if __name__ == "__main__":
    main()
