"""Maps that correspond by their colours, and maps at other sizes."""

from __future__ import annotations

import numpy as np
import pytest

from stylenet.regions import RegionError, RegionMap, colour_name, correspond, fit_map

RED, GREEN, BLUE, GREY = (255, 0, 0), (0, 255, 0), (0, 0, 255), (128, 128, 128)


def flag(*colours: tuple[int, int, int], height: int = 4) -> RegionMap:
    """Columns of these colours."""
    labels = np.tile(np.arange(len(colours)), (height, 1))
    return RegionMap(labels, tuple(map(colour_name, colours)), colours)


def columns(regions: RegionMap) -> list[str]:
    return [regions.names[n] for n in regions.labels[0]]


def test_equal_colours_are_one_region_in_whatever_order():
    content, style = correspond(flag(RED, BLUE, GREEN), flag(GREEN, RED, BLUE))
    assert content.names == style.names
    assert columns(content) == ["0xff0000", "0x0000ff", "0x00ff00"]
    assert columns(style) == ["0x00ff00", "0xff0000", "0x0000ff"]


def test_colours_that_jpeg_changed_are_equal_but_not_those_that_could_be_others():
    content, style = correspond(flag(RED, BLUE), flag((2, 3, 249), (251, 4, 2)))
    assert content.names == style.names == ("0xff0000", "0x0000ff")
    assert columns(style) == ["0x0000ff", "0xff0000"]
    greys = [(n, n, n) for n in range(4)]
    with pytest.raises(RegionError, match="only the content map has 0x020202"):
        correspond(flag(*greys[:3]), flag(greys[0], greys[1], greys[3]))


def test_a_colour_missing_on_one_side_is_an_error_that_lists_both_palettes():
    words = (
        r"only the content map has 0x00ff00, only the style map has 0x808080. The content map has "
        r"0xff0000 \(50\.0%\), 0x00ff00 \(50\.0%\); the style map has .*regions\.pairs.*background"
    )
    with pytest.raises(RegionError, match=words):
        correspond(flag(RED, GREEN), flag(RED, GREY))


def test_the_rest_falls_to_the_background_if_asked():
    content, style = correspond(flag(RED, GREEN, BLUE), flag(RED, GREY, BLUE), background=BLUE)
    assert content.names == ("0xff0000", "0x0000ff")
    assert columns(content) == ["0xff0000", "0x0000ff", "0x0000ff"]
    assert columns(style) == ["0xff0000", "0x0000ff", "0x0000ff"]
    content, style = correspond(flag(RED, GREEN), flag(RED, GREY), background=GREY)
    assert columns(content) == ["0xff0000", "0x00ff00"]
    assert columns(style) == ["0xff0000", "0x00ff00"]
    with pytest.raises(RegionError, match="the background 0x808080 is not in both"):
        correspond(flag(RED, GREEN), flag(RED, BLUE), background=GREY)
    with pytest.raises(RegionError, match="the background 0x808080 is not in both"):
        correspond(flag(RED), flag(RED, BLUE, GREY), background=GREY)


def test_pairs_make_different_colours_correspond_and_merge_what_shares_a_partner():
    content, style = correspond(flag(RED, GREEN), flag(BLUE, GREY), pairs={RED: GREY, GREEN: BLUE})
    assert columns(content) == ["0xff0000", "0x00ff00"]
    assert columns(style) == ["0x00ff00", "0xff0000"]
    content, style = correspond(flag(RED, GREEN, BLUE), flag(RED, BLUE), pairs={GREEN: BLUE})
    assert columns(content) == ["0xff0000", "0x00ff00", "0x00ff00"]
    assert columns(style) == ["0xff0000", "0x00ff00"]
    with pytest.raises(RegionError, match="Got the pair 0x808080: 0xff0000, but the content map"):
        correspond(flag(RED, GREEN), flag(RED, BLUE), pairs={GREY: RED})


def test_regions_without_pixels_are_left_out():
    empty = RegionMap(np.zeros((2, 2), int), ("cat", "dog"), (RED, GREEN))
    content, style = correspond(empty, flag(RED))
    assert content.names == style.names == ("cat",)


def test_a_map_of_another_size_is_fitted_by_its_nearest_pixels():
    assert (
        columns(fit_map(flag(RED, BLUE, height=2), 4, 4, "map"))
        == ["0xff0000"] * 2 + ["0x0000ff"] * 2
    )
    large = RegionMap(np.arange(36).reshape(6, 6) % 6 // 2, ("a", "b", "c"), (RED, GREEN, BLUE))
    small = fit_map(large, 3, 3, "map")
    assert small.labels.tolist() == [[0, 1, 2]] * 3
    same = flag(RED, BLUE)
    assert fit_map(same, 4, 2, "map") is same
    assert fit_map(RegionMap(np.zeros((321, 481), int), ("a",), (RED,)), 171, 256, "").size == (
        171,
        256,
    )
    with pytest.raises(
        RegionError, match=r"my map of 2x4 px for a picture of 4x4 px, expected the same"
    ):
        fit_map(flag(RED, BLUE), 4, 4, "my map")
