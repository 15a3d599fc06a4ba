"""Where a style goes: region maps, sketches, pyramids. Arrays in, arrays out, without torch."""

from stylenet.regions.colours import label_colours, read_map
from stylenet.regions.errors import RegionError
from stylenet.regions.matching import correspond, find_colour, fit_map
from stylenet.regions.pairing import ByAreaAndPerimeter, Match, Matching, WholeFigure
from stylenet.regions.pyramid import (
    expand,
    laplacian_pyramid,
    level_pictures,
    most_levels,
    reconstruct,
    reduce,
)
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
    "expand",
    "find_colour",
    "fit_map",
    "label_colours",
    "laplacian_pyramid",
    "level_pictures",
    "mean_chroma",
    "most_levels",
    "paper_of",
    "rank",
    "read_map",
    "reconstruct",
    "reduce",
    "resized",
]
