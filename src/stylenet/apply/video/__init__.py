"""Painting clips: `paint_clip`."""

from stylenet.apply.video.blending import FlowBlend
from stylenet.apply.video.libraries import VideoError
from stylenet.apply.video.painting import CancelledError, ClipOptions, PaintedClip, paint_clip
from stylenet.apply.video.targets import ClipJob, plan_clips
from stylenet.apply.video.timing import rate_of, seconds_of

__all__ = [
    "CancelledError",
    "ClipJob",
    "ClipOptions",
    "FlowBlend",
    "PaintedClip",
    "VideoError",
    "paint_clip",
    "plan_clips",
    "rate_of",
    "seconds_of",
]
