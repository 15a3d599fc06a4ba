"""Cutting an image into segments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from skimage import segmentation

from stylenet.regions.clustering import Labels

Picture = NDArray[np.float32]
"""RGB in [0,1], (H,W,3)."""


class Segmenter(Protocol):
    """Cuts an image into segments."""

    def __call__(self, picture: Picture) -> Labels:
        """RGB in [0,1], (H,W,3) -> the number of each pixel's segment, (H,W), 0 or more."""
        ...


@dataclass(frozen=True)
class Slic:
    """Superpixels of about equal size (Achanta et al. 2012), by scikit-image."""

    segments: int = 300
    compactness: float = 10.0

    def __call__(self, picture: Picture) -> Labels:
        """Segment."""
        found: Labels = segmentation.slic(
            picture, self.segments, self.compactness, start_label=0, channel_axis=-1
        )
        return found


@dataclass(frozen=True)
class Felzenszwalb:
    """Segments along edges, of any size (Felzenszwalb and Huttenlocher 2004), by scikit-image."""

    scale: float = 60.0
    sigma: float = 0.8
    min_size: int = 40

    def __call__(self, picture: Picture) -> Labels:
        """Segment."""
        found: Labels = segmentation.felzenszwalb(
            picture, self.scale, self.sigma, self.min_size, channel_axis=-1
        )
        return found
