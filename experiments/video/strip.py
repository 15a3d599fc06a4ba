"""``strip.py OUT``: eight frames of what ``measure.py OUT`` painted, a row a way, as strip.jpg."""

from __future__ import annotations

import sys
from pathlib import Path

from stylenet.images import contact_sheet, read_image, to_pil

SHOWN = ("original", "frame_by_frame", "blend_0.7")
CLIPS = ("sintel", "fox")
PAINTING, FRAMES, CELL = "wave", 8, 128


def main() -> None:
    """Draw the strip."""
    out = Path(sys.argv[1])
    rows, titles = [], []
    for clip in CLIPS:
        for way in SHOWN:
            folder = out / clip if way == "original" else out / clip / PAINTING
            files = sorted((folder / way).glob("*.png"))[-FRAMES:]
            rows.append([read_image(file) for file in files])
            titles.append(f"{clip} {way}")
    sheet = to_pil(contact_sheet(rows, row_titles=titles, cell=CELL, pad=4, title_px=10))
    sheet.save(Path(__file__).parent / "strip.jpg", quality=85)


if __name__ == "__main__":
    main()
