"""Region maps: which part of a picture is which. Arrays in, arrays out, without torch."""

from stylenet.regions.colours import label_colours, read_map
from stylenet.regions.errors import RegionError
from stylenet.regions.matching import correspond, find_colour, fit_map
from stylenet.regions.pairing import ByAreaAndPerimeter, Match, Matching, WholeFigure
from stylenet.regions.region_map import Colour, RegionMap, colour_name
from stylenet.regions.retrieval import Hit, Shape, both_ways, rank
from stylenet.regions.silhouettes import BorderContrast, mean_chroma, resized
from stylenet.regions.sketch import Drawing, DrawingError, LineArt, paper_of

__all__ = [
    "BorderContrast",
    "ByAreaAndPerimeter",
    "Colour",
    "Drawing",
    "DrawingError",
    "Hit",
    "LineArt",
    "Match",
    "Matching",
    "RegionError",
    "RegionMap",
    "Shape",
    "WholeFigure",
    "both_ways",
    "colour_name",
    "correspond",
    "find_colour",
    "fit_map",
    "label_colours",
    "mean_chroma",
    "paper_of",
    "rank",
    "read_map",
    "resized",
]
