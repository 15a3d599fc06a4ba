"""``beside.py PAINTED NET ...``: what nets made of the same, beside each other, as ``falling.jpg``.

``PAINTED/<NET>`` is a folder that ``experiments/paint.py`` filled.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from stylenet.images import contact_sheet, read_image, write_image

SHOWN = ("lion_udnie", "tubingen_wave", "chicago_the_scream", "lion_starry_night")


def main() -> None:
    """Draw the sheet: a row a photograph in a style, a column a net."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("painted", type=Path)
    parser.add_argument("nets", nargs="+")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    given = parser.parse_args()
    rows = [
        [read_image(given.painted / net / f"{name}.png") for net in given.nets] for name in SHOWN
    ]
    sheet = contact_sheet(rows, column_titles=given.nets, cell=200, title_px=12)
    write_image(given.out / "falling.jpg", sheet)


if __name__ == "__main__":
    main()
