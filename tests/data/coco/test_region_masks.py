"""Labels of COCO's categories in one picture: outlines, crowds, overlaps, what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stylenet.data import category_labels
from stylenet.errors import StylenetError


def box(left: int, top: int, right: int, bottom: int) -> list[list[int]]:
    return [[left, top, right, top, right, bottom, left, bottom]]


def write(folder: Path, *instances: dict[str, Any]) -> Path:
    """Picture a.jpg of 6x4 px with these instances; one of b.jpg has no outline worth the name."""
    usual = {"image_id": 1, "category_id": 17, "iscrowd": 0}
    dataset = {
        "images": [
            {"id": 1, "file_name": "a.jpg", "height": 4, "width": 6},
            {"id": 2, "file_name": "b.jpg"},
        ],
        "annotations": [
            {"id": 9, "image_id": 2, "category_id": 19, "area": 1.0, "segmentation": "none"},
            *({**usual, "id": n, **one} for n, one in enumerate(instances)),
        ],
        "categories": [
            {"id": 17 + n, "name": name} for n, name in enumerate(("cat", "dog", "cow"))
        ],
    }
    file = folder / "instances.json"
    file.write_text(json.dumps(dataset))
    return file


def test_the_smaller_instance_is_in_front_and_groups_are_one_region(tmp_path: Path) -> None:
    cat = {"segmentation": box(0, 0, 4, 4), "area": 16.0}
    dog = {"segmentation": box(2, 0, 6, 2), "area": 8.0, "category_id": 18}
    file = write(tmp_path, dog, cat)
    labels = category_labels(file, "a.jpg", [["cat"], ["dog"]])
    assert labels.tolist() == [[1, 1, 2, 2, 2, 2]] * 2 + [[1, 1, 1, 1, 0, 0]] * 2
    together = category_labels(file, "a.jpg", [["cow"], ["cat", "dog"]][1:])
    assert (together == np.minimum(labels, 1)).all()


def test_crowds_come_as_run_lengths(tmp_path: Path) -> None:
    crowd = {"segmentation": {"counts": [4, 8, 12], "size": [4, 6]}, "iscrowd": 1, "area": 8.0}
    labels = category_labels(write(tmp_path, crowd), "a.jpg", [["cat"]])
    assert labels.tolist() == [[0, 1, 1, 0, 0, 0]] * 4  # by columns


def test_what_cannot_be_had_gets_words(tmp_path: Path) -> None:
    cat = {"segmentation": box(0, 0, 4, 4), "area": 16.0}
    file = write(tmp_path, cat)
    with pytest.raises(StylenetError, match=r"a.jpg has no dog or cow and no cow; .* of: cat\."):
        category_labels(file, "a.jpg", [["dog", "cow"], ["cow"]])
    with pytest.raises(StylenetError, match="no category chosen"):
        category_labels(file, "a.jpg", [])
    with pytest.raises(StylenetError, match=r"does not list the picture aa.jpg\. Did you mean a"):
        category_labels(file, "aa.jpg", [["cat"]])
    with pytest.raises(StylenetError, match=r"lists no size for the picture b.jpg"):
        category_labels(file, "b.jpg", [["cow"]])
    with pytest.raises(StylenetError, match=r"x.json does not exist.*regions.annotations"):
        category_labels(tmp_path / "x.json", "a.jpg", [["cat"]])
    with pytest.raises(StylenetError, match=r"Instance 0 .* has no outline that can be drawn"):
        category_labels(write(tmp_path, {"area": 1.0}), "a.jpg", [["cat"]])
