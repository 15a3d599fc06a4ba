"""Writing clips: H.264 with the sound as it was, and GIF."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stylenet.apply.video.clips import About, Frame, Sound
from stylenet.apply.video.libraries import VideoError, in_words, place, pyav

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.video.stream import VideoStream

ENCODER = "libx264"
PRESET = "fast"
FORMATS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska"}
GIF = ".gif"
HUNDREDTHS = Fraction(1, 100)  # of a second, in which GIF counts


@dataclass(frozen=True)
class PaintedFrame:
    """A frame and what was painted of it, (H,W,3) in [0,1]."""

    pixels: NDArray[np.float32]
    frame: Frame

    def in_bytes(self) -> NDArray[np.uint8]:
        """The nearest of 256 values a channel."""
        found: NDArray[np.uint8] = np.rint(np.clip(self.pixels, 0, 1) * 255).astype(np.uint8)
        return found


class _FileSink:
    """What writers of files have in common: the container, opened by the first frame."""

    def __init__(self, part: Path, target: Path, about: About, kind: str) -> None:
        self._target = target
        self._about = about
        self.remarks: list[str] = []
        part.touch()  # what cannot be written is said before anything is painted
        options = {"movflags": "+faststart"} if kind in ("mp4", "mov") else {}
        with self._errors():
            self._container: OutputContainer = pyav().open(
                place(part), "w", format=kind, options=options
            )

    def close(self) -> None:
        """Close the file."""
        with contextlib.suppress(pyav().FFmpegError):  # what it had to say was said by ``write``
            self._container.close()

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        with in_words(self._target, "written", "Free some space, or write elsewhere."):
            try:
                yield
            except ValueError as error:  # PyAV's, of a format that holds no such codec
                raise VideoError(
                    f"{self._target} cannot be written ({error}).", "Write a .mkv."
                ) from error


class FileSink(_FileSink):
    """An H.264 file: yuv420p, its colours coded as in the source, times and sound as there.

    Odd sides are made even by one more row or column, the last one's copy.

    Args:
        part: where it is written.
        target: what errors call it; of a suffix in `FORMATS`.
        about: the source.
        crf: x264's constant rate factor, from 0 (lossless) to 51.

    Raises:
        VideoError: the encoder is not built in, or the file cannot be written.
    """

    def __init__(self, part: Path, target: Path, about: About, crf: float) -> None:
        if ENCODER not in pyav().codecs_available:
            raise VideoError(
                f"{target} is to be H.264, but the encoder {ENCODER} is not built into this PyAV.",
                "Install PyAV from PyPI (pip install av), or write a .gif or frames "
                "(frames/%05d.png).",
            )
        super().__init__(part, target, about, FORMATS[target.suffix.lower()])
        self._crf = crf
        self._video: VideoStream | None = None
        self._waiting: list[Sound] = []
        with self._errors():
            self._container.metadata.update(about.metadata)

    def write(self, item: PaintedFrame | Sound) -> None:
        """Encode a frame, or copy a packet of sound."""
        with self._errors():
            if isinstance(item, Sound):
                self._waiting.append(item)
            else:
                pixels = _even(item.in_bytes())
                if self._video is None:
                    self._video = self._open(pixels, item.frame)
                frame = self._about.coding.from_rgb(pixels)
                frame.pts, frame.duration = item.frame.time, item.frame.duration
                frame.time_base = self._about.time_base
                self._container.mux(self._video.encode(frame))
            if self._video is not None:
                for sound in self._waiting:
                    sound.packet.stream = self._sounds[sound.packet.stream_index]
                    self._container.mux(sound.packet)
                self._waiting.clear()

    def finish(self) -> None:
        """Write what the encoder still has, and the file's index."""
        with self._errors():
            if self._video is not None:
                self._container.mux(self._video.encode())
            self._container.close()

    def _open(self, pixels: NDArray[np.uint8], first: Frame) -> VideoStream:
        rate = self._about.rate.limit_denominator(1_000_000)
        video: Any = self._container.add_stream(
            ENCODER, rate=rate, options={"crf": f"{self._crf:g}", "preset": PRESET}
        )
        coder, coding = video.codec_context, self._about.coding
        coder.height, coder.width = pixels.shape[:2]
        coder.pix_fmt = "yuv420p"
        coder.time_base = self._about.time_base
        coder.flags |= pyav().codec.context.Flags.frame_duration
        coder.colorspace, coder.color_range = coding.matrix, coding.range
        coder.color_trc, coder.color_primaries = coding.transfer, coding.primaries
        coder.sample_aspect_ratio = first.pixel_shape
        self._sounds = {
            s.index: self._container.add_stream_from_template(s) for s in self._about.sounds
        }
        opened: VideoStream = video
        return opened


class GifSink(_FileSink):
    """An animated GIF, with a palette of its own for each frame.

    Args:
        part: where it is written.
        target: what errors call it.
        about: the source.

    Raises:
        VideoError: it cannot be written.
    """

    def __init__(self, part: Path, target: Path, about: About) -> None:
        super().__init__(part, target, about, "gif")
        if about.sounds:
            self.remarks.append(f"{target}: GIF has no sound, which is left out")
        self._graph: Any = None
        self._time = -1

    def write(self, item: PaintedFrame | Sound) -> None:
        """Encode a frame; sound is left out."""
        if isinstance(item, Sound):
            return
        pixels = item.in_bytes()
        with self._errors():
            if self._graph is None:
                self._open(*pixels.shape[:2])
            frame = pyav().VideoFrame.from_ndarray(pixels, "rgb24")
            seconds = item.frame.time * self._about.time_base
            self._time = max(self._time + 1, round(seconds / HUNDREDTHS))
            frame.pts, frame.time_base = self._time, HUNDREDTHS
            self._graph.push(frame)
            self._encode()

    def finish(self) -> None:
        """Write what the encoder still has."""
        with self._errors():
            if self._graph is not None:
                self._graph.push(None)
                self._encode()
                self._container.mux(self._video.encode())
            self._container.close()

    def _encode(self) -> None:
        av = pyav()
        with contextlib.suppress(av.error.BlockingIOError, av.error.EOFError):
            while True:
                coloured = self._graph.pull()
                self._container.mux(self._video.encode(coloured))

    def _open(self, height: int, width: int) -> None:
        rate = min(self._about.rate, 1 / HUNDREDTHS).limit_denominator(1000)
        self._video: Any = self._container.add_stream("gif", rate=rate)
        coder = self._video.codec_context
        coder.height, coder.width, coder.pix_fmt = height, width, "pal8"
        coder.time_base = HUNDREDTHS
        graph = pyav().filter.Graph()
        start = graph.add_buffer(width=width, height=height, format="rgb24", time_base=HUNDREDTHS)
        both = graph.add("split")
        palette = graph.add("palettegen", "stats_mode=single:reserve_transparent=0")
        use = graph.add("paletteuse", "new=1:dither=bayer:bayer_scale=4")
        end = graph.add("buffersink")
        start.link_to(both)
        both.link_to(use, 0, 0)
        both.link_to(palette, 1, 0)
        palette.link_to(use, 0, 1)
        use.link_to(end)
        graph.configure()
        self._graph = graph


def _even(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    if height % 2 == width % 2 == 0:
        return pixels
    return np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
