"""What each stage of painting a clip takes: ``python benchmarks/video_stages.py``.

Milliseconds of the processor a frame, one thread, so that other work on the machine does not
count: reading, conversions, flow and blending, and H.264 by x264's presets, whose files' bytes a
frame stand beside. The net is not among them: `benchmarks/video.py`.
"""

from __future__ import annotations

import argparse
import io
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from backends import processor
from side_by_side import report
from video import make_clip, pictures

from stylenet.apply.video import FlowBlend
from stylenet.apply.video.clips import Frame, PaintedFrame
from stylenet.apply.video.colours import TELEVISION
from stylenet.apply.video.encoders import PRESET
from stylenet.apply.video.frame_painter import tensor_of

ROOT = Path(__file__).parents[1]
PRESETS = ("fast", "veryfast", "superfast", "ultrafast")


def decoded(file: Path) -> list[Any]:
    """The frames of a clip, in one thread."""
    import av

    with av.open(str(file)) as clip:
        clip.streams.video[0].thread_count = 1
        return list(clip.decode(video=0))


def encoded(frames: list[Any], preset: str) -> int:
    """Bytes of ``frames`` by x264, in one thread."""
    import av

    with av.open(io.BytesIO(), "w", format="mp4") as clip:
        video = clip.add_stream("libx264", rate=25, options={"crf": "18", "preset": preset})
        video.height, video.width = frames[0].height, frames[0].width
        video.pix_fmt, video.codec_context.thread_count = "yuv420p", 1
        size = 0
        for number, frame in enumerate(frames):
            frame.pts, frame.time_base = number, Fraction(1, 25)
            size += sum(packet.size for packet in video.encode(frame))
        return size + sum(packet.size for packet in video.encode())


def main() -> None:
    """Time all stages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--px", type=int, default=512)
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/video_stages.csv")
    given = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    shown = [np.ascontiguousarray(pixels) for pixels in pictures(given.px, given.frames)]
    coded = [TELEVISION.from_rgb(pixels, "yuv420p") for pixels in shown]
    frames = [Frame(pixels, number) for number, pixels in enumerate(shown)]
    tensors = [tensor_of(frame).contiguous() for frame in frames]
    painted = [
        PaintedFrame(cv2.merge(list(t.numpy())), f) for t, f in zip(tensors, frames, strict=True)
    ]
    blend, count = FlowBlend(), len(frames)
    motions = [blend.motion(shown[n - 1], shown[n]) for n in range(1, count)]
    rows = []

    def clock(name: str, work: Callable[[], object]) -> None:
        begun = time.process_time()
        found = work()
        took = 1000 * (time.process_time() - begun) / count
        rows.append(
            {
                "stage": name,
                "px": str(given.px),
                "processor_ms_a_frame": f"{took:.2f}",
                "bytes_a_frame": str(round(found / count)) if isinstance(found, int) else "",
                "processor": processor(),
            }
        )

    def stage(name: str, work: Callable[[int], object]) -> None:
        work(1)

        def each() -> None:
            for number in range(count):  # nothing is kept: fresh memory would be timed, too
                work(number)

        clock(name, each)

    def blended(number: int) -> None:
        motion = motions[max(0, number - 1)]
        if motion is not None:
            blend(painted[number].pixels, painted[number - 1].pixels, motion)

    with tempfile.TemporaryDirectory() as folder:
        clip = make_clip(Path(folder) / "given.mp4", shown, count)
        clock("decode", lambda: decoded(clip))
    stage("to RGB", lambda n: TELEVISION.to_rgb(coded[n], clear=False))
    stage("to a tensor", lambda n: tensor_of(frames[n]).contiguous())
    stage("from a tensor", lambda n: cv2.merge(list(tensors[n].numpy())))
    stage("flow", lambda n: blend.motion(shown[max(1, n) - 1], shown[max(1, n)]))
    stage("blending", blended)
    stage("to bytes", lambda n: painted[n].in_bytes())
    stage("from RGB", lambda n: TELEVISION.from_rgb(shown[n], "yuv420p"))
    for preset in PRESETS:
        name = f"x264 {preset}" + (", the one used" if preset == PRESET else "")
        clock(name, lambda preset=preset: encoded(coded, preset))
    report(rows, given.out)


if __name__ == "__main__":
    main()
