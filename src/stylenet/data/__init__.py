"""From pictures on a disk to batches (N, 3, H, W), float32 RGB in [0, 1].

A source of data is a `PictureData` that finds `Pictures`; order, augmentation, worker processes,
resuming and unreadable files are the same for all sources.
"""

from stylenet.data.augment import Augment, CentreSquare, ColourChanged, RandomCrop, WholeSquare
from stylenet.data.cache import CachedPictures, cached
from stylenet.data.coco import Archive, CocoData, CocoRelease, CocoSplit, category_labels
from stylenet.data.folder import FolderData
from stylenet.data.folders import FoldersData
from stylenet.data.iterations import Iterations
from stylenet.data.litdata import ChunkOrder, LitData, LitDataPictures, write_litdata
from stylenet.data.loader import TrainLoader, ValLoader
from stylenet.data.module import PictureData
from stylenet.data.order import BatchPlan, Draw, Order, augment_rng
from stylenet.data.pictures import (
    DrawnPictures,
    FilePictures,
    MemoryPictures,
    Pictures,
    StampedPictures,
)
from stylenet.data.sample import SampleData, reference_photographs

__all__ = [
    "Archive",
    "Augment",
    "BatchPlan",
    "CachedPictures",
    "CentreSquare",
    "ChunkOrder",
    "CocoData",
    "CocoRelease",
    "CocoSplit",
    "ColourChanged",
    "Draw",
    "DrawnPictures",
    "FilePictures",
    "FolderData",
    "FoldersData",
    "Iterations",
    "LitData",
    "LitDataPictures",
    "MemoryPictures",
    "Order",
    "PictureData",
    "Pictures",
    "RandomCrop",
    "SampleData",
    "StampedPictures",
    "TrainLoader",
    "ValLoader",
    "WholeSquare",
    "augment_rng",
    "cached",
    "category_labels",
    "reference_photographs",
    "write_litdata",
]
