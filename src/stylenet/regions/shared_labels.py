"""Two label maps whose equal labels correspond: every label in both, and no confetti."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from stylenet.regions.clustering import Floats, Labels, square_distances
from stylenet.regions.resampling import resampled

SHARE = 0.01  # of a picture: a smaller region has too few places for statistics of its style
ISLAND = 0.002  # of a picture: a smaller patch takes the label of what surrounds it


@dataclass(frozen=True)
class Pair:
    """Labels (H,W), 0..R-1, of the content and of the style image; each label is in both.

    Labels fall with their fraction of the content. ``words`` tell what was merged, a line each.
    """

    content: Labels
    style: Labels
    words: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """R."""
        return int(self.content.max()) + 1


def pair(content: Labels, style: Labels, centres: Floats) -> Pair:
    """Make a pair of two maps of clusters 0..K-1, with ``centres`` (K,D).

    A cluster that has less than `SHARE` of one of the images counts as absent there, and is
    merged into the cluster with the nearest centre that is in both; where none is, all are one.
    """
    count = len(centres)
    shares = np.stack([_shares(labels, count) for labels in (content, style)])
    shared = np.flatnonzero((shares >= SHARE).all(0))
    if len(shared) == 0:
        whole = "no cluster is in both pictures: all are one region"
        return Pair(np.zeros_like(content), np.zeros_like(style), (whole,))
    goal = shared[square_distances(centres, centres[shared]).argmin(1)]
    order = np.argsort(-_shares(goal[content], count), kind="stable")
    rank = np.empty(count, np.intp)
    rank[order] = np.arange(count)
    words = tuple(
        f"a cluster with {shares[0, k]:.1%} of the content and {shares[1, k]:.1%} of the style is "
        f"part of region {rank[goal[k]] + 1}, the nearest in both"
        for k in range(count)
        if goal[k] != k and shares[:, k].any()
    )
    return Pair(rank[goal[content]], rank[goal[style]], words)


def smooth(labels: Labels, size: tuple[int, int], smoothing: float) -> Labels:
    """Labels (h,w) at another size (H,W), their borders rounded and islands gone.

    Each place takes the label that weighs most around it, by a Gaussian of std ``smoothing``
    times the shorter side; then patches of less than `ISLAND` of the image take the label of the
    nearest place outside of them.
    """
    present = np.unique(labels)
    sigma = smoothing * min(labels.shape)
    best = np.full(size, -1.0, np.float32)
    result = np.zeros(size, np.intp)
    for label in present:
        weight = (labels == label).astype(np.float32)
        if sigma > 0:
            weight = ndimage.gaussian_filter(weight, sigma, mode="nearest")
        weight = resampled(weight, size)
        wins = weight > best
        best[wins], result[wins] = weight[wins], label
    return _without_islands(result)


def _without_islands(labels: Labels) -> Labels:
    small = np.zeros(labels.shape, bool)
    for label in np.unique(labels):
        patches, _ = ndimage.label(labels == label)
        sizes = np.bincount(patches.ravel())
        sizes[0] = labels.size  # what is not of this label
        small |= (sizes < ISLAND * labels.size)[patches]
    if small.all():
        return labels
    rows, columns = ndimage.distance_transform_edt(
        small, return_distances=False, return_indices=True
    )
    found: Labels = labels[rows, columns]
    return found


def _shares(labels: Labels, count: int) -> NDArray[np.float64]:
    return np.bincount(labels.ravel(), minlength=count) / labels.size
