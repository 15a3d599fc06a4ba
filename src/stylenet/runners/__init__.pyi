from .any_style import AnyStyleRunner
from .base import Components, Run, Runner
from .distill import DistillRunner
from .distill_net import DistillNetRunner
from .feedforward import FeedForwardRunner
from .gatys_video import GatysVideoRunner
from .multistyle import AddStyleRunner, MultiStyleRunner
from .pixels import PixelRunner
from .pyramid import PyramidRunner
from .region_styles import RegionStylesRunner
from .sketch import SketchRunner
from .texture_net import TextureNetRunner

__all__ = [
    "AddStyleRunner",
    "AnyStyleRunner",
    "Components",
    "DistillNetRunner",
    "DistillRunner",
    "FeedForwardRunner",
    "GatysVideoRunner",
    "MultiStyleRunner",
    "PixelRunner",
    "PyramidRunner",
    "RegionStylesRunner",
    "Run",
    "Runner",
    "SketchRunner",
    "TextureNetRunner",
]
