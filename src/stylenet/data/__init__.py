"""From pictures on a disk to batches (N, 3, H, W), float32 RGB in [0, 1].

A source of data is a `PictureData` that finds `Pictures`; order, augmentation, worker processes,
resuming and unreadable files are the same for all sources.
"""

from stylenet.data.augment import Augment, CentreSquare, RandomCrop, WholeSquare
from stylenet.data.folder import FolderData
from stylenet.data.iterations import Iterations
from stylenet.data.loader import TrainLoader, ValLoader
from stylenet.data.module import PictureData
from stylenet.data.order import BatchPlan, Draw, Order, augment_rng
from stylenet.data.pictures import FilePictures, MemoryPictures, Pictures
from stylenet.data.sample import SampleData, sample_photographs

__all__ = [
    "Augment",
    "BatchPlan",
    "CentreSquare",
    "Draw",
    "FilePictures",
    "FolderData",
    "Iterations",
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
    "sample_photographs",
]
