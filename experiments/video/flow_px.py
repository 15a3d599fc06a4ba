"""At which size flow is found well enough: ``flow_px.py OUT``, after ``measure.py OUT``.

The frames that lie in OUT are blended anew, by flow of fewer pixels. ``flow_px.csv``: warping
error beside the processor's time that flow and blending of a frame take.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from measure import frames_of
from numpy.typing import NDArray
from torch import Tensor

from stylenet.apply.video import FlowBlend, blending
from stylenet.files import write_csv
from stylenet.metrics import warping_errors
from stylenet.motion import one_threaded

HERE = Path(__file__).parent
SIDES = (512, 384, 320, 256, 192)


def pixels(frame: Tensor) -> NDArray[np.float32]:
    """(H,W,3)."""
    return np.ascontiguousarray(frame.permute(1, 2, 0).numpy())


def blended(original: list[Tensor], once: list[Tensor], px: int) -> tuple[list[Tensor], float]:
    """``once`` blended along the flow of ``original``, and milliseconds a frame."""
    blending.FLOW_PX = px
    blend = FlowBlend()
    shown = [(255 * pixels(frame)).round().astype(np.uint8) for frame in original]
    painted = [pixels(frame) for frame in once]
    begun = time.process_time()
    found = painted[:1]
    for number in range(1, len(painted)):
        motion = blend.motion(shown[number - 1], shown[number])
        own = painted[number]
        found.append(own if motion is None else blend(own, found[-1], motion))
    took = 1000 * (time.process_time() - begun) / (len(painted) - 1)
    return [torch.from_numpy(frame).permute(2, 0, 1) for frame in found], took


def main() -> None:
    """Blend and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--clips", nargs="+", default=["sintel", "fox"])
    parser.add_argument("--painting", default="wave")
    parser.add_argument("--results", type=Path, default=HERE / "flow_px.csv")
    options = parser.parse_args()
    rows = []
    for clip in options.clips:
        original = frames_of(options.out / clip / "original")
        once = frames_of(options.out / clip / options.painting / "frame_by_frame")
        ways: dict[str, list[Tensor]] = {"frame by frame": once}
        took = {"frame by frame": 0.0}
        with one_threaded():
            for px in SIDES:
                ways[str(px)], took[str(px)] = blended(original, once, px)
        errors = warping_errors(original, ways, 1)
        rows += [
            {
                "clip": clip,
                "flow_px": way,
                "warp_1": f"{error:.4f}",
                "processor_ms_a_frame": f"{took[way]:.1f}",
            }
            for way, error in errors.items()
        ]
    write_csv(options.results, rows)


if __name__ == "__main__":
    main()
