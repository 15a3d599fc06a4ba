"""Painting clips: `paint_clip`."""

from stylenet.apply.video.blending import FlowBlend
from stylenet.apply.video.camera import Camera, Shown, Window, paint_camera
from stylenet.apply.video.libraries import VideoError
from stylenet.apply.video.opening import each_frame, read_frames
from stylenet.apply.video.options import ClipOptions
from stylenet.apply.video.painting import CancelledError, PaintedClip, paint_clip
from stylenet.apply.video.raft import Raft, flow_of
from stylenet.apply.video.targets import ClipJob, plan_clips
from stylenet.apply.video.timing import rate_of, seconds_of

__all__ = [
    "Camera",
    "CancelledError",
    "ClipJob",
    "ClipOptions",
    "FlowBlend",
    "PaintedClip",
    "Raft",
    "Shown",
    "VideoError",
    "Window",
    "each_frame",
    "flow_of",
    "paint_camera",
    "paint_clip",
    "plan_clips",
    "rate_of",
    "read_frames",
    "seconds_of",
]
