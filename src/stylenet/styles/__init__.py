"""Style pictures: a catalogue of facts, and the search for the image behind a name."""

from __future__ import annotations

from stylenet.styles.catalogue import Entry, catalogue
from stylenet.styles.errors import StyleNotFoundError
from stylenet.styles.find import find_style, find_swatch, is_stand_in, read_style
from stylenet.styles.found import FoundStyle
from stylenet.styles.statistics import (
    PaintingStatistics,
    painting_statistics,
    statistics_file,
)

__all__ = [
    "Entry",
    "FoundStyle",
    "PaintingStatistics",
    "StyleNotFoundError",
    "catalogue",
    "find_style",
    "find_swatch",
    "is_stand_in",
    "painting_statistics",
    "read_style",
    "statistics_file",
]
