"""RegionMap: shares, soft maps of any size, its picture, what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from stylenet.regions import RegionError, RegionMap

COLOURS = ((255, 0, 0), (0, 255, 0), (0, 0, 255))


def regions(height: int = 6, width: int = 9, seed: int = 0) -> RegionMap:
    labels = np.random.default_rng(seed).integers(0, 3, (height, width))
    return RegionMap(labels, ("a", "b", "c"), COLOURS)


def test_shares_and_picture_say_what_the_labels_say():
    found = RegionMap(np.array([[0, 0, 0, 2]]), ("a", "b", "c"), COLOURS)
    assert found.shares().tolist() == [0.75, 0, 0.25]
    assert found.size == (1, 4)
    assert found.picture()[0].tolist() == [[255, 0, 0]] * 3 + [[0, 0, 255]]


@pytest.mark.parametrize("size", [(6, 9), (3, 3), (1, 1), (5, 4), (13, 9), (24, 36)])
def test_soft_maps_sum_to_one_and_keep_every_regions_area(size):
    found = regions()
    soft = found.soft(*size)
    assert soft.shape == (3, *size)
    assert soft.dtype == np.float32
    assert soft.min() >= 0
    np.testing.assert_allclose(soft.sum(0), 1, rtol=1e-6)
    np.testing.assert_allclose(soft.mean((1, 2)), found.shares(), rtol=1e-5)


def test_soft_maps_are_averages_over_areas():
    found = regions(8, 6)
    blocks = np.stack([found.labels == n for n in range(3)]).reshape(3, 4, 2, 3, 2).mean((2, 4))
    np.testing.assert_allclose(found.soft(4, 3), blocks, rtol=1e-6)
    assert (found.soft(8, 6).argmax(0) == found.labels).all()
    half = RegionMap(np.array([[0, 1, 1]]), ("a", "b"), COLOURS[:2]).soft(1, 2)
    np.testing.assert_allclose(half[0, 0], [2 / 3, 0], atol=1e-6)  # of 1.5 pixels one is a's


@pytest.mark.parametrize(
    ("labels", "names", "words"),
    [
        (np.zeros((2, 2, 1), int), ("a",), r"shape \(2, 2, 1\)"),
        (np.zeros((2, 2)), ("a",), "type float64"),
        (np.zeros((0, 2), int), ("a",), r"shape \(0, 2\)"),
        (np.zeros((2, 2), int), (), "at least one region"),
        (np.zeros((2, 2), int), ("a", "a"), "no name twice"),
        (np.full((2, 2), 2), ("a", "b"), "labels from 2 to 2 for 2 regions"),
        (np.full((2, 2), -1), ("a", "b"), "labels from -1"),
    ],
)
def test_what_does_not_belong_together_is_refused(labels, names, words):
    with pytest.raises(RegionError, match=words):
        RegionMap(labels, names, COLOURS[: len(names)])
