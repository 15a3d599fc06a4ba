"""``sheet.py PAINTED [STYLE ...]``: what ``paint.py`` painted, a row a style, as ``sheet.jpg``."""

from __future__ import annotations

import sys
from pathlib import Path

import pictures

from stylenet.images import contact_sheet, read_image, write_image

CONTENTS = ("lion", "chicago", "golden_gate", "tubingen", "stata")


def main() -> None:
    """Draw the sheet: the painting, then each photograph in its style."""
    folder, *styles = sys.argv[1:]
    library = pictures.Library.of(pictures.SHARED / "contents", pictures.SHARED / "styles")
    rows = [
        [
            read_image(library.styles[style]),
            *(read_image(Path(folder) / f"{content}_{style}.png") for content in CONTENTS),
        ]
        for style in styles
    ]
    sheet = contact_sheet(rows, column_titles=["painting", *CONTENTS], cell=200, title_px=12)
    write_image(Path(__file__).parent / "sheet.jpg", sheet)


if __name__ == "__main__":
    main()
