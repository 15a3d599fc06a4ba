from .checkpoints import BestCheckpoint, StepCheckpoints, how_to_resume, save_whole
from .comparable import ComparableMetrics, StepsDone
from .curves import LossCurves
from .metadata import run_metadata
from .pictures import PictureGrids, RegionGrids, SampleGrids, StyleGrids
from .progress import StepProgress
from .record import RunRecord
from .reports import Reports, listening
from .snapshots import Snapshots
from .stopping import StopWhenFlat
from .throughput import Throughput

__all__ = [
    "BestCheckpoint",
    "ComparableMetrics",
    "LossCurves",
    "PictureGrids",
    "RegionGrids",
    "Reports",
    "RunRecord",
    "SampleGrids",
    "Snapshots",
    "StepCheckpoints",
    "StepProgress",
    "StepsDone",
    "StopWhenFlat",
    "StyleGrids",
    "Throughput",
    "how_to_resume",
    "listening",
    "run_metadata",
    "save_whole",
]
