"""A style whose image file was found."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from stylenet.styles.catalogue import Entry
from stylenet.styles.statistics import PaintingStatistics


@dataclass(frozen=True)
class FoundStyle:
    """A style's image file.

    Attributes:
        path: the file, not yet opened as an image.
        name: the catalogue's name, else the file's name without suffix.
        sha256: of the file as it is, 64 hexadecimal digits.
        entry: the catalogue's entry of that name or of those very bytes, else None.
        stand_in: None for the painting; for a swatch in its place one line that says so and why.
        statistics: beside a swatch the painting's own, where a net is trained towards these.
    """

    path: Path
    name: str
    sha256: str
    entry: Entry | None
    stand_in: str | None = None
    statistics: PaintingStatistics | None = field(default=None, repr=False, compare=False)
