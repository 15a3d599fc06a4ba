"""Descriptors of shape, and the ranking."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.draw import ellipse, polygon
from skimage.transform import rotate

from stylenet.regions import Shape, both_ways, rank
from stylenet.regions.retrieval import rim


def shapes() -> dict[str, np.ndarray]:
    found = {}
    for name, where in {
        "disc": ellipse(60, 60, 40, 40),
        "lying": ellipse(60, 60, 20, 50),
        "standing": ellipse(60, 60, 50, 20),
        "triangle": polygon([20, 100, 100], [60, 15, 105]),
        "hook": polygon([20, 20, 80, 80, 100, 100], [20, 50, 50, 100, 100, 20]),
    }.items():
        found[name] = np.zeros((120, 120), dtype=bool)
        found[name][where] = True
    return found


SHAPE = Shape()
DESCRIBED = {name: SHAPE(figure, rim(figure)) for name, figure in shapes().items()}


def distance(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.linalg.norm(one - other))


def test_a_descriptor_is_of_length_one_and_of_the_size_that_is_said() -> None:
    for descriptor in DESCRIBED.values():
        assert descriptor.shape == (SHAPE.size,)
        assert np.linalg.norm(descriptor) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("name", DESCRIBED)
def test_place_and_scale_do_not_matter(name: str) -> None:
    figure = shapes()[name]
    moved = np.pad(np.kron(figure, np.ones((2, 2), dtype=bool)), ((70, 5), (0, 90)))
    other = SHAPE(moved, rim(moved))
    near = distance(DESCRIBED[name], other)
    others = [distance(d, other) for n, d in DESCRIBED.items() if n != name]
    assert near < 0.3 < 0.5 < min(others)


def test_the_ranking_is_that_of_the_distances_worked_out_one_by_one() -> None:
    random = np.random.default_rng(0)
    library = random.normal(size=(50, 9)).astype(np.float32)
    library /= np.linalg.norm(library, axis=1, keepdims=True)
    queries = library[[7, 3]] * 1.0
    hits = rank(queries, library, 10)
    each = np.array([[distance(q, one) for q in queries] for one in library])
    assert [h.number for h in hits[2:]] == list(np.argsort(each.min(1))[2:10])
    assert {hits[0].number, hits[1].number} == {3, 7}
    for hit in hits:
        assert hit.distance == pytest.approx(each[hit.number].min(), abs=1e-3)
        assert hit.mirrored == (each[hit.number, 1] < each[hit.number, 0])


def test_there_are_no_more_hits_than_pictures_and_equal_ones_keep_their_order() -> None:
    same = np.repeat(DESCRIBED["disc"][None], 3, 0)
    hits = rank(np.stack([DESCRIBED["disc"]] * 2), same, 8)
    assert [hit.number for hit in hits] == [0, 1, 2]
    assert not any(hit.mirrored for hit in hits)


def test_a_mirrored_shape_is_found_and_said_to_be_mirrored() -> None:
    library = np.stack(list(DESCRIBED.values()))
    figure = shapes()["hook"][:, ::-1]
    (best, *_) = rank(both_ways(SHAPE, figure, rim(figure)), library, 3)
    assert list(DESCRIBED)[best.number] == "hook"
    assert best.mirrored
    assert best.distance < 0.2


def test_a_tilted_shape_is_nearer_to_itself_than_to_others() -> None:
    figure = rotate(shapes()["triangle"].astype(float), 8) > 0.5
    (best, *_) = rank(both_ways(SHAPE, figure, rim(figure)), np.stack(list(DESCRIBED.values())), 1)
    assert list(DESCRIBED)[best.number] == "triangle"


def test_lines_tell_figures_of_one_outline_apart() -> None:
    disc = shapes()["disc"]
    stripes = np.zeros_like(disc)
    stripes[::12] = True
    rows, columns = (SHAPE(disc, rim(disc) | (s & disc)) for s in (stripes, stripes.T))
    assert distance(rows, columns) > 0.3
    outline = Shape(outline=1.0)
    same = (outline(disc, rim(disc) | s) for s in (stripes, stripes.T))
    assert distance(*same) < 1e-6


def test_a_picture_that_is_all_figure_or_none_has_no_shape() -> None:
    picture = np.zeros((40, 40, 3), dtype=np.float32)
    assert SHAPE.of_picture(picture, np.zeros((40, 40), dtype=bool)) is None
    assert SHAPE.of_picture(picture, np.ones((40, 40), dtype=bool)) is None
