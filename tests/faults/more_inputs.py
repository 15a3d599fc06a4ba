"""Sound inputs of the command line: a clip, and a checkpoint as another repository writes it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from outcomes import SkippedError
from torch import Tensor


def write_clip(file: Path, frames: int = 12) -> Path:
    """A clip of H.264, 64 x 48."""
    try:
        import av
        import cv2  # noqa: F401 -- what paints clips needs it
    except ImportError as error:
        raise SkippedError(f"the extra video is not installed ({error})") from error
    chance = np.random.default_rng(0)
    scene = chance.integers(0, 256, (6, 8 + frames, 3), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
    with av.open(str(file), "w") as clip:
        video = clip.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        for number in range(frames):
            pixels = np.ascontiguousarray(scene[:, 4 * number : 4 * number + 64])
            clip.mux(video.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")))
        clip.mux(video.encode())
    return file


def write_old_checkpoint(file: Path) -> Path:
    """As pytorch/examples writes it, narrow."""
    torch.manual_seed(0)
    state: dict[str, Tensor] = {}

    def convolution(name: str, out: int, into: int, size: int) -> None:
        state[f"{name}.conv2d.weight"] = torch.randn(out, into, size, size) / 8
        state[f"{name}.conv2d.bias"] = torch.zeros(out)

    def norm(name: str, channels: int) -> None:
        state[f"{name}.weight"], state[f"{name}.bias"] = torch.ones(channels), torch.zeros(channels)

    for n, (into, out, size) in enumerate([(3, 4, 9), (4, 8, 3), (8, 16, 3)], 1):
        convolution(f"conv{n}", out, into, size)
        norm(f"in{n}", out)
    for n in range(1, 6):
        for one in (1, 2):
            convolution(f"res{n}.conv{one}", 16, 16, 3)
            norm(f"res{n}.in{one}", 16)
    for n, (into, out, size) in enumerate([(16, 8, 3), (8, 4, 3), (4, 3, 9)], 1):
        convolution(f"deconv{n}", out, into, size)
        if n < 3:
            norm(f"in{n + 3}", out)
    torch.save(state, file)
    return file
