"""Motion between two frames: optical flow, warping, where the flow can be trusted."""

from stylenet.motion.flow import DisFlow, Effort, Field, Flow, Grey, one_threaded, opencv
from stylenet.motion.pairs import CUT, Followed, followed, grey
from stylenet.motion.stills import MovedStill, StillMotion, carried, located
from stylenet.motion.warping import flow_at, trusted, warp

__all__ = [
    "CUT",
    "DisFlow",
    "Effort",
    "Field",
    "Flow",
    "Followed",
    "Grey",
    "MovedStill",
    "StillMotion",
    "carried",
    "flow_at",
    "followed",
    "grey",
    "located",
    "one_threaded",
    "opencv",
    "trusted",
    "warp",
]
