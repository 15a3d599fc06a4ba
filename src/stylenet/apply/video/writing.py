"""Writing clips, with the sound as it was."""

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

from stylenet.apply.video.clips import About, PaintedFrame, Source
from stylenet.apply.video.encoders import H264, Encoder, ProRes
from stylenet.apply.video.libraries import VideoError, in_words, place, pyav
from stylenet.apply.video.pieces import Pieces

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.packet import Packet
    from av.video.codeccontext import VideoCodecContext

FORMATS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska"}
CLEAR = ("mov", "matroska")  # formats of which players know transparency
_NUMBERS = ("pts", "duration", "key", "bytes")  # of each packet


class ContainerSink:
    """What writers of files have in common.

    Attributes:
        pieces: that there are.
        target: what errors call the file.
        about: the source.
        remarks: what the user should know, a line each.
    """

    def __init__(self, pieces: Pieces, target: Path, about: About) -> None:
        self.pieces = pieces
        self.target = target
        self.about = about
        self.remarks: list[str] = []

    @contextlib.contextmanager
    def errors(self) -> Iterator[None]:
        """What FFmpeg says while the file is written, in words."""
        with in_words(self.target, "written", "Free some space, or write elsewhere."):
            try:
                yield
            except ValueError as error:  # PyAV's, of a format that holds no such codec
                raise VideoError(
                    f"{self.target} cannot be written ({error}).", "Write a .mkv."
                ) from error


class FileSink(ContainerSink):
    """A file with the source's times and sound: H.264, or ProRes for transparent frames.

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
        super().__init__(pieces, target, about)
        self._format = FORMATS[target.suffix.lower()]
        self._opaque, self._clear = H264(about, crf), ProRes(about)
        self._check_built_in(self._opaque)
        self._encoder: Encoder = self._opaque
        self._coder: VideoCodecContext | None = None
        self._packets: list[Packet[Any]] = []
        self._shape = np.zeros(5, int)  # height, width, of a pixel both, and whether it is clear

    def write(self, painted: PaintedFrame) -> None:
        """Encode a frame."""
        with self.errors():
            if not self._shape.any():
                self._begin(painted)
            if self._coder is None:
                coder: Any = pyav().CodecContext.create(self._encoder.name, "w")
                self._coder = self._encoder.set_up(coder, self._shape[:4])
            frame = self._encoder.frame(painted)
            frame.pts, frame.duration = painted.frame.time, painted.frame.duration
            frame.time_base = self.about.time_base
            self._packets += self._coder.encode(frame)

    def end_piece(self) -> dict[str, NDArray[Any]]:
        """The piece's packets."""
        assert self._coder is not None
        with self.errors():
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
        shape = self.pieces.all_of("shape")[0]
        with self.errors():
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
        shown = self.pieces.all_of("pts")
        order, starts = np.sort(np.concatenate(shown)), np.cumsum([0, *map(len, shown)])
        late = max(
            int((np.arange(len(times)) - np.argsort(np.argsort(times))).max()) for times in shown
        )
        lead = order[min(late, len(order) - 1)] - order[0]
        decoded = np.concatenate([order[:late] - lead, order[: len(order) - late]])
        for piece, start in zip(self.pieces, starts[:-1], strict=True):
            data, begin = piece["data"].tobytes(), 0
            rows = np.stack([piece[name] for name in _NUMBERS], 1).tolist()
            for number, (time, duration, key, size) in enumerate(rows, start):
                packet = pyav().Packet(data[begin : begin + size])
                packet.pts, packet.dts = time, int(decoded[number])
                packet.duration, packet.is_keyframe = duration, bool(key)
                packet.time_base, packet.stream = self.about.time_base, stream
                begin += size
                yield packet

    def _begin(self, first: PaintedFrame) -> None:
        """Choose the encoder; let the format refuse, while little is painted, what it cannot hold.

        Where pieces were kept before, they say what the first frame was.
        """
        kept = self.pieces.all_of("shape")[:1]
        sides = (side + side % 2 for side in first.pixels.shape[:2])
        ratio, clear = first.frame.pixel_shape, first.frame.alpha is not None
        self._shape = kept[0] if kept else np.array([*sides, *ratio.as_integer_ratio(), clear])
        if self._shape[-1] and self._format in CLEAR:
            self._encoder = self._clear
            self._check_built_in(self._encoder)
        elif self._shape[-1]:
            self.remarks.append(f"{self.target}: transparency lies on white; .mov and .mkv keep it")
        with pyav().open(io.BytesIO(), "w", format=self._format) as output:
            self._streams(output, self._shape)
            output.start_encoding()

    def _check_built_in(self, encoder: Encoder) -> None:
        if encoder.name not in pyav().codecs_available:
            raise VideoError(
                f"{self.target} needs the encoder {encoder.name}, which is not built into this "
                "PyAV.",
                "Install PyAV from PyPI (pip install av), or write a .gif or frames "
                "(frames/%05d.png).",
            )

    def _streams(self, output: OutputContainer, shape: NDArray[Any]) -> tuple[Any, dict[int, Any]]:
        """The stream of the painting, and those of the sound by the source's numbers."""
        output.metadata.update(self.about.metadata)
        rate = self.about.rate.limit_denominator(1_000_000)
        encoder = self._clear if shape[-1] and self._format in CLEAR else self._opaque
        video: Any = output.add_stream(encoder.name, rate=rate)
        encoder.set_up(video.codec_context, shape[:4])
        return video, {s.index: output.add_stream_from_template(s) for s in self.about.sounds}


def _decoded_at(packet: Packet[Any]) -> Fraction:
    return (packet.dts or 0) * packet.time_base
