"""What a run of each task validates, builds, writes and says: one object a task.

``conf/task/x.yaml`` names it as ``runner``.
"""

from stylenet.runners.base import Components, Run, Runner
from stylenet.runners.distill import DistillRunner
from stylenet.runners.feedforward import FeedForwardRunner
from stylenet.runners.multistyle import AddStyleRunner, MultiStyleRunner
from stylenet.runners.pixels import PixelRunner
from stylenet.runners.pyramid import PyramidRunner
from stylenet.runners.region_styles import RegionStylesRunner
from stylenet.runners.sketch import SketchRunner

__all__ = [
    "AddStyleRunner",
    "Components",
    "DistillRunner",
    "FeedForwardRunner",
    "MultiStyleRunner",
    "PixelRunner",
    "PyramidRunner",
    "RegionStylesRunner",
    "Run",
    "Runner",
    "SketchRunner",
]
