"""Tasks: LightningModules that optimise and log, nothing else."""

from stylenet.tasks.feedforward import FeedForward, NonFiniteLossError
from stylenet.tasks.gatys import Gatys, Stage
from stylenet.tasks.optimizers import LBFGS, OptimizerBySize
from stylenet.tasks.scales import CoarseToFine, OneScale
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
    "CoarseToFine",
    "FeedForward",
    "FromContent",
    "FromPicture",
    "FromStyle",
    "Gatys",
    "NoisyContent",
    "NonFiniteLossError",
    "OneScale",
    "OptimizerBySize",
    "SpeckledContent",
    "Stage",
    "WhiteNoise",
]
