"""Figure and ground of pictures."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.data import coffee
from skimage.draw import disk

from stylenet.regions import BorderContrast, resized
from stylenet.regions.silhouettes import cleaned, neighbours


def blob(colour: tuple[float, ...], ground: tuple[float, ...], noise: float = 0.05) -> np.ndarray:
    picture = np.ones((80, 120, 3)) * ground
    picture[disk((40, 50), 22)] = colour
    random = np.random.default_rng(0).normal(0, noise, picture.shape)
    return np.clip(picture + random, 0, 1).astype(np.float32)


TRUTH = np.zeros((80, 120), dtype=bool)
TRUTH[disk((40, 50), 22)] = True


def overlap(found: np.ndarray, truth: np.ndarray) -> float:
    return (found & truth).sum() / (found | truth).sum()


@pytest.mark.parametrize(
    ("colour", "ground"),
    [((0.8, 0.3, 0.2), (0.3, 0.5, 0.3)), ((0.1, 0.1, 0.1), (0.7, 0.7, 0.9))],
)
def test_what_differs_from_the_border_is_figure(colour, ground) -> None:
    found = BorderContrast()(blob(colour, ground))
    assert overlap(found, TRUTH) > 0.85


def test_mirroring_the_picture_mirrors_the_figure() -> None:
    picture = blob((0.8, 0.3, 0.2), (0.3, 0.5, 0.3))
    found, mirrored = (BorderContrast()(p) for p in (picture, picture[:, ::-1].copy()))
    assert overlap(found, mirrored[:, ::-1]) > 0.9


def test_the_figure_has_the_pictures_size_whatever_it_is_computed_at() -> None:
    picture = resized(blob((0.8, 0.3, 0.2), (0.3, 0.5, 0.3)), 240, 360)
    found = BorderContrast(px=120)(picture)
    assert found.shape == (240, 360)
    assert overlap(found, resized(TRUTH.astype(np.float32), 240, 360) > 0.5) > 0.9


def test_a_flat_picture_has_no_figure() -> None:
    assert not BorderContrast()(np.full((40, 60, 3), 0.4, dtype=np.float32)).any()


def test_a_photographs_cup_is_found() -> None:
    picture = resized(coffee().astype(np.float32) / 255, 100, 150)
    found = BorderContrast()(picture)
    assert found[50, 75]  # the coffee
    assert 0.1 < found.mean() < 0.7
    assert found[[0, 0, -1, -1], [0, -1, 0, -1]].sum() <= 1


def test_holes_are_filled_and_specks_dropped() -> None:
    figure = TRUTH.copy()
    figure[38:42, 48:52] = False
    figure[2:4, 100:102] = True
    assert (cleaned(figure, 0.1) == TRUTH).all()
    empty = np.zeros((5, 5), dtype=bool)
    assert not cleaned(empty, 0.1).any()


def test_neighbours_are_the_labels_that_touch() -> None:
    labels = np.array([[0, 0, 1], [2, 2, 1], [3, 3, 3]])
    assert neighbours(labels).tolist() == [[0, 1], [0, 2], [1, 2], [1, 3], [2, 3]]
