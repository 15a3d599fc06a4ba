"""Tasks: LightningModules that optimise and log, nothing else."""

from stylenet.tasks.add_style import AddStyle
from stylenet.tasks.distill import Distill
from stylenet.tasks.feedforward import FeedForward, NonFiniteLossError
from stylenet.tasks.gatys import Gatys, Stage
from stylenet.tasks.maps import DataMaps, RandomMaps
from stylenet.tasks.multistyle import MultiStyle
from stylenet.tasks.muon import Muon
from stylenet.tasks.optimizers import LBFGS, OptimizerBySize
from stylenet.tasks.pyramid import FreshStage, Pyramid
from stylenet.tasks.region_styles import RegionStyles
from stylenet.tasks.scales import CoarseToFine, OneScale
from stylenet.tasks.schedules import warm_up_and_cosine
from stylenet.tasks.sketch import SketchColouring
from stylenet.tasks.start import (
    FromContent,
    FromPicture,
    FromStyle,
    NoisyContent,
    SpeckledContent,
    WhiteNoise,
)

__all__ = [
    "LBFGS",
    "AddStyle",
    "CoarseToFine",
    "DataMaps",
    "Distill",
    "FeedForward",
    "FreshStage",
    "FromContent",
    "FromPicture",
    "FromStyle",
    "Gatys",
    "MultiStyle",
    "Muon",
    "NoisyContent",
    "NonFiniteLossError",
    "OneScale",
    "OptimizerBySize",
    "Pyramid",
    "RandomMaps",
    "RegionStyles",
    "SketchColouring",
    "SpeckledContent",
    "Stage",
    "WhiteNoise",
    "warm_up_and_cosine",
]
