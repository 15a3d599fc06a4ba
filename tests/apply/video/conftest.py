"""Small clips: made by PyAV, with sound, variable frame rate, rotation, odd sides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

av = pytest.importorskip("av", reason="the extra video is not installed")
pytest.importorskip("cv2", reason="the extra video is not installed")

UNEVEN = [0, 40, 90, 100, 240, 280, 300, 410]  # thousandths of a second


def scene(count: int, height: int = 48, width: int = 64) -> list[NDArray[np.uint8]]:
    """A smooth image of which the frames show a part that moves by two pixels each time."""
    import cv2

    random = np.random.default_rng(0)
    coarse = random.integers(0, 256, (7, 9, 3), dtype=np.uint8)
    size = (width + 2 * count, height)
    whole = cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
    return [whole[:, 2 * n : 2 * n + width] for n in range(count)]


def tone(seconds: float, rate: int = 8000) -> Any:
    steps = np.arange(int(seconds * rate))
    wave = (np.sin(steps / 9) * 9000).astype(np.int16)[None]
    frame = av.AudioFrame.from_ndarray(wave, format="s16", layout="mono")
    frame.rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
    return frame


def write_clip(
    file: Path,
    frames: Sequence[NDArray[np.uint8]],
    times: Sequence[int] | None = None,
    *,
    sound: bool = False,
    turned: int = 0,
    codec: str = "libx264",
    kind: str = "yuv420p",
    coding: tuple[int, int] = (1, 1),
    options: dict[str, str] | None = None,
) -> Path:
    """A clip whose frames are shown at ``times`` in thousandths of a second, else at 25 a second.

    ``turned``: how far players turn it, in degrees, counterclockwise. ``coding``: FFmpeg's numbers
    of matrix and range.
    """
    times = [40 * n for n in range(len(frames))] if times is None else times
    with av.open(str(file), "w", options={"movflags": "+faststart"}) as clip:
        video = clip.add_stream(codec, rate=25, options=options or {"crf": "10"})
        video.height, video.width = frames[0].shape[:2] if len(frames) else (48, 64)
        video.pix_fmt = kind
        coder = video.codec_context
        coder.time_base = Fraction(1, 1000)
        coder.colorspace, coder.color_range = coding
        if turned:
            video.set_display_rotation(turned)
        track = clip.add_stream("aac", rate=8000, layout="mono") if sound else None
        if track is not None:
            clip.mux([p for p in track.encode(tone(times[-1] / 1000)) + track.encode() if p])
        for pixels, time in zip(frames, times, strict=True):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), "rgb24")
            frame = frame.reformat(
                format=kind,
                dst_colorspace={1: 1, 6: 5}[coding[0]],
                dst_color_range=coding[1],
                interpolation="BICUBIC",
            )
            frame.pts, frame.time_base = time, Fraction(1, 1000)
            clip.mux(video.encode(frame))
        clip.mux(video.encode())
    return file


def read_clip(file: Path) -> tuple[list[NDArray[np.uint8]], list[Fraction]]:
    """The frames of a clip and the seconds at which they are shown, as FFmpeg has both."""
    frames, times = [], []
    with av.open(str(file)) as clip:
        for frame in clip.decode(video=0):
            frames.append(frame.to_ndarray(format="rgb24"))
            times.append(frame.pts * frame.time_base)
    return frames, times


def sound_of(file: Path) -> list[tuple[bytes, Fraction]]:
    """The packets of sound, with the seconds at which they begin."""
    with av.open(str(file)) as clip:
        packets = clip.demux(audio=0)
        return [(bytes(p), p.pts * p.time_base) for p in packets if p.dts is not None]


@pytest.fixture
def clip(tmp_path: Path) -> Callable[..., Path]:
    """``clip("a.mp4", frames, ...)``: see `write_clip`; eight frames of `scene` if left out."""

    def make(name: str, frames: Any = None, *more: Any, **options: Any) -> Path:
        return write_clip(tmp_path / name, scene(8) if frames is None else frames, *more, **options)

    return make
