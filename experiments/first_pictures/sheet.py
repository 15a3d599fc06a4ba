"""Lay the painted pictures side by side, without the photographs, which may not be passed on.

Usage: python experiments/first_pictures/sheet.py <out of evaluate.py> <sheet.jpg> <picture> ...
"""

import sys
from pathlib import Path

from stylenet.images import contact_sheet, read_image, write_image

NETS = ["udnie_instance", "udnie_batch", "wave_instance", "wave_batch"]


def main() -> None:
    """A row a photograph, a column a net."""
    out, sheet, *pictures = sys.argv[1:]
    rows = [[read_image(Path(out, net, picture)) for net in NETS] for picture in pictures]
    write_image(sheet, contact_sheet(rows, column_titles=NETS, cell=150, title_px=11))


if __name__ == "__main__":
    main()
