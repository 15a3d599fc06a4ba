from .add_style import AddStyle
from .any_style import AnyStyle
from .distill import Distill
from .distill_net import DistillNet
from .feedforward import FeedForward, NonFiniteLossError
from .gatys import Gatys
from .maps import DataMaps, RandomMaps
from .multistyle import MultiStyle
from .optimizers import LBFGS, OptimizerBySize
from .pyramid import FreshStage, Pyramid
from .region_styles import RegionStyles
from .scales import CoarseToFine, OneScale
from .schedules import warm_up_and_cosine
from .sketch import SketchColouring
from .stages import Stage
from .start import (
    FromContent,
    FromPicture,
    FromStyle,
    NoisyContent,
    SpeckledContent,
    WhiteNoise,
)
from .texture_net import TextureNet

__all__ = [
    "LBFGS",
    "AddStyle",
    "AnyStyle",
    "CoarseToFine",
    "DataMaps",
    "Distill",
    "DistillNet",
    "FeedForward",
    "FreshStage",
    "FromContent",
    "FromPicture",
    "FromStyle",
    "Gatys",
    "MultiStyle",
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
    "TextureNet",
    "WhiteNoise",
    "warm_up_and_cosine",
]
