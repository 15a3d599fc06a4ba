"""From pictures on a disk to batches (N, 3, H, W), float32 RGB in [0, 1].

A source of data is a `PictureData` that finds `Pictures`; order, augmentation, worker processes,
resuming and unreadable files are the same for all sources.
"""

from stylenet.data.augment import Augment, CentreSquare, RandomCrop, WholeSquare
from stylenet.data.coco import CocoData
from stylenet.data.coco_download import Archive, CocoRelease, CocoSplit
from stylenet.data.folder import FolderData
from stylenet.data.loader import TrainLoader, ValLoader
from stylenet.data.module import PictureData
from stylenet.data.order import BatchPlan, Draw, Order, augment_rng
from stylenet.data.pictures import FilePictures, MemoryPictures, Pictures
from stylenet.data.sample import SampleData

__all__ = [
    "Archive",
    "Augment",
    "BatchPlan",
    "CentreSquare",
    "CocoData",
    "CocoRelease",
    "CocoSplit",
    "Draw",
    "FilePictures",
    "FolderData",
    "MemoryPictures",
    "Order",
    "PictureData",
    "Pictures",
    "RandomCrop",
    "SampleData",
    "TrainLoader",
    "ValLoader",
    "WholeSquare",
    "augment_rng",
]
