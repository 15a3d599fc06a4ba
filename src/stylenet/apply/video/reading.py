"""Reading clips: any container and codec that FFmpeg reads."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Generator, Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stylenet.apply.video.clips import About, Frame
from stylenet.apply.video.colours import coding_of
from stylenet.apply.video.libraries import VideoError, in_words, place, pyav

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame

MICROSECONDS = 1_000_000
_OF_THE_FILE = {"major_brand", "minor_version", "compatible_brands", "encoder"}
_MISSING = Fraction(1, 5)  # seconds of a clip's end, from which on it counts as truncated


class FileSource:
    """A video file, or a part of it.

    Args:
        file: where it is.
        start: seconds into the clip, of the first frame that is wanted.
        end: seconds into the clip, of the first frame that is not; None: all there are.

    Raises:
        VideoError: no video, a file that cannot be read, a codec that is not built in.
    """

    def __init__(
        self, file: Path, start: Fraction = Fraction(0), end: Fraction | None = None
    ) -> None:
        if not file.exists():
            raise VideoError(f"There is no file {file} (looked from {Path.cwd()}).", "Check it.")
        self.remarks: list[str] = []
        self._clear: bool | None = None
        with self._errors(file):
            self._container = pyav().open(place(file), "r")
        try:
            self._video = self._find_video(file)
            self.about = self._read_about(file, start, end)
        except BaseException:
            self.close()
            raise
        base = self.about.time_base
        origin = max(Fraction(self._container.start_time or 0, MICROSECONDS), Fraction(0))
        # whole ticks, so that times stay exact
        self._skipped = round(origin / base) + math.ceil(start / base)
        self._end = None if end is None else end - start
        self._seeks = origin + start if start else None

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def frames(self) -> Generator[Frame, None, None]:
        """Frames in the order of their times."""
        self._seek(self._container)
        self._lost, self._last = 0, None
        for packet in self._packets():
            for frame in self._decoded(packet):
                if self._end is not None and frame.time * self.about.time_base >= self._end:
                    self._remark(whole=False)
                    return
                if frame.time >= 0 or not self._seeks:
                    self._last = frame
                    yield frame
        self._remark(whole=True)

    def sounds(self) -> Generator[Packet[Any], None, None]:
        """Packets of sound, of a file that is opened once more."""
        if not self.about.sounds:
            return
        with self._errors(self.about.file), pyav().open(place(self.about.file), "r") as again:
            self._seek(again)
            streams = [again.streams[stream.index] for stream in self.about.sounds]
            ended: set[int] = set()
            # of a truncated file, the sound that there is
            with contextlib.suppress(pyav().FFmpegError):
                for packet in again.demux(*streams):
                    if packet.dts is None:
                        continue
                    begins, ends = self._shift(packet)
                    if self._end is not None and begins >= self._end:
                        ended.add(packet.stream_index)
                        if len(ended) == len(streams):
                            return
                    elif ends > 0 or not self._seeks:
                        yield packet

    def _seek(self, container: InputContainer) -> None:
        if self._seeks is not None:
            with contextlib.suppress(pyav().FFmpegError):  # else it is read from its start
                container.seek(int(self._seeks * MICROSECONDS))

    def _packets(self) -> Iterator[Packet[Any]]:
        packets = self._container.demux(self._video)
        try:
            yield from packets
        except pyav().FFmpegError as error:
            self.remarks.append(
                f"{self.about.file} cannot be read to its end ({error.strerror}): the frames that "
                "there are are painted"
            )

    def _decoded(self, packet: Packet[Any]) -> Iterator[Frame]:
        if packet.is_corrupt:
            self._lost += 1
            return
        try:
            for frame in packet.decode():
                yield self._upright(frame)
        except pyav().FFmpegError:
            self._lost += 1

    def _upright(self, frame: VideoFrame) -> Frame:
        base = self.about.time_base
        last = self._last
        step = round(1 / (self.about.rate * base))
        if frame.pts is None:
            time = 0 if last is None else last.time + (last.duration or step)
        else:
            own = frame.time_base or base
            time = round(frame.pts * own / base) - self._skipped
            if last is not None:
                time = max(time, last.time + 1)
        turns = round(frame.rotation / 90) % 4
        if self._clear is None:
            self._clear = self._is_clear(frame)
        flat, opaque = self.about.coding.to_rgb(frame, self._clear)
        pixels, alpha = np.rot90(flat, turns), None if opaque is None else np.rot90(opaque, turns)
        shape = self._video.sample_aspect_ratio or Fraction(1)
        duration = round((frame.duration or 0) * (frame.time_base or base) / base)
        return Frame(
            pixels, time, duration, alpha=alpha, pixel_shape=1 / shape if turns % 2 else shape
        )

    def _is_clear(self, first: VideoFrame) -> bool:
        """Whether frames are transparent; a GIF's format says so of all, its first frame knows."""
        if not any(component.is_alpha for component in first.format.components):
            return False
        alpha = self.about.coding.to_rgb(first, clear=True)[1]
        return self._video.codec_context.name != "gif" or (alpha is not None and alpha.min() < 255)

    def _shift(self, packet: Packet[Any]) -> tuple[Fraction, Fraction]:
        """Let the packet's times begin where the frames do; seconds from where to where it is."""
        own = packet.time_base
        shift = round(self._skipped * self.about.time_base / own)
        packet.dts = (packet.dts or 0) - shift
        packet.pts = packet.dts if packet.pts is None else packet.pts - shift
        return packet.pts * own, (packet.pts + (packet.duration or 0)) * own

    def _find_video(self, file: Path) -> Any:
        streams = self._container.streams
        cover = pyav().stream.Disposition.attached_pic  # of a song
        videos = [s for s in streams.video if not s.disposition & cover]
        if not videos:
            kinds = "sound, and no video" if streams.audio else "no video"
            raise VideoError(f"{file} has {kinds}.", "Name a clip, an animation or frames.")
        video = videos[0]
        if video.codec_context is None or not video.codec_context.codec.is_decoder:
            raise VideoError(
                f"The codec of {file} is not built into this PyAV.",
                "Install PyAV from PyPI (pip install av), or convert the clip to H.264.",
            )
        video.thread_type = "AUTO"
        return video

    def _read_about(self, file: Path, start: Fraction, end: Fraction | None) -> About:
        video = self._video
        if video.codec_context.format is None or not video.codec_context.width:
            raise VideoError(f"{file} holds no frame that can be read.", "Check it with a player.")
        left = [s.type for s in self._container.streams if s.type in ("subtitle", "data")]
        if "subtitle" in left:
            self.remarks.append(f"{file}: subtitles are left out")
        rate = video.average_rate or video.guessed_rate or Fraction(25)
        seconds = self._seconds()
        frames = video.frames or (round(seconds * rate) if seconds else None)
        if start or end is not None:
            last = min(x for x in (end, seconds) if x is not None) if end or seconds else None
            frames = None if last is None else max(0, round((last - start) * rate))
        return About(
            file,
            video.time_base or 1 / rate,
            rate,
            frames,
            tuple(self._container.streams.audio),
            coding_of(video.codec_context),
            {k: v for k, v in self._container.metadata.items() if k not in _OF_THE_FILE},
        )

    def _seconds(self) -> Fraction | None:
        """How long the video is, as its file says."""
        video = self._video
        if video.duration is not None and video.time_base:
            return Fraction(video.duration * video.time_base)
        told = video.metadata.get("DURATION")  # as Matroska has it: 00:00:10.010000000
        if told:
            hours, minutes, seconds = told.split(":")
            return 3600 * Fraction(hours) + 60 * Fraction(minutes) + Fraction(seconds)
        return None

    def _remark(self, whole: bool) -> None:
        """Say what is not as the file says."""
        if self._lost:
            self.remarks.append(
                f"{self.about.file}: {self._lost} pieces of it cannot be decoded and are left out"
            )
        seconds = self._seconds()
        if not whole or seconds is None or self._last is None or self.remarks:
            return
        last, base = self._last, self.about.time_base
        come = (last.time + self._skipped + (last.duration or 1)) * base
        start = (self._video.start_time or 0) * base
        if start + seconds - come > _MISSING:
            self.remarks.append(
                f"{self.about.file} is truncated: of {float(seconds):.2f} s "
                f"{float(come - start):.2f} s are there, which are painted"
            )

    @staticmethod
    def _errors(file: Path) -> contextlib.AbstractContextManager[None]:
        return in_words(file, "read as a video", "Check it with a player; name a clip.")
