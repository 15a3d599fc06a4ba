"""Painting clips: read, painted, blended and written side by side."""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

from torch import Tensor

from stylenet.apply.video import pieces as piecewise
from stylenet.apply.video.blending import FlowBlend
from stylenet.apply.video.clips import About, Frame, PaintedFrame, Sink, Source
from stylenet.apply.video.folders import RATE, FolderSink, FolderSource
from stylenet.apply.video.frame_painter import FramePainter, Paint, tensor_of
from stylenet.apply.video.gif import GIF, GifSink
from stylenet.apply.video.libraries import VideoError
from stylenet.apply.video.pieces import Pieces, growing
from stylenet.apply.video.reading import FileSource
from stylenet.apply.video.targets import check_target, is_pattern
from stylenet.apply.video.threads import Behind, ahead
from stylenet.apply.video.timing import at_rate
from stylenet.apply.video.writing import FileSink
from stylenet.errors import StylenetError
from stylenet.files import expanded, replacing

log = logging.getLogger(__name__)

FEWEST = 2  # frames of a clip
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
        resume: whether to go on with what a process that was stopped has left.

    Raises:
        StylenetError: values that cannot be.
    """

    start: Fraction = Fraction(0)
    end: Fraction | None = None
    fps: Fraction | None = None
    crf: float = 18
    blend: FlowBlend | None = field(default_factory=FlowBlend)
    overwrite: bool = False
    resume: bool = False

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
    """A clip that was written: of which, where, its frames and pixels, and how long that took.

    ``kept`` frames were painted before, by a process that was stopped.
    """

    clip: str
    file: str
    frames: int
    width: int
    height: int
    seconds: float
    kept: int = 0


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
    appears whole, or not at all. Every `pieces.PIECE` frames what is painted is kept beside it, for
    ``options.resume``: the same clip then, bit for bit.

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
    with (
        closing(_opened(clip, options)) as source,
        growing(
            place, _job(clip, options), resume=options.resume, overwrite=options.overwrite
        ) as pieces,
    ):
        kept = pieces.frames
        about, frames = _timed(source, clip, options)
        sink = _sink(pieces, target, about, options.crf)
        run, write = FramePainter(paint, options.blend, pieces), _Writer(sink, pieces)
        try:
            with Behind(write) as behind, closing(ahead(run.moving(ahead(frames)))) as moving:
                for frame, motion in moving:
                    if cancelled is not None and cancelled():
                        raise CancelledError(f"{target} was cancelled.", "Begin anew, or go on.")
                    painted = run.painted(frame, motion)
                    if painted is None:
                        continue
                    behind(PaintedFrame(painted, frame))
                    if progress is not None:
                        progress(run.frames, about.frames)
            if run.frames < FEWEST:
                found = "1 frame" if run.frames else "no frames"
                raise VideoError(
                    f"{clip} has {found} to paint, expected {FEWEST} or more.",
                    "Name another clip or part of it; stylenet stylize paints images.",
                )
            write.end()
            with replacing(place) as part:
                sink.finish(part, source)
        except BaseException:
            if pieces.frames:
                say(f"{target}: {pieces.frames} frames are kept; --resume goes on from there")
            raise
        for remark in (*source.remarks, *sink.remarks):
            say(remark)
    height, width = run.size
    seconds = round(time.perf_counter() - begun, 3)
    return PaintedClip(str(clip), str(target), run.frames, width, height, seconds, kept)


def each_frame(clip: str | Path, count: int) -> Generator[Tensor, None, None]:
    """The first frames of a clip, a GIF or a folder of frames, read as they are asked for.

    (3,H,W) in [0,1], all of one size. What is wrong with the file is logged after the last.

    Raises:
        VideoError: it cannot be read.
        OSError: from the file system.
    """
    with (
        closing(_opened(expanded(clip), ClipOptions())) as source,
        closing(source.frames()) as frames,
    ):
        yield from map(tensor_of, itertools.islice(frames, count))
        for remark in source.remarks:
            log.warning(remark)


def read_frames(clip: str | Path, count: int) -> list[Tensor]:
    """The first frames of a clip, a GIF or a folder of frames: (3,H,W) in [0,1], all of one size.

    Raises:
        VideoError: it cannot be read, or has less than two frames.
        OSError: from the file system.
    """
    found = list(each_frame(clip, count))
    if len(found) < min(FEWEST, count):
        raise VideoError(
            f"{clip} has {len(found)} frames that can be read, expected {FEWEST} or more.",
            "Name another clip.",
        )
    return found


class _Writer:
    """Writes frames, and keeps them piece by piece."""

    def __init__(self, sink: Sink, pieces: Pieces) -> None:
        self._sink = sink
        self._pieces = pieces
        self._frames = 0  # of the piece that is written
        self._last: PaintedFrame | None = None

    def __call__(self, painted: PaintedFrame) -> None:
        """Write the next frame."""
        self._sink.write(painted)
        self._last = painted
        self._frames += 1
        if self._frames == piecewise.PIECE:
            self.end()

    def end(self) -> None:
        """Keep what is not kept yet."""
        if self._last is not None:
            self._pieces.add(self._sink.end_piece(), self._frames, self._last.pixels)
            self._frames, self._last = 0, None


def _opened(clip: Path, options: ClipOptions) -> Source:
    if clip.is_dir():
        return FolderSource(clip, options.fps or RATE, options.start, options.end)
    return FileSource(clip, options.start, options.end)


def _timed(
    source: Source, clip: Path, options: ClipOptions
) -> tuple[About, Generator[Frame, None, None]]:
    """What is known of the clip and its frames, at the rate that was asked for."""
    about, frames = source.about, source.frames()
    if options.fps is None or clip.is_dir():
        return about, frames
    total = None if about.frames is None else round(about.frames * options.fps / about.rate)
    again = replace(about, time_base=1 / options.fps, rate=options.fps, frames=total)
    length = None if options.end is None else options.end - options.start
    return again, at_rate(frames, about, options.fps, length)


def _job(clip: Path, options: ClipOptions) -> dict[str, str]:
    """What must not change where a process goes on with what another has left."""
    state = clip.stat()
    return {
        "clip": str(clip.resolve()),
        "clip_bytes": "" if clip.is_dir() else str(state.st_size),
        **{key: str(getattr(options, key)) for key in ("start", "end", "fps", "crf", "blend")},
    }


def _sink(pieces: Pieces, target: Path, about: About, crf: float) -> Sink:
    if is_pattern(target) or not target.suffix:
        folder, name = (target.parent, target.name) if target.suffix else (target, "%05d.png")
        return FolderSink(pieces.folder / "frames", folder, about, name, pieces.frames)
    if target.suffix.lower() == GIF:
        return GifSink(pieces, target, about)
    return FileSink(pieces, target, about, crf)
