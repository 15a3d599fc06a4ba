"""Clips for tests: frames that move, and files of them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image


def moving_scene(count: int, height: int = 48, width: int = 64) -> list[NDArray[np.uint8]]:
    """A smooth image of which the frames show a part that moves by two pixels each time."""
    random = np.random.default_rng(0)
    grey, colours = random.integers(30, 190, (7, 9, 1)), random.integers(0, 40, (7, 9, 3))
    coarse = (grey + colours).astype(np.uint8)  # colours are kept at half the size only
    size = (width + 2 * count, height)
    whole = np.asarray(Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC))
    return [whole[:, 2 * n : 2 * n + width] for n in range(count)]


def write_clip(
    file: Path,
    frames: Sequence[NDArray[np.uint8]] | None = None,
    times: Sequence[int] | None = None,
    *,
    sound: bool = False,
    turned: int = 0,
    coding: tuple[int, int] = (1, 1),
) -> Path:
    """A clip of H.264 whose frames are shown at ``times`` in ms, else at 25 a second.

    ``frames``: eight of `moving_scene` if None. ``turned``: how far players turn it, in degrees,
    counterclockwise. ``coding``: FFmpeg's numbers of matrix (1: BT.709, 6: BT.601) and range.
    """
    av = pytest.importorskip("av", reason="the extra video is not installed")
    pytest.importorskip("cv2", reason="the extra video is not installed")
    frames = moving_scene(8) if frames is None else frames
    times = [40 * n for n in range(len(frames))] if times is None else times
    file.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(file), "w", options={"movflags": "+faststart"}) as clip:
        video = clip.add_stream("libx264", rate=25, options={"crf": "10", "preset": "ultrafast"})
        video.height, video.width = frames[0].shape[:2]
        video.pix_fmt = "yuv420p"
        coder = video.codec_context
        coder.time_base = Fraction(1, 1000)
        coder.colorspace, coder.color_range = coding
        if turned:
            video.set_display_rotation(turned)
        if sound:
            track = clip.add_stream("aac", rate=8000, layout="mono")
            wave = (np.sin(np.arange(8 * times[-1]) / 9) * 9000).astype(np.int16)[None]
            tone = av.AudioFrame.from_ndarray(wave, format="s16", layout="mono")
            tone.rate, tone.pts, tone.time_base = 8000, 0, Fraction(1, 8000)
            clip.mux([*track.encode(tone), *track.encode()])
        for pixels, time_ in zip(frames, times, strict=True):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), "rgb24").reformat(
                format="yuv420p",
                dst_colorspace={1: 1, 6: 5}[coding[0]],  # swscale's numbers
                dst_color_range=coding[1],
                interpolation="BICUBIC",
            )
            frame.pts, frame.time_base = time_, Fraction(1, 1000)
            clip.mux(video.encode(frame))
        clip.mux(video.encode())
    return file
