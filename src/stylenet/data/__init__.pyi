from .augment import Augment, CentreSquare, ColourChanged, RandomCrop, WholeSquare
from .cache import CachedPictures, cached
from .clips import ClipData, ClipPictures
from .coco import Archive, CocoData, CocoRelease, CocoSplit, category_labels
from .folder import FolderData
from .folders import FoldersData
from .iterations import Iterations
from .litdata import ChunkOrder, LitData, LitDataPictures, write_litdata
from .loader import TrainLoader, ValLoader
from .module import PictureData
from .order import BatchPlan, Draw, Order, augment_rng
from .pictures import (
    DrawnPictures,
    FilePictures,
    MemoryPictures,
    Pictures,
    StampedPictures,
)
from .sample import SampleData
from .samples import Samples
from .style_crops import StyleCrops

__all__ = [
    "Archive",
    "Augment",
    "BatchPlan",
    "CachedPictures",
    "CentreSquare",
    "ChunkOrder",
    "ClipData",
    "ClipPictures",
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
    "Samples",
    "StampedPictures",
    "StyleCrops",
    "TrainLoader",
    "ValLoader",
    "WholeSquare",
    "augment_rng",
    "cached",
    "category_labels",
    "write_litdata",
]
