"""COCO's outlines: how they are kept, and drawn as a map of numbers."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Outlines:
    """What of an image is drawn in its map: (group, polygons or run lengths), later ones in front.

    ``height`` and ``width`` are those that the outlines are for.
    """

    height: int
    width: int
    parts: tuple[tuple[int, Any], ...]

    def labels(self) -> NDArray[np.uint8]:
        """The number of the group at each pixel, 0 where none is: (height,width)."""
        labels = np.zeros((self.height, self.width), np.uint8)
        for group, outline in self.parts:
            labels[drawn(outline, self.height, self.width)] = group
        return labels


def drawn(outline: Any, height: int, width: int) -> NDArray[np.bool_]:
    """What polygons or run lengths enclose, (height,width); a damaged outline raises anything."""
    from pycocotools import mask

    with warnings.catch_warnings():  # pycocotools 2.0.11 to itself, of numpy 2
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        runs = outline
        if isinstance(outline, list) or isinstance(outline["counts"], list):
            runs = mask.frPyObjects(outline, height, width)
        inside: NDArray[np.bool_] = mask.decode(
            mask.merge(runs) if isinstance(runs, list) else runs
        ).astype(bool)
    return inside


def pack_outline(entry: dict[str, Any]) -> dict[str, Any]:
    """Polygons of an entry as arrays, which take less memory than lists of numbers.

    What is no list of polygons stays as it is.
    """
    outline = entry.get("segmentation")
    if isinstance(outline, list) and all(isinstance(polygon, list) for polygon in outline):
        try:
            entry["segmentation"] = [np.array(polygon, np.float64) for polygon in outline]
        except (TypeError, ValueError):
            return entry
    return entry
