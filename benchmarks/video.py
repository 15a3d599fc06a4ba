"""Frames a second of painted clips beside the net's own: ``python benchmarks/video.py``.

A clip made here is painted whole (`stylenet.apply.video.paint_clip`: read, flow, net, blending,
encoding side by side), frame by frame and blended; beside it the net alone paints as many frames
that lie in memory. They take turns in one process; the table has medians over the turns. Of the
clip as a whole it also has the largest memory in its first tenth and in its last. Weights are
random.

Where all cores are busy anyway, what counts is the processor's time, of all threads: so it is
there, too.

``python benchmarks/video.py --px 64 --frames 10000 --rounds 1 --widths 0.125`` tests the memory.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from backends import processor
from side_by_side import report

from stylenet.apply import Model, Stylizer
from stylenet.apply.backends import Backend, Eager, OnnxRuntime, OpenVino, fastest
from stylenet.apply.video import ClipOptions, FlowBlend, paint_clip
from stylenet.nets import InstanceNorm, NearestUpsample, Padding, TransformerNet
from stylenet.runners.speed import tune_allocator

ROOT = Path(__file__).parents[1]
BACKENDS: dict[str, Callable[[], Backend]] = {
    "eager": Eager,
    "onnxruntime": OnnxRuntime,
    "openvino": OpenVino,
    "openvino_bf16": lambda: OpenVino(precision="bf16"),
}
BLENDS = {"frame by frame": None, "blended": FlowBlend()}


def pictures(px: int, count: int) -> list[np.ndarray]:
    """A walk over a photograph: frames (px,px,3) that come again after ``count``."""
    import cv2
    from skimage.data import astronaut

    whole = cv2.resize(astronaut(), (px + 3 * count, px + 2 * count))
    return [whole[2 * n : 2 * n + px, 3 * n : 3 * n + px] for n in range(count)]


def make_clip(file: Path, frames: list[np.ndarray], length: int) -> Path:
    """A clip of ``length`` frames: forth and back over ``frames``."""
    import av

    with av.open(str(file), "w") as clip:
        video = clip.add_stream("libx264", rate=25, options={"preset": "ultrafast", "crf": "18"})
        video.height, video.width = frames[0].shape[:2]
        video.pix_fmt = "yuv420p"
        for number in range(length):
            at = number % (2 * len(frames) - 2)
            pixels = frames[min(at, 2 * len(frames) - 2 - at)]
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), "rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            clip.mux(video.encode(frame))
        clip.mux(video.encode())
    return file


class Took(NamedTuple):
    """Seconds on the clock, and of the processor in all threads."""

    clock: float
    processor: float


def timed(work: Callable[[], object]) -> Took:
    """What ``work`` takes."""
    clock, busy = time.perf_counter(), time.process_time()
    work()
    return Took(time.perf_counter() - clock, time.process_time() - busy)


def net_alone(stylizer: Stylizer, frames: list[np.ndarray], length: int) -> Took:
    """How long the net paints ``length`` frames, each the tensor that it takes."""
    images = [
        torch.from_numpy(np.ascontiguousarray(f)).permute(2, 0, 1).float().div(255) for f in frames
    ]

    def work() -> None:
        for number in range(length):
            stylizer(images[number % len(images)])

    return timed(work)


def medians(turns: list[Took]) -> Took:
    """Of either."""
    return Took(*map(statistics.median, zip(*turns, strict=True)))


def memory() -> float:
    """MiB that this process has in memory; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * 4096 / 2**20


def whole(
    stylizer: Stylizer, clip: Path, target: Path, blend: FlowBlend | None
) -> tuple[Took, tuple[float, float]]:
    """How long the clip takes, and its largest memory in the first tenth and in the last."""
    found: list[float] = []
    options = ClipOptions(blend=blend, overwrite=True)

    def work() -> None:
        paint_clip(clip, target, stylizer, options, progress=lambda *_: found.append(memory()))

    took = timed(work)
    tenth = max(1, len(found) // 10)
    return took, (max(found[:tenth]), max(found[-tenth:]))


def stylizer_of(width: float, backend: Backend) -> Stylizer:
    """A net of random weights."""
    torch.manual_seed(0)
    net = TransformerNet(InstanceNorm, Padding(0, "reflect", 1), NearestUpsample, width).eval()
    net = net.requires_grad_(False).to(memory_format=torch.channels_last)
    return Stylizer(Model(net, Path("random"), {}), "cpu", backend=backend)


def main() -> None:
    """Run all and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--px", type=int, default=512)
    parser.add_argument("--frames", type=int, default=100)
    parser.add_argument("--widths", type=float, nargs="+", default=[0.25, 0.5])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--backend", choices=["fastest", *BACKENDS], default="fastest")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/video.csv")
    given = parser.parse_args()
    tune_allocator()
    by_itself = fastest(torch.device("cpu"), given.frames)
    backend = by_itself if given.backend == "fastest" else BACKENDS[given.backend]()
    frames = pictures(given.px, 20)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        clip = make_clip(Path(folder) / "given.mp4", frames, given.frames)
        for width in given.widths:
            stylizer = stylizer_of(width, backend)
            took: dict[str, list[Took]] = {name: [] for name in ("net alone", *BLENDS)}
            spaces: dict[str, tuple[float, float]] = {}
            net_alone(stylizer, frames, 3)  # whatever is prepared, is
            for _ in range(given.rounds):
                took["net alone"].append(net_alone(stylizer, frames, given.frames))
                for name, blend in BLENDS.items():
                    one, spaces[name] = whole(stylizer, clip, Path(folder) / "out.mp4", blend)
                    took[name].append(one)
            alone = medians(took["net alone"])
            for name, turns in took.items():
                own = medians(turns)
                first, last = spaces.get(name, (0.0, 0.0))
                rows.append(
                    {
                        "what": name,
                        "px": str(given.px),
                        "width": f"{width:g}",
                        "frames": str(given.frames),
                        "frames_a_second": f"{given.frames / own.clock:.2f}",
                        "of_the_net": f"{alone.clock / own.clock:.2f}",
                        "processor_ms_a_frame": f"{1000 * own.processor / given.frames:.1f}",
                        "net_of_processor": f"{alone.processor / own.processor:.2f}",
                        "MiB_first_tenth": f"{first:.0f}" if first else "",
                        "MiB_last_tenth": f"{last:.0f}" if last else "",
                        "backend": given.backend,
                        "threads": str(torch.get_num_threads()),
                        "processor": processor(),
                    }
                )
    report(rows, given.out)


if __name__ == "__main__":
    main()
