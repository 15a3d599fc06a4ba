"""Two frames of a clip that follow one another, for training on clips."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from stylenet.motion.flow import Flow, Grey, one_threaded
from stylenet.motion.stills import MovedStill, located
from stylenet.motion.warping import trusted

CUT = 0.25  # less of the frame than this found again: another scene


class Followed(NamedTuple):
    """A batch of frames (N,3,H,W) in [0,1], and the frame that follows each in its clip."""

    pictures: Tensor
    moved: MovedStill


def grey(frame: Tensor) -> Grey:
    """``frame`` (3,H,W) in [0,1] in the grey tones of ITU-R BT.601: (H,W)."""
    red, green, blue = frame.float().clamp(0, 1)
    tones: NDArray[np.uint8] = (
        (0.299 * red + 0.587 * green + 0.114 * blue).mul(255).round().byte().numpy()
    )
    return tones


def followed(first: Tensor, second: Tensor, flow: Flow) -> MovedStill:
    """``second`` (3,H,W), and where in ``first`` lies what it shows; (H,W,2) and (1,H,W) beside it.

    Seen is what forward and backward flow agree on; nothing across a cut. The same on any number of
    threads: what is drawn of a clip must not depend on them.
    """
    now, before = grey(second), grey(first)
    with one_threaded():
        here, back = flow(now, before), flow(before, now)
        seen = trusted(here, back)
    if seen.mean() < CUT:
        seen = np.zeros_like(seen)
    grid, _ = located(torch.from_numpy(here).permute(2, 0, 1)[None])
    return MovedStill(second, grid[0], torch.from_numpy(seen.astype(np.float32))[None])
