"""Painting clips: read, painted, blended and written side by side."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from stylenet.apply.video.blending import FlowBlend, Motion
from stylenet.apply.video.clips import About, Frame, Item, Sink, Sound, Source
from stylenet.apply.video.folders import RATE, FolderSink, FolderSource
from stylenet.apply.video.libraries import VideoError
from stylenet.apply.video.reading import FileSource
from stylenet.apply.video.targets import check_target, is_pattern
from stylenet.apply.video.threads import Behind, ahead
from stylenet.apply.video.timing import at_rate
from stylenet.apply.video.writing import GIF, FileSink, GifSink, PaintedFrame
from stylenet.errors import StylenetError
from stylenet.files import expanded, replacing

log = logging.getLogger(__name__)

FEWEST = 2  # frames of a clip
Paint: TypeAlias = Callable[[Tensor], Tensor]
"""(3,H,W) in [0,1] -> the painting: a `Stylizer`, or a `Recipe`, which has a size as well."""


@runtime_checkable
class Settling(Protocol):
    """What paints by the first frame whatever depends on the image, as a `Recipe` does."""

    def settled(self, image: Tensor) -> Paint:
        """What paints all frames as it would this one."""
        ...


Progress: TypeAlias = Callable[[int, int | None], None]
"""Gets how many frames are painted, of how many; None where that is not known."""


class CancelledError(StylenetError):
    """The user asked for an end."""


@dataclass(frozen=True)
class ClipOptions:
    """How a clip is to be painted.

    Attributes:
        start: seconds into the clip, of the first frame to paint.
        end: seconds into the clip, of the first frame not to paint; None: to the last.
        fps: frames a second of the painted clip; None: the clip's own times.
        crf: x264's constant rate factor, from 0 (lossless) to 51 (worst).
        blend: against flicker; None: each frame by itself.
        overwrite: whether a target that is there gives way.

    Raises:
        StylenetError: values that cannot be.
    """

    start: Fraction = Fraction(0)
    end: Fraction | None = None
    fps: Fraction | None = None
    crf: float = 18
    blend: FlowBlend | None = field(default_factory=FlowBlend)
    overwrite: bool = False

    def __post_init__(self) -> None:
        """Refuse values that cannot be."""
        if self.start < 0 or (self.end is not None and self.end <= self.start):
            end = "the end" if self.end is None else f"{float(self.end):g} s"
            raise StylenetError(
                f"Got a clip from {float(self.start):g} s to {end}.",
                "Give a start of 0 or more, and an end after it.",
            )
        if self.fps is not None and self.fps <= 0:
            raise StylenetError(f"Got fps={float(self.fps):g}, expected more than 0.", "Use 25.")
        if not 0 <= self.crf <= 51:
            raise StylenetError(
                f"Got crf={self.crf:g}, expected 0 (lossless) to 51 (worst).", "Use 18."
            )


@dataclass(frozen=True)
class PaintedClip:
    """A clip that was written: of which, where, its frames and pixels, and how long that took."""

    clip: str
    file: str
    frames: int
    width: int
    height: int
    seconds: float


def paint_clip(
    clip: str | Path,
    target: str | Path,
    paint: Paint,
    options: ClipOptions | None = None,
    *,
    say: Callable[[str], None] = log.warning,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> PaintedClip:
    """Paint a clip.

        paint_clip("in.mp4", "out.mp4", Stylizer.load("any", style="wave"))

    Reading, flow, net and writing run side by side, with few frames between them. The target
    appears whole, or not at all.

    Args:
        clip: a video file, a GIF, or a folder of frames.
        target: a file ending in .mp4, .m4v, .mov, .mkv or .gif; frames (``frames/%05d.png``); of a
            folder of frames also a folder, whose images are named as there.
        paint: paints a frame.
        options: how.
        say: gets what the user should know, a line each.
        progress: is told of every frame.
        cancelled: whether to stop; asked at every frame.

    Raises:
        VideoError: a clip that cannot be read or has less than two frames; a target that cannot be
            written or is there.
        CancelledError: it was cancelled.
        StylenetError: from ``paint``.
        OSError: from the file system.
    """
    options = ClipOptions() if options is None else options
    clip, target = expanded(clip), expanded(target)
    place = check_target(clip, target, options.overwrite)
    begun = time.perf_counter()
    with closing(_opened(clip, options)) as source, replacing(place) as part:
        about = source.about
        items = source.items()
        if options.fps is not None and not clip.is_dir():
            items = at_rate(items, about, options.fps)
            total = None if about.frames is None else about.frames * options.fps / about.rate
            about = replace(
                about,
                time_base=1 / options.fps,
                rate=options.fps,
                frames=None if total is None else round(total),
            )
        with closing(_sink(part, target, about, options.crf)) as sink:
            run = _Run(paint, options.blend)
            with Behind(sink.write) as write, closing(ahead(run.moving(ahead(items)))) as moving:
                for item, motion in moving:
                    if cancelled is not None and cancelled():
                        raise CancelledError(f"{target} was cancelled.", "Nothing is left of it.")
                    if isinstance(item, Sound):
                        write(item)
                    else:
                        write(PaintedFrame(run.painted(item, motion), item))
                        if progress is not None:
                            progress(run.frames, about.frames)
            if run.frames < FEWEST:
                found = "1 frame" if run.frames else "no frames"
                raise VideoError(
                    f"{clip} has {found} to paint, expected {FEWEST} or more.",
                    "Name another clip or part of it; stylenet stylize paints images.",
                )
            sink.finish()
        for remark in (*source.remarks, *sink.remarks):
            say(remark)
    height, width = run.size
    seconds = round(time.perf_counter() - begun, 3)
    return PaintedClip(str(clip), str(target), run.frames, width, height, seconds)


class _Run:
    """Paints frame after frame.

    Attributes:
        frames: how many are painted.
        size: height and width of the last.
    """

    def __init__(self, paint: Paint, blend: FlowBlend | None) -> None:
        self._paint = paint
        self._blend = None if blend is None or blend.weight == 0 else blend
        self._last: tuple[Frame, NDArray[np.float32]] | None = None
        self.frames = 0
        self.size = (0, 0)

    def moving(
        self, items: Generator[Item, None, None]
    ) -> Generator[tuple[Item, Motion | None], None, None]:
        """Each frame with what moved since the one before."""
        before: Frame | None = None
        with closing(items):
            for item in items:
                motion = None
                if self._blend is not None and isinstance(item, Frame):
                    if before is not None and item.pixels is not before.pixels:
                        motion = self._blend.motion(before.pixels, item.pixels)
                    before = item
                yield item, motion

    def painted(self, frame: Frame, motion: Motion | None) -> NDArray[np.float32]:
        """What is painted of ``frame``, (H,W,3) in [0,1]."""
        last = self._last
        if last is not None and last[0].pixels is frame.pixels:
            pixels = last[1]
        else:
            image = torch.from_numpy(np.ascontiguousarray(frame.pixels))
            image = image.permute(2, 0, 1).float().div_(255)
            paint: object = self._paint
            if last is None and isinstance(paint, Settling):
                self._paint = paint.settled(image)
            painted = self._paint(image)
            pixels = painted.permute(1, 2, 0).contiguous().numpy()
            if self._blend is not None and last is not None and motion is not None:
                pixels = self._blend(pixels, last[1], motion)
        self._last = (frame, pixels)
        self.frames += 1
        self.size = (pixels.shape[0], pixels.shape[1])
        return pixels


def _opened(clip: Path, options: ClipOptions) -> Source:
    if clip.is_dir():
        return FolderSource(clip, options.fps or RATE, options.start, options.end)
    return FileSource(clip, options.start, options.end)


def _sink(part: Path, target: Path, about: About, crf: float) -> Sink:
    if is_pattern(target):
        return FolderSink(part, target.parent, about, target.name)
    if not target.suffix:
        return FolderSink(part, target, about, "%05d.png")
    if target.suffix.lower() == GIF:
        return GifSink(part, target, about)
    return FileSink(part, target, about, crf)
