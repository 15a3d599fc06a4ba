"""Motion between two frames: optical flow, warping, where the flow can be trusted."""

from stylenet.motion.flow import DisFlow, Effort, Field, Flow, Grey, opencv
from stylenet.motion.stills import MovedStill, StillMotion, carried, located
from stylenet.motion.warping import flow_at, trusted, warp

__all__ = [
    "DisFlow",
    "Effort",
    "Field",
    "Flow",
    "Grey",
    "MovedStill",
    "StillMotion",
    "carried",
    "flow_at",
    "located",
    "opencv",
    "trusted",
    "warp",
]
