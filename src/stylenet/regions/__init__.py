"""Where a style goes: arrays and geometry, without torch."""

from stylenet.regions.pairing import ByAreaAndPerimeter, Match, Matching, WholeFigure
from stylenet.regions.retrieval import Hit, Shape, both_ways, rank
from stylenet.regions.silhouettes import BorderContrast, resized
from stylenet.regions.sketch import Drawing, DrawingError, LineArt, paper_of

__all__ = [
    "BorderContrast",
    "ByAreaAndPerimeter",
    "Drawing",
    "DrawingError",
    "Hit",
    "LineArt",
    "Match",
    "Matching",
    "Shape",
    "WholeFigure",
    "paper_of",
    "both_ways",
    "rank",
    "resized",
]
