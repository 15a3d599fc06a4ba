"""Region maps: which part of a picture is which. Arrays in, arrays out, without torch."""

from stylenet.regions.colours import label_colours, read_map
from stylenet.regions.errors import RegionError
from stylenet.regions.matching import correspond, fit_map
from stylenet.regions.region_map import RegionMap, colour_name

__all__ = [
    "RegionError",
    "RegionMap",
    "colour_name",
    "correspond",
    "fit_map",
    "label_colours",
    "read_map",
]
