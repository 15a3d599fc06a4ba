"""Style pictures: a catalogue of facts, and the search for the picture behind a name."""

from __future__ import annotations

from stylenet.styles.catalogue import Entry, Weights, catalogue
from stylenet.styles.find import FoundStyle, StyleNotFoundError, find_style, read_style

__all__ = [
    "Entry",
    "FoundStyle",
    "StyleNotFoundError",
    "Weights",
    "catalogue",
    "find_style",
    "read_style",
]
