"""A check against wishful looking: ``python recognise.py <folder of train_six.py> <out> <key>``.

Writes ``<out>/01.png`` and so on, outputs of the six nets for three photographs in random order
and without a hint of their style, and ``<out>/paintings.jpg``, the six paintings by name. Which is
which goes into ``<key>``, a CSV file that lies elsewhere. Someone who has seen nothing else writes
a text file with a line a picture, ``01 udnie``, and ``score.py`` compares.
"""

from __future__ import annotations

import argparse
import csv
import random
from pathlib import Path

from runs import PHOTOGRAPHS, STYLES, painted, painting, photographs

from stylenet.images import contact_sheet, write_image


def main() -> None:
    """Paint, shuffle, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("key", type=Path)
    parser.add_argument("--styles", nargs="+", default=STYLES, choices=STYLES)
    parser.add_argument("--photographs", nargs="+", default=PHOTOGRAPHS)
    parser.add_argument("--px", type=int, default=512, help="longer side of what is painted")
    arguments = parser.parse_args()
    if arguments.key.absolute().is_relative_to(arguments.out.absolute()):
        parser.error(f"the key {arguments.key} would lie among the pictures in {arguments.out}")
    if arguments.key.exists() or arguments.out.exists():
        parser.error(f"{arguments.out} or {arguments.key} is there already: take new names")

    pictures = photographs(arguments.photographs, arguments.px)
    outputs = [
        (style, photograph, picture)
        for style in arguments.styles
        for photograph, picture in zip(
            pictures, painted(arguments.folder / f"{style}_instance", pictures), strict=True
        )
    ]
    random.SystemRandom().shuffle(outputs)  # no seed that would give the order away
    rows = []
    for number, (style, photograph, picture) in enumerate(outputs, 1):
        write_image(arguments.out / f"{number:02d}.png", picture)
        rows.append({"picture": f"{number:02d}", "style": style, "photograph": photograph})
    paintings = [painting(style) for style in arguments.styles]
    sheet = contact_sheet([paintings], column_titles=arguments.styles, cell=300)
    write_image(arguments.out / "paintings.jpg", sheet)
    with arguments.key.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(f"{len(rows)} pictures and paintings.jpg in {arguments.out}; the key is {arguments.key}")


if __name__ == "__main__":
    main()
