"""Where the categories of COCO's instances are in one image."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stylenet.data.coco.instances import read_instances
from stylenet.data.coco.outlines import drawn
from stylenet.errors import StylenetError


def category_labels(file: Path, picture: str, groups: Sequence[Sequence[str]]) -> NDArray[np.int64]:
    """The number of the group of categories at each pixel of ``picture``, from 1; 0 where none is.

    Where instances overlap, the smaller one is in front. Crowds count as instances.

    Args:
        file: a file of COCO's instances, with outlines.
        picture: a file name that it lists.
        groups: names of categories, at least one in each; none twice.

    Returns:
        (H,W) whole numbers, at the size that the annotations are for.

    Raises:
        StylenetError: an unreadable file, an image that it does not list, or a group that has no
            instance in it; lists the categories that have.
    """
    if not file.is_file():
        raise StylenetError(
            f"The annotation file {file} does not exist; expected COCO's instances, as JSON.",
            "Set regions.annotations=<instances_….json>.",
        )
    coco = read_instances(file, _OfOnePicture(picture))
    names = {_base(one["file_name"]): one for one in coco.imgs.values()}
    image = names.get(picture)
    if image is None or not {"height", "width"} <= set(image):
        near = get_close_matches(picture, names, 1, 0.5)
        has = "lists no size for" if image else "does not list"
        raise StylenetError(
            f"The annotation file {file} {has} the picture {picture}.",
            (f"Did you mean {near[0]}? " if near and not image else "")
            + "Use the pictures that the annotations are of, under their own names.",
        )
    instances = coco.loadAnns(coco.getAnnIds(imgIds=[image["id"]]))
    names = {number: category["name"] for number, category in coco.cats.items()}
    present = sorted({names[one["category_id"]] for one in instances})
    missing = [" or ".join(group) for group in groups if not set(group) & set(present)]
    if missing or not groups:
        raise StylenetError(
            f"{picture} has no {' and no '.join(missing) or 'category chosen'}; there are "
            f"instances of: {', '.join(present) or 'nothing'}.",
            "Choose among these, e.g. 'regions.categories=[person]', or another picture.",
        )
    numbers = {name: number for number, group in enumerate(groups, 1) for name in group}
    wanted = [one for one in instances if names[one["category_id"]] in numbers]
    wanted.sort(key=lambda one: -float(one["area"]))
    labels = np.zeros((image["height"], image["width"]), np.int64)
    for one in wanted:
        try:
            inside = drawn(one.get("segmentation"), *labels.shape)
        except Exception as error:  # pycocotools raises whatever a damaged outline makes
            raise StylenetError(
                f"Instance {one['id']} in {file} has no outline that can be drawn: "
                f"{type(error).__name__} {error}.",
                "Use a file with 'segmentation', polygons or run lengths.",
            ) from error
        labels[inside] = numbers[names[one["category_id"]]]
    return labels


class _OfOnePicture:
    """Keeps the outlines of one image as the file is read: of all they are gigabytes.

    COCO's files list images before instances; where one does not, all are kept.
    """

    def __init__(self, picture: str) -> None:
        self.picture = picture
        self.number: int | None = None

    def __call__(self, entry: dict[str, Any]) -> dict[str, Any]:
        """What is kept of an entry."""
        if _base(entry.get("file_name", "")) == self.picture and "id" in entry:
            self.number = entry["id"]
        elif self.number is not None and entry.get("image_id") != self.number:
            entry.pop("segmentation", None)
        return entry


def _base(name: str) -> str:
    """A file's name without folders, which some annotations give, too."""
    return name.rpartition("/")[2]
