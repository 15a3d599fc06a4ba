"""Painting clips: read, painted, blended and written side by side."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from stylenet.apply.video import pieces as piecewise
from stylenet.apply.video.clips import About, Frame, PaintedFrame, Sink, Source
from stylenet.apply.video.folders import FolderSink
from stylenet.apply.video.frame_painter import FramePainter, Paint
from stylenet.apply.video.gif import GIF, GifSink
from stylenet.apply.video.libraries import VideoError
from stylenet.apply.video.opening import FEWEST, opened
from stylenet.apply.video.options import ClipOptions
from stylenet.apply.video.pieces import Pieces, growing
from stylenet.apply.video.targets import check_target, is_pattern
from stylenet.apply.video.threads import Behind, ahead
from stylenet.apply.video.timing import at_rate
from stylenet.apply.video.writing import FileSink
from stylenet.errors import StylenetError
from stylenet.files import expanded, replacing

log = logging.getLogger(__name__)

Progress: TypeAlias = Callable[[int, int | None], None]
"""Gets how many frames are painted, of how many; None where that is not known."""


class CancelledError(StylenetError):
    """The user asked for an end."""


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
        closing(opened(clip, options)) as source,
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
