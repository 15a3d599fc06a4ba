"""Warping by a flow, and where a flow can be trusted."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from stylenet.motion.flow import Field, opencv

SLACK_PX = 0.5  # of the square of what forward and backward flow may disagree by,
SLACK = 0.01  # and how much more for each squared pixel that they are long
Pixels = NDArray[np.float32]


def warp(image: Pixels, flow: Field, *, sharp: bool = False) -> Pixels:
    """``image`` (H,W) or (H,W,C), seen from the frame that ``flow`` (H,W,2) starts at.

    At p the result has what ``image`` has at p + flow(p); outside of it the nearest of its border.

    Args:
        image: of the frame that the flow leads to.
        flow: from the other frame to this one.
        sharp: bicubic in place of bilinear interpolation: what is warped again and again stays
            sharp. Lanczos' filter, four times as slow, leaves no more of it.
    """
    cv2 = opencv()
    warped: Pixels = cv2.remap(
        image,
        flow + _places(*flow.shape[:2]),
        None,
        cv2.INTER_CUBIC if sharp else cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return warped


def trusted(here: Field, back: Field) -> NDArray[np.bool_]:
    """Where the flow ``here``, to another frame, and the one ``back`` from it agree: (H,W).

    Elsewhere one of the frames does not show what the other does. As Sundaram et al. 2010 (eq. 1),
    and Ruder et al. 2016 (arXiv:1604.08610, section 3.2) after them: |f + b|^2 is less than 0.01
    (|f|^2 + |b|^2) + 0.5, b being taken where f leads to; and f leads to a place in the frame.
    """
    height, width = here.shape[:2]
    returned = warp(back, here)
    apart = _squared(here + returned)
    length = _squared(here) + _squared(returned)
    places = here + _places(height, width)
    columns, rows = places[..., 0], places[..., 1]
    inside = (columns >= 0) & (columns <= width - 1) & (rows >= 0) & (rows <= height - 1)
    agreed: NDArray[np.bool_] = (apart < SLACK * length + SLACK_PX) & inside
    return agreed


def _squared(flow: Field) -> NDArray[np.float32]:
    """Squared lengths (H,W); NumPy's sum over an axis of two takes four times as long."""
    across, down = flow[..., 0], flow[..., 1]
    squared: NDArray[np.float32] = across * across + down * down
    return squared


@functools.lru_cache(maxsize=2)
def _places(height: int, width: int) -> Field:
    """Column and row of each pixel (H,W,2)."""
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    return np.stack([columns, rows], -1)


def flow_at(flow: Field, height: int, width: int) -> Field:
    """``flow`` for frames of another size."""
    if flow.shape[:2] == (height, width):
        return flow
    cv2 = opencv()
    scale = np.array([width / flow.shape[1], height / flow.shape[0]], dtype=np.float32)
    resized: Field = cv2.resize(flow, (width, height), interpolation=cv2.INTER_LINEAR) * scale
    return resized
