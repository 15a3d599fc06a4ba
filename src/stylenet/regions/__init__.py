"""Region maps: which part of a picture is which. Arrays in, arrays out, without torch."""

from stylenet.regions.automatic import AutomaticRegionsError, Clusters, Segments
from stylenet.regions.pairing import Pair
from stylenet.regions.segmenting import Felzenszwalb, Slic

__all__ = ["AutomaticRegionsError", "Clusters", "Felzenszwalb", "Pair", "Segments", "Slic"]
