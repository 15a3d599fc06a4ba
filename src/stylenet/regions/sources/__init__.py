"""Where a run's region maps come from: what the group ``regions`` of conf/ names."""

from stylenet.regions.sources.found import ClusteredRegions, SegmentedRegions
from stylenet.regions.sources.given import CocoRegions, MapPictures

__all__ = ["ClusteredRegions", "CocoRegions", "MapPictures", "SegmentedRegions"]
