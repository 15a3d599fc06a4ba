"""Where a style goes: region maps, their sources and files, guidance, sketches, pyramids.

The mathematics takes and gives arrays, without torch; `stylenet.regions.sources` is imported by
those who name it, since COCO's annotations bring `stylenet.data`.
"""

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
from stylenet.regions.files import read_region_map, read_regions, write_region_map
from stylenet.regions.guiding import FeaturesOf, Guidance, RegionSource, Seen
from stylenet.regions.library import Describer, Library, Ranked, Shapes, ranked
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
