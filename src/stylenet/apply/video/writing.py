"""Writing clips: H.264 with the sound as it was, and GIF."""

from __future__ import annotations

import contextlib
import heapq
import io
from collections.abc import Generator, Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stylenet.apply.video.clips import About, PaintedFrame, Pixels, Source
from stylenet.apply.video.libraries import VideoError, in_words, place, pyav
from stylenet.apply.video.pieces import Pieces

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.packet import Packet
    from av.video.codeccontext import VideoCodecContext

ENCODER = "libx264"
PRESET = "fast"
FORMATS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska"}
GIF = ".gif"
HUNDREDTHS = Fraction(1, 100)  # of a second, in which GIF counts
_NUMBERS = ("pts", "duration", "key", "bytes")  # of each packet


class _FileSink:
    """What writers of files have in common."""

    def __init__(self, pieces: Pieces, target: Path, about: About) -> None:
        self._pieces = pieces
        self._target = target
        self._about = about
        self.remarks: list[str] = []

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

    Odd sides are made even by one more row or column, the last one's copy. Each piece is encoded by
    itself, so that the file is the same whether it grew at one go or not.

    Args:
        pieces: that there are.
        target: what errors call it; of a suffix in `FORMATS`.
        about: the source.
        crf: x264's constant rate factor, from 0 (lossless) to 51.

    Raises:
        VideoError: the encoder is not built in.
    """

    def __init__(self, pieces: Pieces, target: Path, about: About, crf: float) -> None:
        if ENCODER not in pyav().codecs_available:
            raise VideoError(
                f"{target} is to be H.264, but the encoder {ENCODER} is not built into this PyAV.",
                "Install PyAV from PyPI (pip install av), or write a .gif or frames "
                "(frames/%05d.png).",
            )
        super().__init__(pieces, target, about)
        self._format = FORMATS[target.suffix.lower()]
        self._crf = crf
        self._coder: VideoCodecContext | None = None
        self._packets: list[Packet[Any]] = []
        self._shape = np.zeros(4, int)  # height, width, and of a pixel width and height
        self._checked = False

    def write(self, painted: PaintedFrame) -> None:
        """Encode a frame."""
        with self._errors():
            pixels = _even(painted.in_bytes())
            if self._coder is None:
                ratio = painted.frame.pixel_shape
                self._shape = np.array([*pixels.shape[:2], ratio.numerator, ratio.denominator])
                self._check()
                coder: Any = pyav().CodecContext.create(ENCODER, "w")
                self._coder = self._set_up(coder, self._shape)
            frame = self._about.coding.from_rgb(pixels)
            frame.pts, frame.duration = painted.frame.time, painted.frame.duration
            frame.time_base = self._about.time_base
            self._packets += self._coder.encode(frame)

    def end_piece(self) -> dict[str, NDArray[Any]]:
        """The piece's packets."""
        assert self._coder is not None
        with self._errors():
            packets = [*self._packets, *self._coder.encode(None)]
        self._coder, self._packets = None, []
        rows = [(p.pts, p.duration, p.is_keyframe, p.size) for p in packets]
        content = dict(zip(_NUMBERS, np.array(rows, np.int64).T, strict=True))
        data = np.frombuffer(b"".join(bytes(p) for p in packets), np.uint8)
        return {**content, "data": data, "shape": self._shape}

    def finish(self, part: Path, source: Source) -> None:
        """Write all packets and the sound, ordered by time, and the file's index."""
        options = {"fflags": "+bitexact"}  # else Matroska's files have random numbers
        if self._format in ("mp4", "mov"):
            options["movflags"] = "+faststart"
        shape = self._pieces.all_of("shape")[0]
        with self._errors():
            output = pyav().open(place(part), "w", format=self._format, options=options)
            with output:
                video, sounds = self._streams(output, shape)
                for packet in heapq.merge(self._video(video), source.sounds(), key=_decoded_at):
                    if packet.stream is not video:
                        packet.stream = sounds[packet.stream_index]
                    output.mux(packet)

    def _video(self, stream: Any) -> Generator[Packet[Any], None, None]:
        """The packets of all pieces, with the times at which they are to be decoded.

        Encoders of pieces know those of their own only. A packet must be decoded when it is shown,
        at the latest: as many packets before as any is out of order.
        """
        shown = self._pieces.all_of("pts")
        order, starts = np.sort(np.concatenate(shown)), np.cumsum([0, *map(len, shown)])
        late = max(
            int((np.arange(len(times)) - np.argsort(np.argsort(times))).max()) for times in shown
        )
        lead = order[min(late, len(order) - 1)] - order[0]
        decoded = np.concatenate([order[:late] - lead, order[: len(order) - late]])
        for piece, start in zip(self._pieces, starts[:-1], strict=True):
            data, begin = piece["data"].tobytes(), 0
            rows = np.stack([piece[name] for name in _NUMBERS], 1).tolist()
            for number, (time, duration, key, size) in enumerate(rows, start):
                packet = pyav().Packet(data[begin : begin + size])
                packet.pts, packet.dts = time, int(decoded[number])
                packet.duration, packet.is_keyframe = duration, bool(key)
                packet.time_base, packet.stream = self._about.time_base, stream
                begin += size
                yield packet

    def _check(self) -> None:
        """Let the format refuse, before anything is painted, what it cannot hold."""
        if not self._checked:
            with pyav().open(io.BytesIO(), "w", format=self._format) as output:
                self._streams(output, self._shape)
                output.start_encoding()
            self._checked = True

    def _streams(self, output: OutputContainer, shape: NDArray[Any]) -> tuple[Any, dict[int, Any]]:
        """The stream of the painting, and those of the sound by the source's numbers."""
        output.metadata.update(self._about.metadata)
        rate = self._about.rate.limit_denominator(1_000_000)
        video: Any = output.add_stream(ENCODER, rate=rate)
        self._set_up(video.codec_context, shape)
        return video, {s.index: output.add_stream_from_template(s) for s in self._about.sounds}

    def _set_up(self, coder: Any, shape: NDArray[Any]) -> VideoCodecContext:
        height, width, *ratio = (int(number) for number in shape)
        coding, flags = self._about.coding, pyav().codec.context.Flags
        coder.options = {"crf": f"{self._crf:g}", "preset": PRESET}
        coder.height, coder.width = height, width
        coder.pix_fmt = "yuv420p"
        coder.time_base = self._about.time_base
        coder.framerate = self._about.rate.limit_denominator(1_000_000)
        coder.flags |= flags.frame_duration | flags.global_header
        coder.colorspace, coder.color_range = coding.matrix, coding.range
        coder.color_trc, coder.color_primaries = coding.transfer, coding.primaries
        coder.sample_aspect_ratio = Fraction(*ratio)
        found: VideoCodecContext = coder
        return found


class GifSink(_FileSink):
    """An animated GIF, with a palette of its own for each frame.

    Its pieces are the frames themselves: GIF codes what changes between frames.

    Args:
        pieces: that there are.
        target: what errors call it.
        about: the source.
    """

    def __init__(self, pieces: Pieces, target: Path, about: About) -> None:
        super().__init__(pieces, target, about)
        if about.sounds:
            self.remarks.append(f"{target}: GIF has no sound, which is left out")
        self._frames: list[Pixels] = []
        self._times: list[int] = []

    def write(self, painted: PaintedFrame) -> None:
        """Keep a frame."""
        self._frames.append(painted.in_bytes())
        self._times.append(painted.frame.time)

    def end_piece(self) -> dict[str, NDArray[Any]]:
        """The piece's frames and their times."""
        content = {f"{number:05d}": pixels for number, pixels in enumerate(self._frames)}
        times = np.array(self._times, np.int64)
        self._frames, self._times = [], []
        return {**content, "times": times}

    def finish(self, part: Path, source: Source) -> None:
        """Encode all frames."""
        del source
        time = -1
        graph: Any = None
        with self._errors(), pyav().open(place(part), "w", format="gif") as output:
            for piece in self._pieces:
                for number, own in enumerate(piece["times"]):
                    pixels = piece[f"{number:05d}"]
                    if graph is None:
                        graph, video = self._open(output, *pixels.shape[:2])
                    frame = pyav().VideoFrame.from_ndarray(pixels, "rgb24")
                    seconds = int(own) * self._about.time_base
                    time = max(time + 1, round(seconds / HUNDREDTHS))
                    frame.pts, frame.time_base = time, HUNDREDTHS
                    graph.push(frame)
                    self._encode(output, graph, video)
            graph.push(None)
            self._encode(output, graph, video)
            output.mux(video.encode())

    @staticmethod
    def _encode(output: OutputContainer, graph: Any, video: Any) -> None:
        av = pyav()
        with contextlib.suppress(av.error.BlockingIOError, av.error.EOFError):
            while True:
                output.mux(video.encode(graph.pull()))

    def _open(self, output: OutputContainer, height: int, width: int) -> tuple[Any, Any]:
        rate = min(self._about.rate, 1 / HUNDREDTHS).limit_denominator(1000)
        video: Any = output.add_stream("gif", rate=rate)
        coder = video.codec_context
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
        return graph, video


def _decoded_at(packet: Packet[Any]) -> Fraction:
    return (packet.dts or 0) * packet.time_base


def _even(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    if height % 2 == width % 2 == 0:
        return pixels
    return np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
