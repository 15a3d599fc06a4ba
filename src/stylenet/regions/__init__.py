"""Where a style goes: region maps, sketches, pyramids. Arrays in, arrays out, without torch."""

from stylenet.regions.automatic import Clusters, FoundRegions, Segments
from stylenet.regions.clustering import Floats
from stylenet.regions.colours import label_colours, read_map
from stylenet.regions.correspondence import (
    check_shape,
    correspond,
    find_colour,
    fit_map,
    without_empty,
)
from stylenet.regions.errors import RegionError
from stylenet.regions.pairing import ByAreaAndPerimeter, Match, Matching, WholeFigure
from stylenet.regions.pyramid import (
    expand,
    laplacian_pyramid,
    level_pictures,
    most_levels,
    reconstruct,
    reduce,
)
from stylenet.regions.region_map import BLACK, PALETTE, Colour, RegionMap, colour_name
from stylenet.regions.retrieval import Hit, Shape, both_ways, rank
from stylenet.regions.segmenting import Felzenszwalb, Picture, Slic
from stylenet.regions.silhouettes import BorderContrast, mean_chroma, resized
from stylenet.regions.sketch import Drawing, DrawingError, LineArt, paper_of

__all__ = [
    "BLACK",
    "PALETTE",
    "BorderContrast",
    "ByAreaAndPerimeter",
    "Clusters",
    "Colour",
    "Drawing",
    "DrawingError",
    "Felzenszwalb",
    "Floats",
    "FoundRegions",
    "Hit",
    "LineArt",
    "Match",
    "Matching",
    "Picture",
    "RegionError",
    "RegionMap",
    "Segments",
    "Shape",
    "Slic",
    "WholeFigure",
    "both_ways",
    "check_shape",
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
    "without_empty",
]
