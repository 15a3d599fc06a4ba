from .automatic import Clusters, FoundRegions, Segments
from .clustering import Floats
from .colours import label_colours, read_map
from .correspondence import (
    check_shape,
    correspond,
    find_colour,
    fit_map,
    without_empty,
)
from .drawing import Drawing, DrawingError
from .errors import RegionError
from .files import read_region_map, read_regions, write_region_map
from .guiding import FeaturesOf, Guidance, RegionSource, Seen
from .library import Describer, Library, Ranked, Shapes, ranked
from .pairing import ByAreaAndPerimeter, Match, Matching, WholeFigure
from .pyramid import (
    expand,
    laplacian_pyramid,
    level_pictures,
    most_levels,
    reconstruct,
    reduce,
)
from .region_map import BLACK, PALETTE, Colour, RegionMap, colour_name
from .retrieval import Hit, Shape, both_ways, rank
from .segmenting import Felzenszwalb, Picture, Slic
from .silhouettes import BorderContrast, mean_chroma, resized
from .sketch import LineArt, paper_of

__all__ = [
    "BLACK",
    "PALETTE",
    "BorderContrast",
    "ByAreaAndPerimeter",
    "Clusters",
    "Colour",
    "Describer",
    "Drawing",
    "DrawingError",
    "FeaturesOf",
    "Felzenszwalb",
    "Floats",
    "FoundRegions",
    "Guidance",
    "Hit",
    "Library",
    "LineArt",
    "Match",
    "Matching",
    "Picture",
    "Ranked",
    "RegionError",
    "RegionMap",
    "RegionSource",
    "Seen",
    "Segments",
    "Shape",
    "Shapes",
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
    "ranked",
    "read_map",
    "read_region_map",
    "read_regions",
    "reconstruct",
    "reduce",
    "resized",
    "without_empty",
    "write_region_map",
]
