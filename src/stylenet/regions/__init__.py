"""Region maps: which part of a picture is which. Arrays in, arrays out, without torch."""

from stylenet.regions.automatic import Clusters, FoundRegions, Segments
from stylenet.regions.clustering import Floats
from stylenet.regions.colours import label_colours, read_map
from stylenet.regions.errors import RegionError
from stylenet.regions.matching import correspond, find_colour, fit_map
from stylenet.regions.region_map import Colour, RegionMap, colour_name
from stylenet.regions.segmenting import Felzenszwalb, Picture, Slic

__all__ = [
    "Clusters",
    "Colour",
    "Felzenszwalb",
    "Floats",
    "FoundRegions",
    "Picture",
    "RegionError",
    "RegionMap",
    "Segments",
    "Slic",
    "colour_name",
    "correspond",
    "find_colour",
    "fit_map",
    "label_colours",
    "read_map",
]
