"""Small pictures of styles beside their names, where these are listed.

Gradio's lists have words only, but each entry's words are an attribute of it, by which a style
sheet finds it: the lists stay as they are for keyboards and screen readers.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from pathlib import Path

from stylenet.images import CentreCrop, ShorterSide, read_image, to_pil

SIDE = 80  # pixels: twice what is seen, for screens of high resolution
QUALITY = 75
BESIDE = """min-height: 3.25rem; padding-left: 3.75rem; align-items: center;
  background-position: 0.5rem center; background-size: 2.5rem; background-repeat: no-repeat;"""


def pictures_css(pictures: Mapping[str, Path]) -> str:
    """Of entries by their words, with the files of their pictures."""
    entries = {_entry(words): _small(file) for words, file in pictures.items()}
    rules = [f'{entry} {{ background-image: url("{small}"); }}' for entry, small in entries.items()]
    return "\n".join([f"{', '.join(entries)} {{ {BESIDE} }}", *rules]) if rules else ""


def _entry(words: str) -> str:
    # a file's name is a visitor's to choose: all but letters and digits are written as numbers
    written = "".join(c if c.isascii() and c.isalnum() else f"\\{ord(c):x} " for c in words)
    return f'li[role=option][aria-label="{written}"]'


def _small(file: Path) -> str:
    """A square of the picture's middle, as an address that holds it."""
    image = CentreCrop(SIDE)(ShorterSide(SIDE)(read_image(file)))
    written = io.BytesIO()
    to_pil(image).save(written, "JPEG", quality=QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(written.getvalue()).decode()}"
