"""Against flicker: each painted frame is blended with the one before, carried along by the flow.

As frames are painted one by one, the same patch of the same thing is painted anew each time, and
flickers. Ruder et al. 2016 (arXiv:1604.08610) carry the painted frame along by optical flow, where
it can be trusted, to start an optimisation with; here it is blended in, which needs no training
and works for every net.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from stylenet.apply.video.clips import Pixels
from stylenet.errors import StylenetError
from stylenet.motion import CUT, DisFlow, Effort, Flow, flow_at, opencv, trusted, warp

FLOW_PX = 512  # the longer side at which flow is computed, at most
STILL_PX = 0.5  # flow shorter than this is none, where the frames say so as well
STILL = 0.25 / 255  # what changes less than this is at rest, whatever the flow around it
MOST = 0.95
_LIKE = 0.06  # difference of colours at which what was found is trusted by 1/e
_SMOOTH = 1.5  # std in pixels over which that difference is averaged
_SOFT = 2.0  # std in pixels by which what is trusted is shrunk, so that no seam shows
_LEVEL = 1 / 255


@dataclass(frozen=True)
class Motion:
    """From one frame to the one before it, at the size at which flow is computed.

    Attributes:
        flow: (h,w,2), in pixels.
        trust: (h,w), from 0 to 1: how sure it is that the frame before shows the same there.
    """

    flow: NDArray[np.float32]
    trust: NDArray[np.float32]


@dataclass(frozen=True)
class FlowBlend:
    """Blends painted frames with the one before.

    Attributes:
        weight: of the frame before, where the flow can be trusted: from 0, each frame by itself,
            to 0.95.
        flow: what finds it.

    Raises:
        StylenetError: a weight outside of this.
    """

    weight: float = 0.7
    flow: Flow = field(default_factory=lambda: DisFlow(Effort.FAST))

    def __post_init__(self) -> None:
        """Refuse what would never be painted anew."""
        if not 0 <= self.weight <= MOST:
            raise StylenetError(
                f"Got blend={self.weight:g}, expected 0 to {MOST}.",
                "Use 0.7, or 0 for each frame by itself.",
            )

    def motion(self, before: Pixels, now: Pixels) -> Motion | None:
        """What moved between two frames of the source; None where the scene has changed."""
        cv2 = opencv()
        before, now = _small(before), _small(now)
        greys = [cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY) for pixels in (now, before)]
        flow, back = self.flow(*greys), self.flow(*greys[::-1])
        first, second = (np.divide(p, 255, dtype=np.float32) for p in (before, now))
        moved = _difference(warp(first, flow), second)
        rested = _difference(first, second)
        # what rests stays as it is: no drift, and no resampling
        length = np.maximum(np.abs(flow[..., 0]), np.abs(flow[..., 1]))
        still = ((length < STILL_PX) & (rested <= moved + _LEVEL)) | (rested < STILL)
        flow = flow * ~still[..., None]
        trust = (trusted(flow, back) | still).astype(np.float32)
        trust *= np.exp(-np.square(np.where(still, rested, moved) / np.float32(_LIKE)))
        trust = np.minimum(trust, cv2.GaussianBlur(trust, (0, 0), _SOFT))
        return Motion(flow, trust) if trust.mean() > CUT else None

    def __call__(
        self, painted: NDArray[np.float32], before: NDArray[np.float32], motion: Motion
    ) -> NDArray[np.float32]:
        """``painted`` with so much of ``before``, both (H,W,3) in [0,1]."""
        height, width = painted.shape[:2]
        carried = warp(before, flow_at(motion.flow, height, width), sharp=True)
        cv2 = opencv()
        weight = np.float32(self.weight) * cv2.resize(motion.trust, (width, height))
        blended: NDArray[np.float32] = cv2.blendLinear(painted, carried, 1 - weight, weight)
        return np.clip(blended, 0, 1, out=blended)


def _small(pixels: Pixels) -> Pixels:
    scale = FLOW_PX / max(pixels.shape[:2])
    if scale >= 1:
        return pixels
    cv2 = opencv()
    size = tuple(max(1, round(side * scale)) for side in pixels.shape[1::-1])
    small: Pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return small


def _difference(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    cv2 = opencv()  # ten times as fast as NumPy's mean over three channels
    mean = cv2.transform(cv2.absdiff(one, other), np.full((1, 3), 1 / 3, np.float32))
    smooth: NDArray[np.float32] = cv2.GaussianBlur(mean, (0, 0), _SMOOTH)
    return smooth
