"""How painted frames are encoded: H.264, or ProRes where they are transparent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from stylenet.apply.video.clips import About, PaintedFrame, Pixels
from stylenet.apply.video.colours import LIMITED
from stylenet.apply.video.libraries import pyav

if TYPE_CHECKING:
    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame

PRESET = "veryfast"  # with "fast", three times the time for files as large


class Encoder(Protocol):
    """Of one kind of frames.

    Attributes:
        name: FFmpeg's, of the encoder.
    """

    name: ClassVar[str]

    def frame(self, painted: PaintedFrame) -> VideoFrame:
        """A frame as the encoder takes it, with even sides."""
        ...

    def set_up(self, coder: Any, shape: NDArray[Any]) -> VideoCodecContext:
        """``coder``, ready for frames of ``shape``: height, width, and of a pixel both."""
        ...


@dataclass(frozen=True)
class H264:
    """yuv420p, its colours coded as in the source; transparency lies on white.

    Attributes:
        about: the source.
        crf: x264's constant rate factor, from 0 (lossless) to 51.
    """

    about: About
    crf: float
    name: ClassVar[str] = "libx264"

    def frame(self, painted: PaintedFrame) -> VideoFrame:
        """In yuv420p."""
        return self.about.coding.from_rgb(_even(painted.in_bytes()), "yuv420p")

    def set_up(self, coder: Any, shape: NDArray[Any]) -> VideoCodecContext:
        """Quality by ``crf``."""
        coder.options = {"crf": f"{self.crf:g}", "preset": PRESET}
        return _set_up(coder, self.about, shape, "yuv420p")


class ProRes:
    """ProRes 4444 with transparency.

    Args:
        about: the source.
    """

    name: ClassVar[str] = "prores_ks"

    def __init__(self, about: About) -> None:
        # players know no other range of it
        self._about = replace(about, coding=replace(about.coding, range=LIMITED))

    def frame(self, painted: PaintedFrame) -> VideoFrame:
        """In yuva444p10le."""
        alpha = painted.alpha()
        if alpha is None:
            alpha = np.full(painted.pixels.shape[:2], 255, np.uint8)
        four = np.concatenate([painted.in_bytes(), alpha[..., None]], -1)
        return self._about.coding.from_rgb(_even(four), "yuva444p10le")

    def set_up(self, coder: Any, shape: NDArray[Any]) -> VideoCodecContext:
        """Its profile 4444."""
        coder.options = {"profile": "4444"}
        return _set_up(coder, self._about, shape, "yuva444p10le")


def _set_up(coder: Any, about: About, shape: NDArray[Any], kind: str) -> VideoCodecContext:
    height, width, *ratio = (int(number) for number in shape)
    coding, flags = about.coding, pyav().codec.context.Flags
    coder.height, coder.width, coder.pix_fmt = height, width, kind
    coder.time_base = about.time_base
    coder.framerate = about.rate.limit_denominator(1_000_000)
    coder.flags |= flags.frame_duration | flags.global_header
    coder.colorspace, coder.color_range = coding.matrix, coding.range
    coder.color_trc, coder.color_primaries = coding.transfer, coding.primaries
    coder.sample_aspect_ratio = Fraction(*ratio)
    found: VideoCodecContext = coder
    return found


def _even(pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    if height % 2 == width % 2 == 0:
        return pixels
    return np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
