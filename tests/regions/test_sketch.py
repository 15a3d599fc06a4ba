"""Line drawings: what is closed, what is a gap, what is no drawing."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.draw import disk, ellipse, line, rectangle_perimeter
from skimage.transform import rotate

from stylenet.regions import Drawing, DrawingError, LineArt

Array = NDArray[np.float32]


def paper(height: int = 120, width: int = 160) -> Array:
    return np.ones((height, width), dtype=np.float32)


def ring(page: Array, row: int, column: int, radius: int, thick: int = 2) -> Array:
    outer, inner = (np.zeros(page.shape, dtype=bool) for _ in range(2))
    outer[disk((row, column), radius, shape=page.shape)] = True
    inner[disk((row, column), radius - thick, shape=page.shape)] = True
    page = page.copy()
    page[outer & ~inner] = 0
    return page


def read(page: Array, **settings: float) -> Drawing:
    return LineArt(**settings)(np.repeat(page[..., None], 3, -1))


def test_what_a_line_closes_is_figure_with_its_line_and_the_rest_is_ground() -> None:
    drawing = read(ring(paper(), 60, 80, 30))
    solid = np.zeros((120, 160), dtype=bool)
    solid[disk((60, 80), 30)] = True
    assert drawing.count == 1
    assert (drawing.figure ^ solid).mean() < 0.005
    assert drawing.figure[drawing.ink].all()
    assert drawing.gap == 0


def test_regions_inside_one_another_and_side_by_side_are_told_apart() -> None:
    page = ring(ring(paper(), 60, 50, 35), 60, 50, 15)
    drawing = read(ring(page, 60, 130, 20))
    at = [drawing.labels[60, 50], drawing.labels[60, 75], drawing.labels[60, 130]]
    assert sorted(at) == [1, 2, 3]
    assert drawing.labels[5, 5] == 0
    assert set(np.unique(drawing.labels)) == {0, 1, 2, 3}


def test_turning_the_page_turns_the_regions() -> None:
    page = ring(ring(paper(), 60, 50, 35), 60, 130, 20)
    upright, turned = read(page), read(np.rot90(page).copy())
    assert (np.rot90(upright.figure) ^ turned.figure).mean() < 0.005
    areas = [sorted(np.bincount(d.labels.ravel())[1:]) for d in (upright, turned)]
    np.testing.assert_allclose(*areas, rtol=0.02)


@pytest.mark.parametrize("width", [2, 4])
def test_a_gap_in_the_outline_is_closed_and_said(width: int) -> None:
    page = ring(paper(), 60, 80, 30)
    page[60 - width // 2 : 60 + width // 2, 100:] = 1
    drawing = read(page)
    assert 0.9 < drawing.figure.sum() / (np.pi * 30**2) < 1.1
    assert width <= drawing.gap <= 8


def test_a_gap_wider_than_allowed_is_no_figure_and_the_remedy_is_named() -> None:
    page = ring(paper(), 60, 80, 30)
    page[45:75, 100:] = 1
    with pytest.raises(DrawingError, match=r"close no region.*colouring\.drawing\.gap=.*mask="):
        read(page)


def test_light_lines_on_a_dark_ground_are_inverted_and_grey_paper_counts_as_paper() -> None:
    page = ring(paper(), 60, 80, 30)
    chalk, grey = read(1 - page), read(0.2 + 0.5 * page)
    assert chalk.inverted
    assert "inverted" in chalk.remarks[0]
    assert (chalk.labels == read(page).labels).all()
    assert (grey.labels == read(page).labels).all()


def test_a_frame_is_left_out_and_said() -> None:
    page = ring(paper(), 60, 80, 30)
    page[rectangle_perimeter((2, 2), (117, 157))] = 0
    drawing = read(page)
    assert 0.1 < drawing.figure.mean() < 0.2
    assert "frame" in drawing.remarks[-1]


def test_an_outline_around_nearly_everything_that_holds_no_lines_stays_a_figure() -> None:
    page = paper()
    page[rectangle_perimeter((2, 2), (117, 157))] = 0
    assert read(page).figure.mean() > 0.9


def test_stray_lines_are_ground() -> None:
    page = ring(paper(), 60, 80, 25)
    page[line(5, 5, 110, 20)] = 0
    drawing = read(page)
    assert drawing.count == 1
    assert not drawing.figure[:, :40].any()


def test_small_regions_belong_to_what_surrounds_them() -> None:
    drawing = read(ring(ring(paper(), 60, 80, 35), 60, 80, 4), least=0.01)
    assert drawing.count == 1
    assert drawing.labels[60, 80] == 1


@pytest.mark.parametrize("level", [1.0, 0.6, 0.97])
def test_an_empty_page_is_said_to_be_empty(level: float) -> None:
    with pytest.raises(DrawingError, match=r"empty drawing: 0.00% of it is lines.*expected dark"):
        read(paper() * level)


def test_a_photograph_is_said_to_be_one() -> None:
    random = np.random.default_rng(0)
    coarse = random.random((6, 8))
    smooth = rotate(np.kron(coarse, np.ones((20, 20))), 10, mode="reflect", order=3)
    with pytest.raises(DrawingError, match=r"photograph .* grey levels, .*% of it paper.*expected"):
        read(smooth.astype(np.float32))


def test_a_filled_silhouette_is_no_line_drawing() -> None:
    page = paper()
    page[ellipse(60, 80, 40, 60)] = 0
    with pytest.raises(DrawingError, match="solid"):
        read(page)


def test_a_large_drawing_is_read_at_a_smaller_size() -> None:
    page = np.kron(ring(paper(), 60, 80, 30), np.ones((5, 5), dtype=np.float32))
    drawing = read(page, px=160)
    assert drawing.labels.shape == (120, 160)
    assert drawing.figure.mean() == pytest.approx(np.pi * 30**2 / (120 * 160), rel=0.05)


def test_a_given_figure_keeps_the_regions_in_it() -> None:
    art = LineArt()
    page = ring(ring(paper(), 60, 50, 35), 60, 50, 15)
    drawing = art.closed(art.lines(np.repeat(page[..., None], 3, -1)))
    mask = np.zeros(page.shape, dtype=bool)
    mask[:, :70] = True
    within = drawing.within(mask)
    assert (within.figure == mask).all()
    assert within.count == 2
    empty = art.lines(np.ones((*page.shape, 3), dtype=np.float32))
    assert (empty.within(mask).labels == mask).all()


def test_the_silhouette_joins_what_a_gap_parts_and_drops_specks() -> None:
    labels = np.zeros((60, 100), dtype=np.int64)
    labels[20:40, 10:40] = 1
    labels[20:40, 44:70] = 2
    labels[5:8, 90:93] = 3
    blank = np.ones(labels.shape, dtype=np.float32)
    drawing = Drawing(blank, labels < 0, labels, gap=8)
    assert drawing.silhouette[30, 42]
    assert not drawing.silhouette[:, 80:].any()
    assert not drawing.silhouette[:15].any()
