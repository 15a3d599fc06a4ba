"""k-means with weights, the same for the same seed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Labels = NDArray[np.intp]
ROUNDS = 100
RESTARTS = 4


def k_means(points: Floats, weights: Floats, count: int, seed: int) -> tuple[Labels, Floats]:
    """Put points into ``count`` clusters: the best of `RESTARTS` beginnings by k-means++.

    Lloyd's algorithm from the centres of Arthur and Vassilvitskii 2007 ("k-means++"), with a weight
    for each point, as if it stood there so many times.

    Args:
        points: (P,D), at least ``count`` different ones.
        weights: (P,), above 0.
        count: K, 1 or more.
        seed: 0 or more.

    Returns:
        The cluster of each point (P,), and the centres (K,D). Every cluster has a point.
    """
    points = np.asarray(points, np.float64)
    weights = np.asarray(weights, np.float64)
    best: tuple[float, Labels, Floats] | None = None
    for restart in range(RESTARTS):
        rng = np.random.default_rng([seed, restart])
        found = _lloyd(points, weights, _spread(points, weights, count, rng))
        if best is None or found[0] < best[0]:
            best = found
    assert best is not None
    return best[1], best[2]


def square_distances(points: Floats, centres: Floats) -> Floats:
    """Squared distance of each point from each centre: (P,D), (K,D) -> (P,K)."""
    squares = (points**2).sum(1)[:, None] - 2 * points @ centres.T + (centres**2).sum(1)
    distances: Floats = np.maximum(squares, 0)
    return distances


def _spread(points: Floats, weights: Floats, count: int, rng: np.random.Generator) -> Floats:
    """First centres: points drawn with the probability of their squared distance from the others'.

    A point that is a centre already is at distance 0 up to rounding, hence the exact comparison.
    """
    chosen = [_drawn(weights, rng)]
    nearest: Floats = _from_one(points, points[chosen[0]])
    while len(chosen) < count:
        chosen.append(_drawn(weights * nearest, rng))
        nearest = np.minimum(nearest, _from_one(points, points[chosen[-1]]))
    return points[chosen]


def _from_one(points: Floats, centre: Floats) -> Floats:
    squares: Floats = ((points - centre) ** 2).sum(1)
    return squares


def _drawn(weights: Floats, rng: np.random.Generator) -> int:
    sums = np.cumsum(weights)
    return int(np.searchsorted(sums, rng.random() * sums[-1], side="right"))


def _lloyd(points: Floats, weights: Floats, centres: Floats) -> tuple[float, Labels, Floats]:
    labels = np.full(len(points), -1)
    distances = square_distances(points, centres)
    for _ in range(ROUNDS):
        nearest = distances.argmin(1)
        _fill_empty(nearest, distances, weights, len(centres))
        if np.array_equal(nearest, labels):
            break
        labels = nearest
        members = (labels[:, None] == np.arange(len(centres))) * weights[:, None]
        centres = members.T @ points / members.sum(0)[:, None]
        distances = square_distances(points, centres)
    inertia = float((distances[np.arange(len(points)), labels] * weights).sum())
    return inertia, labels, centres


def _fill_empty(labels: Labels, distances: Floats, weights: Floats, count: int) -> None:
    """Give each cluster that lost all its points the one that is farthest from its own centre."""
    for empty in np.flatnonzero(np.bincount(labels, minlength=count) == 0):
        own = distances[np.arange(len(labels)), labels] * weights
        own[np.bincount(labels, minlength=count)[labels] == 1] = -1  # nobody else's last one
        labels[own.argmax()] = empty
