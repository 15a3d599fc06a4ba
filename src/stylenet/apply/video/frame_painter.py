"""Painting frame after frame: each by the net, then blended with the one before."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from stylenet.apply.video.blending import FlowBlend, Motion
from stylenet.apply.video.clips import Frame, PaintedFrame
from stylenet.apply.video.pieces import Pieces
from stylenet.motion import opencv

Paint: TypeAlias = Callable[[Tensor], Tensor]
"""(3,H,W) in [0,1] -> the painting: a `Stylizer`, or a `Recipe`, which has a size as well."""


def tensor_of(frame: Frame) -> Tensor:
    """A frame as a tensor (3,H,W) in [0,1]."""
    values = np.divide(frame.pixels, 255, dtype=np.float32)
    return torch.from_numpy(values).permute(2, 0, 1)


@runtime_checkable
class Settling(Protocol):
    """What paints by the first frame whatever depends on the image, as a `Recipe` does."""

    def settled(self, image: Tensor) -> Paint:
        """What paints all frames as it would this one."""
        ...


class FramePainter:
    """Paints frame after frame.

    Args:
        paint: paints a frame by itself.
        blend: what blends it with the one before; None: nothing does.
        pieces: of the clip, as far as it was painted before: its frames are not painted again but
            the first, which shows that ``paint`` is what it was; None: a clip that is not kept.

    Attributes:
        frames: how many are painted.
        size: height and width of the last.
    """

    def __init__(self, paint: Paint, blend: FlowBlend | None, pieces: Pieces | None = None) -> None:
        self._paint = paint
        self._blend = None if blend is None or blend.weight == 0 else blend
        self._last: tuple[Frame, NDArray[np.float32]] | None = None
        self._pieces = pieces
        self._kept = 0 if pieces is None else pieces.frames
        self.frames = 0
        self.size = (0, 0)

    def moving(
        self, frames: Generator[Frame, None, None]
    ) -> Generator[tuple[Frame, Motion | None], None, None]:
        """Each frame with what moved since the one before."""
        before: Frame | None = None
        with closing(frames):
            for number, frame in enumerate(frames):
                motion = None
                blend = None if number < self._kept else self._blend
                if blend is not None and before is not None and frame.pixels is not before.pixels:
                    motion = blend.motion(before.pixels, frame.pixels)
                before = frame
                yield frame, motion

    def painted(self, frame: Frame, motion: Motion | None) -> NDArray[np.float32] | None:
        """What is painted of ``frame``, (H,W,3) in [0,1]; None where that was kept before.

        Raises:
            VideoError: what was kept was painted in another way.
        """
        last, kept = self._last, self.frames < self._kept
        if (kept and last is not None) or (last is not None and last[0].pixels is frame.pixels):
            pixels = last[1]
        else:
            pixels = self._painted(frame)
            if self._blend is not None and last is not None and motion is not None:
                pixels = self._blend(pixels, last[1], motion)
        if kept and self._pieces is not None and self._pieces.last is not None:
            pixels = self._pieces.last
        self._last = (frame, pixels)
        self.frames += 1
        self.size = (pixels.shape[0], pixels.shape[1])
        return None if kept else pixels

    def _painted(self, frame: Frame) -> NDArray[np.float32]:
        """By itself."""
        image = tensor_of(frame)
        first = self._last is None
        paint: object = self._paint
        if first and isinstance(paint, Settling):
            self._paint = paint.settled(image)
        painted = self._paint(image)
        # by OpenCV, in this thread: the others have flow and coding to do
        pixels: NDArray[np.float32] = opencv().merge(list(painted.float().contiguous().numpy()))
        if first and self._pieces is not None:
            self._pieces.check_first(PaintedFrame(pixels, frame).in_bytes())
        return pixels
