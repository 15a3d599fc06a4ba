"""MS-COCO: its archives, its annotations, images chosen by what is in them, maps of regions."""

from stylenet.data.coco.downloading import Archive, CocoRelease, CocoSplit
from stylenet.data.coco.module import CocoData
from stylenet.data.coco.region_masks import category_labels

__all__ = ["Archive", "CocoData", "CocoRelease", "CocoSplit", "category_labels"]
