"""How a video codes colours: matrix and range, and the names of both that files carry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from stylenet.apply.video.libraries import pyav

if TYPE_CHECKING:
    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame

# FFmpeg's numbers (AVColorSpace, AVColorRange), as ITU-T H.273 has them
RGB, BT709, UNKNOWN, FCC, BT470BG, BT601, SMPTE240M, BT2020 = 0, 1, 2, 4, 5, 6, 7, 9
LIMITED, FULL = 1, 2
# swscale's numbers of the same matrices
_MATRICES = {BT709: 1, FCC: 4, BT470BG: 5, BT601: 5, SMPTE240M: 7, BT2020: 9}
_HIGH_DEFINITION = (1280, 576)  # more than so many columns or rows: BT.709, as players guess


@dataclass(frozen=True)
class Coding:
    """How luminance and chrominance stand for colours.

    Attributes:
        matrix: one of those above.
        range: `LIMITED`, 16 to 235, or `FULL`, 0 to 255.
        transfer: FFmpeg's number; handed on.
        primaries: the same.
    """

    matrix: int
    range: int
    transfer: int = UNKNOWN
    primaries: int = UNKNOWN

    def to_rgb(
        self, frame: VideoFrame, clear: bool
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
        """The pixels (H,W,3) of a frame so coded, and how opaque they are (H,W) if ``clear``.

        Transparency lies on white.
        """
        kind = "rgba" if clear else "rgb24"
        coded = frame.reformat(
            format=kind,
            src_colorspace=_MATRICES[self.matrix],
            src_color_range=self.range,
            interpolation=_accurate(),
        )
        pixels = np.asarray(coded.to_ndarray(), dtype=np.uint8)
        if not clear:
            return pixels, None
        opaque = pixels[..., 3:].astype(np.uint16)
        over = pixels[..., :3] * opaque + 255 * (255 - opaque) + 127
        return (over // 255).astype(np.uint8), pixels[..., 3]

    def from_rgb(self, pixels: NDArray[np.uint8], kind: str) -> VideoFrame:
        """A frame of FFmpeg's ``kind`` so coded, of pixels (H,W,3 or 4) with even sides."""
        av = pyav()
        whole: VideoFrame = av.VideoFrame.from_ndarray(
            np.ascontiguousarray(pixels), "rgb24" if pixels.shape[2] == 3 else "rgba"
        )
        frame = whole.reformat(
            format=kind,
            dst_colorspace=_MATRICES[self.matrix],
            dst_color_range=self.range,
            interpolation=_accurate(),
        )
        frame.colorspace, frame.color_range = self.matrix, self.range
        frame.color_trc, frame.color_primaries = self.transfer, self.primaries
        return frame


TELEVISION = Coding(BT709, LIMITED, BT709, BT709)
"""What frames are coded as that were none of a video."""


def coding_of(video: VideoCodecContext) -> Coding:
    """How the frames are coded, as their file says; where it says nothing, as players guess."""
    kind = video.format
    if kind is not None and (kind.is_rgb or kind.has_palette):
        return TELEVISION
    columns, rows = _HIGH_DEFINITION
    guess = BT709 if video.width >= columns or video.height > rows else BT601
    matrix = video.colorspace if video.colorspace in _MATRICES else guess
    full = video.color_range == FULL or (kind is not None and kind.name.startswith("yuvj"))
    return Coding(matrix, FULL if full else LIMITED, video.color_trc, video.color_primaries)


def _accurate() -> int:
    ways = pyav().video.reformatter.Interpolation
    return int(ways.BICUBIC | ways.ACCURATE_RND | ways.FULL_CHR_H_INT | ways.FULL_CHR_H_INP)
