"""Region maps in files: any format, found colours, given ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stylenet.errors import StylenetError
from stylenet.images import PictureError
from stylenet.regions import RegionError, RegionMap, read_region_map, read_regions, write_region_map

CASES = Path(__file__).parents[1] / "faults" / "cases"


def test_regions_of_a_map_are_its_nearest_colours(tmp_path: Path) -> None:
    picture = Image.new("RGB", (8, 6), "red")
    picture.paste((0, 0, 255), (0, 0, 4, 6))
    picture.putpixel((7, 5), (250, 9, 3))  # as JPEG leaves it
    picture.save(tmp_path / "map.png")
    regions = read_regions(tmp_path / "map.png", ["blue", "0xff0000"])
    assert regions.sum(0).eq(1).all()
    assert regions[0, :, :4].eq(1).all()
    assert regions[1, :, 4:].eq(1).all()
    with pytest.raises(RegionError, match=r"map\.png: it has no lime"):
        read_regions(tmp_path / "map.png", ["blue", "red", "lime"])
    with pytest.raises(RegionError, match=r"24 of its 48 pixels.*blue, most of them red"):
        read_regions(tmp_path / "map.png", ["blue"])
    with pytest.raises(StylenetError, match="colour 'blurple', which is none"):
        read_regions(tmp_path / "map.png", ["blurple"])


def test_indexed_and_rgb_files_are_read_alike_and_written_as_they_were(tmp_path: Path) -> None:
    labels = np.repeat(np.array([[0, 1, 2]], dtype=np.uint8), 8, 0).repeat(8, 1)
    indexed = Image.fromarray(labels, "P")
    indexed.putpalette([255, 0, 0, 0, 0, 255, 254, 0, 0])
    indexed.save(tmp_path / "indexed.png")
    indexed.convert("RGB").save(tmp_path / "rgb.png")
    one, other = read_region_map(tmp_path / "indexed.png"), read_region_map(tmp_path / "rgb.png")
    assert set(one.names) == {"0xff0000", "0x0000ff", "0xfe0000"}
    assert (one.picture() == other.picture()).all()
    again = read_region_map(write_region_map(tmp_path / "again.png", one))
    assert (again.labels == one.labels).all()
    assert (again.names, again.colours) == (one.names, one.colours)


def test_what_is_no_map_gets_words(tmp_path: Path, photos: Path) -> None:
    with pytest.raises(RegionError, match=r"00\.jpg is no region map.*photograph.*flat colours"):
        read_region_map(photos / "00.jpg")
    with pytest.raises(PictureError, match="no such file"):
        read_region_map(tmp_path / "none.png")


def test_a_map_as_jpeg_leaves_it_is_the_map_again(tmp_path: Path) -> None:
    labels = np.zeros((96, 120), dtype=np.int64)
    labels[30:, 40:] = 1
    labels[60:, :70] = 2
    drawn = RegionMap(labels, ("a", "b", "c"), ((230, 25, 75), (60, 180, 75), (255, 225, 25)))
    file = write_region_map(tmp_path / "map.png", drawn)
    for quality in (95, 75, 40):
        Image.open(file).convert("RGB").save(tmp_path / "map.jpg", quality=quality)
        found = read_region_map(tmp_path / "map.jpg")
        assert len(found.names) == 3
        near = np.abs(found.picture().astype(int) - drawn.picture()).max(2) < 30
        assert near.mean() > 0.98


@pytest.mark.parametrize(
    ("case", "colours"), [("bw_aa.png", ["black", "white"]), ("map.jpg", ["red", "blue"])]
)
def test_soft_edges_are_read_alike_whether_the_colours_are_found_or_given(
    case: str, colours: list[str]
) -> None:
    found = read_region_map(CASES / case)
    given = read_regions(CASES / case, colours).numpy()
    assert given.sum(0).min() == given.sum(0).max() == 1
    assert np.abs(found.soft(*found.size) - given).mean() < 0.002


def test_a_foreign_colour_is_refused_where_it_has_an_area_and_no_edge_is_one(
    tmp_path: Path,
) -> None:
    picture = Image.new("RGB", (80, 60), "red")
    picture.paste((0, 0, 255), (0, 0, 40, 60))
    picture.paste((128, 0, 128), (39, 0, 41, 60))  # a blurred edge of 2.5 %
    picture.save(tmp_path / "edge.png")
    regions = read_regions(tmp_path / "edge.png", ["blue", "red"])
    assert regions[0, :, :40].eq(1).all()
    assert regions[1, :, 40:].eq(1).all()
    picture.paste((0, 255, 0), (70, 10, 75, 15))  # half a hundredth
    picture.save(tmp_path / "foreign.png")
    with pytest.raises(RegionError, match="most of them lime"):
        read_regions(tmp_path / "foreign.png", ["blue", "red"])
