"""The index of a library: what is remembered, made anew, skipped; and how fast it answers."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.draw import disk

from stylenet.errors import StylenetError
from stylenet.regions import BorderContrast, Describer, Library, Shape, both_ways, ranked

SHAPE = Shape()


class Counted(Describer):
    """Counts the pictures that it describes; the first ``seen`` of them only."""

    def __call__(self, file: Path) -> np.ndarray | str:
        calls.append(file.name)
        if len(calls) > limit[0]:
            raise KeyboardInterrupt
        return super().__call__(file)


calls: list[str] = []
limit = [1000]


@pytest.fixture(autouse=True)
def nothing_counted() -> None:
    calls.clear()
    limit[0] = 1000


def draw(file: Path, row: int = 20, column: int = 24, radius: int = 12) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    picture = np.full((40, 48, 3), (60, 90, 60), dtype=np.uint8)
    picture[disk((row, column), radius)] = (220, 90, 40)
    Image.fromarray(picture).save(file)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    for number in range(5):
        draw(tmp_path / "pictures" / f"{number}.png", radius=8 + number)
    return Library(
        tmp_path / "pictures", tmp_path / "cache", Counted(BorderContrast(), SHAPE, px=48)
    )


def names(shapes) -> list[str]:
    return [file.name for file in shapes.files]


def test_a_picture_is_described_once_and_again_only_when_it_changed(library: Library) -> None:
    first = library.shapes()
    assert sorted(calls) == [f"{n}.png" for n in range(5)]
    assert first.made == 5
    assert first.descriptors.shape == (5, SHAPE.size)
    calls.clear()
    again = library.shapes()
    assert again.made == 0 == len(calls)
    np.testing.assert_array_equal(again.descriptors, first.descriptors)
    draw(library.folder / "3.png", radius=6)
    draw(library.folder / "below" / "new.jpg")
    (library.folder / "0.png").unlink()
    changed = library.shapes()
    assert sorted(calls) == ["3.png", "new.jpg"]
    assert names(changed) == ["1.png", "2.png", "3.png", "4.png", "new.jpg"]
    np.testing.assert_array_equal(changed.descriptors[0], first.descriptors[1])
    assert not np.array_equal(changed.descriptors[2], first.descriptors[3])


def test_what_is_remembered_is_what_would_be_worked_out(library: Library) -> None:
    shapes = library.shapes()
    for file, descriptor in zip(shapes.files, shapes.descriptors, strict=True):
        worked_out = library.describe(file)
        np.testing.assert_allclose(descriptor, worked_out, atol=1e-3)


def test_other_settings_are_another_index(library: Library, tmp_path: Path) -> None:
    library.shapes()
    finer = Counted(BorderContrast(), Shape(grid=8), px=48)
    other = Library(library.folder, tmp_path / "cache", finer).shapes()
    assert other.made == 5
    assert other.descriptors.shape[1] == Shape(grid=8).size


def test_an_interrupted_building_loses_nothing(library: Library) -> None:
    limit[0] = 3
    with pytest.raises(KeyboardInterrupt):
        library.shapes()
    limit[0] = 1000
    calls.clear()
    assert library.shapes().made == 2
    assert len(calls) == 2


def test_a_damaged_index_is_made_anew(library: Library, caplog) -> None:
    library.shapes()
    library.file.write_bytes(b"this is no database" * 100)
    assert library.shapes().made == 5
    assert "damaged" in caplog.text


def test_unreadable_pictures_are_skipped_with_a_note_and_not_tried_again(
    library: Library, caplog
) -> None:
    (library.folder / "broken.jpg").write_bytes(b"no picture")
    Image.new("RGB", (40, 40), "red").save(library.folder / "flat.png")
    Image.open(library.folder / "1.png").convert("L").save(library.folder / "grey.png")
    with caplog.at_level(logging.INFO):
        shapes = library.shapes()
    assert len(shapes.files) == 5
    skipped = {file.name: why for file, why in shapes.skipped.items()}
    # which kinds are readable depends on what is installed
    broken = skipped.pop("broken.jpg")
    assert broken.startswith("it is not a picture, or its header is damaged (readable: JPEG, PNG")
    assert skipped == {
        "flat.png": "no figure stands out from its border",
        "grey.png": "it has hardly any colour",
    }
    assert "skipped" in caplog.text
    assert "broken.jpg: it is not a picture" in caplog.text
    calls.clear()
    assert library.shapes().made == 0


def test_many_pictures_skipped_for_one_reason_are_one_line(library: Library, caplog) -> None:
    for number in range(5):
        Image.new("RGB", (40, 40), "red").save(library.folder / f"flat{number}.png")
    with caplog.at_level(logging.INFO):
        library.shapes()
    (line,) = [one for one in caplog.messages if one.startswith("skipped")]
    assert line.endswith("flat2.png and 2 more: no figure stands out from its border")


def test_an_empty_library_and_one_without_figures_say_so(tmp_path: Path) -> None:
    describe = Describer(BorderContrast(), SHAPE)
    with pytest.raises(StylenetError, match=r"library=.*expected a folder"):
        Library(tmp_path / "nowhere", tmp_path, describe)
    (tmp_path / "empty").mkdir()
    with pytest.raises(StylenetError, match=r"library=.*holds no picture.*Point library"):
        Library(tmp_path / "empty", tmp_path, describe).shapes()
    Image.new("RGB", (40, 40), "grey").save(tmp_path / "empty" / "flat.png")
    with pytest.raises(StylenetError, match=r"none can be used.*flat\.png.*reference="):
        Library(tmp_path / "empty", tmp_path, describe).shapes()


def test_two_thousand_pictures_answer_well_within_two_seconds(
    tmp_path: Path, slowness: Callable[[], float]
) -> None:
    """Files and descriptors are made up; all else is what a run does."""
    folder = tmp_path / "many"
    for number in range(2000):
        file = folder / f"{number % 20}" / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"%d" % number)

    class MadeUp(Describer):
        def __call__(self, file: Path) -> np.ndarray:
            values = np.random.default_rng(int(file.stem)).normal(size=SHAPE.size)
            return (values / np.linalg.norm(values)).astype(np.float32)

    library = Library(folder, tmp_path / "cache", MadeUp(BorderContrast(), SHAPE))
    library.shapes()
    wanted = folder / "17" / "1337.png"
    query = library.describe(wanted)
    query = np.stack([query, -query])
    began = time.process_time()
    hits = ranked(library, query, 6)
    assert time.process_time() - began < slowness()
    assert hits[0].file.samefile(wanted)
    assert hits[0].distance < 0.05


def test_the_nearest_shape_is_ranked_first(library: Library) -> None:
    draw(library.folder / "off.png", row=12, column=12, radius=6)
    picture = np.zeros((40, 48), dtype=bool)
    picture[5:35, 20:28] = True
    standing = np.where(picture[..., None], (220, 90, 40), (60, 90, 60)).astype(np.uint8)
    Image.fromarray(standing).save(library.folder / "standing.png")
    line = picture & ~np.roll(picture, 1, 0)
    (best, *rest) = ranked(library, both_ways(SHAPE, picture, line), 3)
    assert best.file.name == "standing.png"
    assert [hit.distance for hit in rest] == sorted(hit.distance for hit in rest)
