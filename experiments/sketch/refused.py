"""How many photographs pass for line drawings: ``python experiments/sketch/refused.py``.

Every third picture of $STYLENET_PHOTOS/train, and those of $STYLENET_PHOTOS/val as edge drawings.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from drawings import PHOTOS, traced

from stylenet.images import read_image
from stylenet.regions import DrawingError, LineArt
from stylenet.regions.sketch import check_lines


def passed(pictures: Iterable[tuple[str, np.ndarray]]) -> tuple[list[str], int]:
    """The names of those that are taken for drawings, of how many."""
    art, names, count = LineArt(), [], 0
    for name, picture in pictures:
        count += 1
        try:
            check_lines(art.lines(picture))
        except DrawingError:
            continue
        names.append(name)
    return names, count


def photograph(file: Path) -> tuple[str, np.ndarray]:
    """A file's name and its picture (H,W,3) in [0,1]."""
    return file.stem, read_image(file).permute(1, 2, 0).numpy()


def drawing(file: Path) -> tuple[str, np.ndarray]:
    """A file's name and its edges as a drawing."""
    page = np.asarray(traced(file), dtype=np.float32)[..., None] / 255
    return file.stem, np.repeat(page, 3, -1)


def main() -> None:
    """Count both."""
    photos = sorted((PHOTOS.parent / "train").iterdir())[::3]
    for kind, pictures in (
        ("photographs", map(photograph, photos)),
        ("edge drawings", map(drawing, sorted(PHOTOS.iterdir()))),
    ):
        names, count = passed(pictures)
        listed = f": {', '.join(names)}" if len(names) < 10 else ""
        print(f"{len(names)} of {count} {kind} are taken for drawings{listed}")


if __name__ == "__main__":
    sys.exit(main())
