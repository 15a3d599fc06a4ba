"""Regions of a drawing and segments of a picture, by area and perimeter."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from stylenet.regions import ByAreaAndPerimeter, RegionError, WholeFigure
from stylenet.regions.pairing import assign, segments, shape_facts

RED, GREEN, BLUE = (0.9, 0.1, 0.1), (0.1, 0.8, 0.1), (0.1, 0.2, 0.9)


def picture() -> tuple[np.ndarray, np.ndarray]:
    """A figure of three colours: a large red square, a green bar, a small blue square."""
    image = np.full((90, 120, 3), 0.6, dtype=np.float32)
    figure = np.zeros((90, 120), dtype=bool)
    for colour, rows, columns in (
        (RED, slice(10, 60), slice(10, 60)),
        (GREEN, slice(60, 70), slice(10, 100)),
        (BLUE, slice(50, 60), slice(60, 70)),
    ):
        image[rows, columns] = colour
        figure[rows, columns] = True
    return image, figure


def drawing() -> np.ndarray:
    """The same three areas elsewhere: 1 the small one, 2 the bar, 3 the large one."""
    labels = np.zeros((100, 200), dtype=np.int64)
    labels[5:15, 5:15] = 1
    labels[40:50, 5:95] = 2
    labels[30:80, 120:170] = 3
    return labels


def test_area_and_perimeter_of_a_square_are_those_of_geometry() -> None:
    labels = np.zeros((60, 60), dtype=np.int64)
    labels[10:50, 10:50] = 1
    ((share, around),) = shape_facts(labels)
    assert share == 1
    assert around == pytest.approx(4, rel=0.05)


def test_the_assignment_is_the_best_of_all() -> None:
    random = np.random.default_rng(0)
    for _ in range(5):
        one, two = random.uniform(0.1, 3, (2, 4, 2))
        costs = np.abs(np.log(one[:, None] / two[None])).sum(-1)
        best = min(permutations(range(4)), key=lambda p: costs[range(4), p].sum())
        assert assign(one, two).tolist() == list(best)


def test_with_too_few_segments_each_is_taken_and_the_rest_take_the_nearest() -> None:
    regions = np.array([[0.5, 2.0], [0.45, 2.0], [0.05, 0.5]])
    chosen = assign(regions, np.array([[0.9, 3.0], [0.1, 0.7]]))
    assert chosen.tolist() == [0, 0, 1]


def test_the_figure_is_parted_by_colour() -> None:
    image, figure = picture()
    labels = segments(image, figure, 3)
    assert (labels > 0).tolist() == figure.tolist()
    assert labels.max() == 3
    for colour in (RED, GREEN, BLUE):
        found = labels[(np.abs(image - np.float32(colour)) < 1e-3).all(-1)]
        assert np.bincount(found).max() > 0.9 * found.size


def test_small_parts_are_merged_even_those_that_touch_nothing() -> None:
    image, figure = picture()
    figure[80:83, 110:113] = True
    labels = segments(image, figure, 2, least=0.05)
    assert labels.max() == 2
    assert labels[81, 111] > 0


def test_regions_go_to_segments_of_like_area_and_perimeter() -> None:
    image, figure = picture()
    match = ByAreaAndPerimeter()(drawing(), image, figure)
    for row, column, colour in ((10, 10, BLUE), (45, 50, GREEN), (50, 140, RED)):
        label = match.drawing[row, column]
        np.testing.assert_allclose(image[match.reference == label].mean(0), colour, atol=0.12)
    assert match.drawing[90, 190] == match.reference[0, 0] == 0
    assert (match.reference > 0).tolist() == figure.tolist()
    assert len(match.lines) == 3
    assert "perimeter" in match.lines[0]


def test_labels_correspond_whatever_the_numbers_of_regions_and_segments() -> None:
    image, figure = picture()
    many = np.zeros((60, 100), dtype=np.int64)
    for n in range(8):
        many[20:40, 10 * n : 10 * n + 10] = n + 1
    for labels in (many, np.minimum(many, 1)):
        match = ByAreaAndPerimeter(most=3)(labels, image, figure)
        assert set(np.unique(match.drawing)) == set(np.unique(match.reference))
        one, two = match.maps()
        assert one.names == two.names
        assert (one.shares() > 0).all()
        assert (two.shares() > 0).all()


def test_figure_to_figure_has_two_regions() -> None:
    image, figure = picture()
    match = WholeFigure()(drawing(), image, figure)
    assert match.names == ("ground", "figure")
    assert ((match.drawing == 1) == (drawing() > 0)).all()


def test_more_segments_than_colours_are_refused() -> None:
    with pytest.raises(RegionError, match=r"most=40, expected 1 to 13"):
        ByAreaAndPerimeter(most=40)
