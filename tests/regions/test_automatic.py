"""Automatic regions: k-means, pairing, smoothing; both kinds on pictures of known parts."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.cluster.vq import kmeans2
from torch.nn import functional as F

from stylenet.regions import Clusters, Felzenszwalb, RegionError, Segments, Slic
from stylenet.regions.automatic import palette
from stylenet.regions.clustering import k_means, square_distances
from stylenet.regions.resampling import resampled
from stylenet.regions.shared_labels import pair, smooth

COLOURS = {"red": (0.9, 0.1, 0.1), "green": (0.1, 0.7, 0.2), "blue": (0.1, 0.2, 0.8)}


def blobs(count: int = 5, each: int = 40) -> np.ndarray:
    rng = np.random.default_rng(3)
    return np.concatenate([rng.normal(10 * n, 1 + n, (each, 3)) for n in range(count)])


def inertia(points, centres) -> float:
    return float(square_distances(points, centres).min(1).sum())


def test_k_means_is_no_worse_than_scipys():
    points = blobs()
    _, centres = k_means(points, np.ones(len(points)), 5, 0)
    others = [kmeans2(points, 5, minit="++", seed=seed)[0] for seed in range(10)]
    assert inertia(points, centres) <= min(inertia(points, c) for c in others) * 1.001


def test_a_weight_is_a_number_of_points():
    points, times = blobs(3, 10), np.arange(30) % 3 + 1
    centres = k_means(points, times, 3, 0)[1]
    repeated = k_means(np.repeat(points, times, axis=0), np.ones(times.sum()), 3, 0)[1]
    # the clusters are far apart: both find the best, in some order
    order, order_too = np.argsort(centres[:, 0]), np.argsort(repeated[:, 0])
    np.testing.assert_allclose(centres[order], repeated[order_too])


def test_k_means_is_a_function_of_its_seed_and_leaves_no_cluster_empty():
    points = np.repeat(np.eye(4), 25, axis=0)
    first, again = (k_means(points, np.ones(100), 4, 1) for _ in range(2))
    assert np.array_equal(first[0], again[0])
    assert np.array_equal(first[1], again[1])
    assert len(np.unique(first[0])) == 4
    assert inertia(points, first[1]) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("size", [(20, 31), (7, 5), (13, 40), (3, 3)])
def test_resampling_agrees_with_torch(size):
    values = np.random.default_rng(0).random((13, 17, 4), np.float32)
    expected = F.interpolate(
        torch.from_numpy(values).permute(2, 0, 1)[None], size, mode="bilinear", antialias=True
    )[0]
    np.testing.assert_allclose(
        resampled(values, size), expected.permute(1, 2, 0), rtol=1e-4, atol=1e-5
    )
    np.testing.assert_allclose(
        resampled(values[..., 0], size), resampled(values, size)[..., 0], rtol=1e-6
    )


def test_a_cluster_of_one_picture_is_part_of_the_nearest_that_both_have():
    content = np.array([[0, 0, 0, 2], [0, 0, 1, 2]])
    style = np.array([[0, 2, 3, 2]])
    centres = np.array([[0.0], [0.9], [5.0], [4.0]])
    found = pair(content, style, centres)
    assert found.content.tolist() == [[0, 0, 0, 1], [0, 0, 0, 1]]
    assert found.style.tolist() == [[0, 1, 1, 1]]
    assert found.count == 2
    first, second = found.words
    assert "12.5% of the content and 0.0% of the style is part of region 1" in first
    assert "0.0% of the content and 25.0% of the style is part of region 2" in second


def test_pictures_with_nothing_in_common_are_one_region():
    found = pair(np.zeros((2, 2), int), np.ones((3, 3), int), np.eye(2))
    assert found.count == 1
    assert found.style.shape == (3, 3)
    assert "no cluster is in both" in found.words[0]


def test_smoothing_takes_islands_and_keeps_borders():
    labels = np.zeros((60, 80), int)
    labels[:, 40:] = 1
    speckled = labels.copy()
    speckled[10, 10] = speckled[30, 60:62] = 2
    speckled[50, 20] = 1
    assert np.array_equal(smooth(speckled, (60, 80), 0), labels)
    enlarged = smooth(speckled, (120, 160), 0.02)
    assert set(np.unique(enlarged)) == {0, 1}
    assert (enlarged == np.kron(labels, np.ones((2, 2), int))).mean() > 0.99


def patches(*rows: tuple[str, ...], side: int = 40) -> np.ndarray:
    """A picture of squares in colours, slightly noisy."""
    picture = np.array([[COLOURS[name] for name in row] for row in rows], np.float32)
    picture = picture.repeat(side, 0).repeat(side, 1)
    noise = np.random.default_rng(0).normal(0, 0.01, picture.shape)
    return (picture + noise).clip(0, 1).astype(np.float32)


CONTENT = patches(("red", "green"), ("red", "blue"))
STYLE = patches(("blue", "red", "red"), ("green", "green", "red"), side=30)


def look(picture, layers):
    """Two layers of colours, one at half and one at a quarter of the size."""
    height, width = picture.shape[:2]
    of = {"a": 2, "b": 4}
    sizes = [(height // of[layer], width // of[layer]) for layer in layers]
    return [np.moveaxis(resampled(picture, size), -1, 0) for size in sizes]


KINDS = {
    "clusters": Clusters(3, ["a", "b"], deepest=2, height_weight=0, smoothing=0.01),
    "slic": Segments(3, Slic(segments=60)),
    "felzenszwalb": Segments(3, Felzenszwalb()),
}


@pytest.mark.parametrize("kind", KINDS)
def test_equal_labels_are_what_is_alike_in_both(kind):
    found = KINDS[kind](CONTENT, STYLE, look)
    content, style = found.content.labels, found.style.labels
    assert content.shape == CONTENT.shape[:2]
    assert style.shape == STYLE.shape[:2]
    assert found.content.names == found.style.names == ("region 1", "region 2", "region 3")
    assert found.content.colours == found.style.colours
    middles = {"red": (40, 20), "green": (20, 60), "blue": (60, 60)}
    label = {name: content[place] for name, place in middles.items()}
    assert sorted(label.values()) == [0, 1, 2]
    assert label["red"] == 0  # the largest of the content
    middles = {"blue": (15, 15), "red": (15, 60), "green": (45, 30)}
    assert {name: style[place] for name, place in middles.items()} == label
    right = np.where(np.arange(80)[None] < 40, label["red"], label["green"]).repeat(80, 0)
    right[40:, 40:] = label["blue"]
    assert (content == right).mean() > 0.97
    again = KINDS[kind](CONTENT, STYLE, look)
    assert np.array_equal(again.content.labels, content)
    assert np.array_equal(again.style.labels, style)


@pytest.mark.parametrize(("height_weight", "apart"), [(0, False), (0.75, True)])
def test_what_looks_alike_above_and_below_is_apart_by_its_height(height_weight, apart):
    """As sky and water do; the band between them is lower in the style."""
    content = patches(("blue",), ("red",), ("blue",), ("blue",))
    style = patches(("blue",), ("blue",), ("red",), ("blue",), side=30)
    found = Clusters(3 if apart else 2, ["a"], 1, height_weight)(content, style, look)
    (sky, water), (sky_too, water_too) = (
        (one.labels[5, 10], one.labels[-5, 10]) for one in (found.content, found.style)
    )
    assert (sky, water) == (sky_too, water_too)
    assert (sky != water) == apart


@pytest.mark.parametrize("kind", ["clusters", "slic"])
def test_every_region_is_in_both_and_what_is_not_is_said(kind):
    """A style without the content's third colour."""
    style = patches(("red", "green"), ("green", "red"))
    found = KINDS[kind](CONTENT, style, look)
    for regions in (found.content, found.style):
        assert (regions.shares() > 0).all()
    count = len(found.content.names)
    assert count == 3 or f"{count} of 3 regions are in both pictures" in found.words


def test_colours_differ():
    assert len(set(palette(24))) == 24


@pytest.mark.parametrize("kind", ["clusters", "slic"])
def test_pictures_without_regions_get_words(kind):
    flat = np.full((40, 50, 3), 0.5, np.float32)
    with pytest.raises(RegionError, match="style picture is of one colour"):
        KINDS[kind](CONTENT, flat, look)
    with pytest.raises(RegionError, match="content picture is of one colour"):
        KINDS[kind](flat, STYLE, look)


def test_more_regions_than_there_are_kinds_of_places_get_words():
    halves = np.zeros((40, 40, 3), np.float32)
    halves[:, 20:] = 1
    with pytest.raises(RegionError, match=r"only 2 kinds .* Use regions\.count=2"):
        Segments(9, Felzenszwalb(sigma=0))(halves, halves)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Clusters(1, ["a"], 1), r"regions\.count=1, expected 2 or more"),
        (lambda: Segments(0, Slic()), r"regions\.count=0, expected 2 or more"),
        (lambda: Segments(3, Slic(), smoothing=-1), r"smoothing=-1, expected 0 or more"),
        (lambda: Clusters(3, ["a"], 2), r"regions\.deepest=2, expected at least one layer"),
        (lambda: Clusters(3, [], 1), r"regions\.layers=\[\]"),
        (lambda: Clusters(3, ["a"], 1, -1), r"regions\.height_weight=-1, expected 0 or more"),
    ],
)
def test_settings_out_of_range_get_words(make, words):
    with pytest.raises(RegionError, match=words):
        make()
