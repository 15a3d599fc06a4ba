"""Where a style goes: arrays and geometry, without torch."""

from stylenet.regions.retrieval import Hit, Shape, both_ways, rank
from stylenet.regions.silhouettes import BorderContrast, resized
from stylenet.regions.sketch import Drawing, DrawingError, LineArt

__all__ = [
    "BorderContrast",
    "Drawing",
    "DrawingError",
    "Hit",
    "LineArt",
    "Shape",
    "both_ways",
    "rank",
    "resized",
]
