"""Callbacks: everything that is looked at or kept while a task trains."""

from stylenet.callbacks.checkpoints import StepCheckpoints, how_to_resume, save_whole
from stylenet.callbacks.curves import LossCurves
from stylenet.callbacks.pictures import PictureGrids, RegionGrids, StyleGrids
from stylenet.callbacks.progress import StepProgress
from stylenet.callbacks.record import RunRecord
from stylenet.callbacks.snapshots import Snapshots
from stylenet.callbacks.stopping import StopWhenFlat
from stylenet.callbacks.throughput import Throughput

__all__ = [
    "LossCurves",
    "PictureGrids",
    "RegionGrids",
    "RunRecord",
    "Snapshots",
    "StepCheckpoints",
    "StepProgress",
    "StopWhenFlat",
    "StyleGrids",
    "Throughput",
    "how_to_resume",
    "save_whole",
]
