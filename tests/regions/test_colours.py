"""Regions found in pictures of flat colours: clean, antialiased, noisy, none at all."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from stylenet.regions import RegionError, RegionMap, read_map

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def drawn() -> RegionMap:
    labels = np.zeros((60, 80), dtype=np.int64)
    labels[:, 50:] = 1
    labels[40:] = 2
    return RegionMap(labels, ("0xff0000", "0x00ff00", "0x0000ff"), (RED, GREEN, BLUE))


def agreement(found: RegionMap) -> float:
    return float((found.picture() == drawn().picture()).all(2).mean())


def test_a_clean_map_is_read_exactly_however_alike_its_colours():
    regions = drawn()
    found = read_map(regions.picture(), "map")
    assert agreement(found) == 1
    assert found.names == ("0xff0000", "0x0000ff", "0x00ff00")  # the largest first
    grey = RegionMap(regions.labels, ("a", "b", "c"), ((0, 0, 0), (1, 1, 1), (2, 2, 2)))
    found = read_map(grey.picture(), "map")
    assert (found.picture() == grey.picture()).all()


def test_antialiased_edges_belong_to_the_regions_beside_them():
    """A blend of red and green must not become a third region, nor blue."""
    blurred = ndimage.gaussian_filter(drawn().picture().astype(float), (0.8, 0.8, 0))
    found = read_map(np.rint(blurred).astype(np.uint8), "map")
    assert set(found.names) == {"0xff0000", "0x00ff00", "0x0000ff"}
    assert agreement(found) > 0.97


def test_noise_is_no_region():
    random = np.random.default_rng(0)
    noisy = drawn().picture().astype(int) + random.integers(-1, 2, (60, 80, 3))
    found = read_map(noisy.clip(0, 255).astype(np.uint8), "map")
    assert len(found.names) == 3
    near = np.abs(found.picture().astype(int) - drawn().picture()).max(2) <= 2
    assert near.mean() > 0.99


def test_one_colour_is_one_region_and_the_smallest_maps_are_read():
    one = read_map(np.full((5, 4, 3), 7, dtype=np.uint8), "map")
    assert one.names == ("0x070707",)
    assert one.shares().tolist() == [1]
    two = read_map(np.array([[RED, BLUE]], dtype=np.uint8), "map")
    assert sorted(two.names) == ["0x0000ff", "0xff0000"]


@pytest.mark.parametrize("kind", ["noise", "gradient", "mosaic"])
def test_other_pictures_are_refused(kind):
    random = np.random.default_rng(0)
    ramp = np.tile(np.arange(80), (60, 1))
    pixels = {
        "noise": random.integers(0, 256, (60, 80, 3)),
        "gradient": np.stack([ramp * 3, 240 - ramp * 3, ramp], 2),
        "mosaic": random.integers(0, 256, (10, 10, 3)).repeat(6, 0).repeat(8, 1),
    }[kind].astype(np.uint8)
    with pytest.raises(RegionError, match=r"the map is no region map: 80x60 px of \d+ colours"):
        read_map(pixels, "the map")


def test_pixels_of_another_kind_are_refused():
    with pytest.raises(RegionError, match=r"shape \(4, 4\) and type float64"):
        read_map(np.zeros((4, 4)), "map")
