"""How much a painted clip flickers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import nan

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from stylenet.errors import StylenetError
from stylenet.motion import DisFlow, Flow, grey, trusted, warp


def warping_errors(
    original: Sequence[Tensor],
    painted: Mapping[str, Sequence[Tensor]],
    apart: int = 1,
    flow: Flow | None = None,
) -> dict[str, float]:
    """The masked warping error of painted clips, by name: 0 where nothing flickers.

    Optical flow of the original tells where what a frame shows lay ``apart`` frames before; there
    the earlier painted frame is looked up, bilinearly. The error of a pair is the root of the mean
    square of the difference, over all channels and the pixels at which forward and backward flow
    agree (`stylenet.motion.trusted`); that of a clip is the mean over its pairs. Lai et al. 2018
    (arXiv:1808.00449, section 4.2) have the mean square itself. Hold the original against itself to
    learn what flow and light leave of it, and read style loss beside it: a blurred clip does not
    flicker either.

    Args:
        original: frames (3,H,W) in [0,1].
        painted: as many frames of the same size, by name.
        apart: how many frames lie between those compared, and one.
        flow: of the original; by default DIS flow with OpenCV's preset MEDIUM.

    Returns:
        In units of [0,1]; NaN where no two frames are so far apart, or none show the same.

    Raises:
        StylenetError: clips of another number of frames or another size; OpenCV is not installed.
    """
    for name, frames in painted.items():
        shapes = [[tuple(frame.shape) for frame in clip] for clip in (original, frames)]
        if shapes[0] != shapes[1]:
            raise StylenetError(
                f"The clip {name} has {len(frames)} frames of {shapes[1][:1]}, the original has "
                f"{len(original)} of {shapes[0][:1]}.",
                "Paint the frames that are measured, at the same size.",
            )
    flow = DisFlow() if flow is None else flow
    found: dict[str, list[float]] = {name: [] for name in painted}
    greys = [grey(frame) for frame in original]
    for now in range(apart, len(original)):
        here, back = flow(greys[now], greys[now - apart]), flow(greys[now - apart], greys[now])
        mask = trusted(here, back)
        if not mask.any():
            continue
        for name, frames in painted.items():
            carried = warp(_pixels(frames[now - apart]), here)
            difference = np.square(_pixels(frames[now]) - carried)[mask]
            found[name].append(float(np.sqrt(difference.mean())))
    return {name: float(np.mean(errors)) if errors else nan for name, errors in found.items()}


def _pixels(frame: Tensor) -> NDArray[np.float32]:
    pixels: NDArray[np.float32] = frame.float().permute(1, 2, 0).contiguous().numpy()
    return pixels
