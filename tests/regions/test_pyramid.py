"""Laws of the Laplacian pyramid, and its formula written out."""

from __future__ import annotations

import numpy as np
import pytest

from stylenet.errors import StylenetError
from stylenet.regions import (
    expand,
    laplacian_pyramid,
    level_pictures,
    most_levels,
    reconstruct,
    reduce,
)

SIZES = [(64, 48), (63, 37), (17, 50), (8, 8), (7, 9)]
RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("size", SIZES)
def test_the_levels_give_the_picture_back(size: tuple[int, int]) -> None:
    picture = RANDOM.random((*size, 3))
    for levels in range(1, most_levels(*size) + 1):
        pyramid = laplacian_pyramid(picture, levels)
        assert len(pyramid) == levels
        np.testing.assert_allclose(reconstruct(pyramid), picture, atol=1e-14)
        halves = [tuple(-(-side // 2**n) for side in size) for n in range(levels)]
        assert [level.shape[:2] for level in pyramid] == halves
    single = picture.astype(np.float32)
    pyramid = laplacian_pyramid(single, 2)
    assert {level.dtype for level in pyramid} == {np.dtype(np.float32)}
    np.testing.assert_allclose(reconstruct(pyramid), single, atol=1e-6)


@pytest.mark.parametrize("size", SIZES)
def test_a_flat_picture_has_nothing_but_its_last_level(size: tuple[int, int]) -> None:
    *finer, last = laplacian_pyramid(np.full((*size, 3), 0.3), most_levels(*size))
    for level in finer:
        np.testing.assert_allclose(level, 0, atol=1e-15)
    np.testing.assert_allclose(last, 0.3)


def test_reduce_and_expand_are_those_of_the_paper() -> None:
    """Burt and Adelson 1983, eq. 1 and 2, point by point, on mirrored pictures."""
    kernel = [1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16]
    line = RANDOM.random(9)
    mirrored = np.pad(line, 2, mode="reflect")
    reduced = [sum(kernel[m] * mirrored[2 * i + m] for m in range(5)) for i in range(5)]
    across = reduce(np.tile(line, (6, 1))[..., None])
    np.testing.assert_allclose(across[..., 0], np.tile(reduced, (3, 1)))

    small = np.pad(line, 2, mode="reflect")
    for length in (17, 18):
        wanted = [
            2
            * sum(kernel[m + 2] * small[2 + (i - m) // 2] for m in range(-2, 3) if (i - m) % 2 == 0)
            for i in range(length)
        ]
        found = expand(np.tile(line, (3, 1))[..., None], 6, length)[0, :, 0]
        np.testing.assert_allclose(found[:16], wanted[:16])


def test_a_level_holds_its_own_frequencies() -> None:
    """Stripes two pixels apart are in the finest level, wide waves in the coarsest."""
    x = np.arange(64)
    stripes = np.tile(0.5 + 0.25 * np.cos(np.pi * x), (64, 1))[..., None]
    waves = np.tile(0.5 + 0.25 * np.cos(2 * np.pi * x / 64), (64, 1))[..., None]
    for picture, strongest in ((stripes, 0), (waves, 2)):
        pictures = level_pictures(picture, 3)
        spreads = [float(shown.std()) for shown in pictures]
        assert int(np.argmax(spreads)) == strongest
        assert spreads[strongest] > 20 * sorted(spreads)[1]
        for shown in pictures:
            assert shown.shape == picture.shape
            assert shown.mean() == pytest.approx(0.5, abs=0.02)
            assert 0 <= shown.min() <= shown.max() <= 1


def test_the_level_pictures_add_up_to_the_picture_where_nothing_is_cut_off() -> None:
    picture = 0.4 + 0.2 * RANDOM.random((33, 41, 3))
    finer = level_pictures(picture, 3)
    np.testing.assert_allclose(sum(finer) - 2 * 0.5, picture, atol=1e-14)


@pytest.mark.parametrize("levels", [0, 6])
def test_too_many_levels_and_none_are_refused(levels: int) -> None:
    with pytest.raises(StylenetError, match=rf"{levels} levels .* 80 x 61 pixels, expected 1 to 5"):
        laplacian_pyramid(np.zeros((61, 80, 3)), levels)
