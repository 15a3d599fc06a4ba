"""Images with maps of categories, drawn from COCO's outlines when an image is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stylenet.data.coco.instances import read_instances
from stylenet.data.coco.outlines import Outlines, pack_outline
from stylenet.data.pictures import FilePictures
from stylenet.errors import StylenetError
from stylenet.images import PictureError


@dataclass(frozen=True)
class MappedFiles(FilePictures):
    """Image files with a map each.

    Args:
        paths: as `FilePictures`.
        root: likewise.
        outlines: of each image, by file name.
        count: regions of a map: the background and the groups of categories.
    """

    outlines: Mapping[str, Outlines]
    count: int

    def labels(self, number: int) -> NDArray[np.uint8]:
        """The region of each pixel, 0 to ``count`` - 1.

        Raises:
            PictureError: an outline that cannot be drawn.
        """
        file = self.paths[number]
        try:
            return self.outlines[file.name].labels()
        except Exception as error:  # pycocotools raises whatever a damaged outline makes
            raise PictureError(
                file,
                f"an outline of it cannot be drawn: {type(error).__name__} {error}",
                "Use a file with 'segmentation', polygons or run lengths.",
            ) from error


def read_outlines(file: Path, groups: Sequence[Sequence[str]]) -> dict[str, Outlines]:
    """The outlines of the instances of some categories, for each image that has any.

    Where instances overlap, the smaller one is in front. Crowds count as instances.

    Args:
        file: COCO's instances, with outlines.
        groups: names of categories, one or more in each; group n is region n + 1.

    Raises:
        StylenetError: the file is unreadable, a category is unknown or named twice, or images
            have no size.
    """
    named = [name for group in groups for name in group]
    numbers = {name: number for number, group in enumerate(groups, 1) for name in group}
    if not named or len(numbers) < len(named) or not all(groups):
        raise StylenetError(
            f"Got data.regions={[list(group) for group in groups]}, expected groups of categories, "
            "each category once.",
            "Use e.g. 'data.regions=[[person],[cat,dog]]'.",
        )
    coco = read_instances(file, pack_outline)
    kinds = {number: category["name"] for number, category in coco.cats.items()}
    if unknown := sorted(set(named) - set(kinds.values())):
        raise StylenetError(
            f"data.regions names {', '.join(unknown)}, which {file} does not have.",
            f"There are: {', '.join(kinds.values())}.",
        )
    found = {}
    for key, image in coco.imgs.items():
        wanted = [a for a in coco.imgToAnns[key] if kinds.get(a["category_id"]) in numbers]
        wanted = [a for a in wanted if a.get("segmentation")]
        if not wanted:
            continue
        if not {"height", "width"} <= set(image):
            raise StylenetError(
                f"{file} gives no size for {image['file_name']}, so that no map can be drawn.",
                "Use a file with height and width of each picture.",
            )
        wanted.sort(key=lambda one: -float(one["area"]))
        parts = tuple((numbers[kinds[a["category_id"]]], a["segmentation"]) for a in wanted)
        found[Path(image["file_name"]).name] = Outlines(image["height"], image["width"], parts)
    return found
