"""Region maps in files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from stylenet.files import expanded
from stylenet.images import colour_values, open_image, write_image
from stylenet.regions.colours import label_colours, read_map
from stylenet.regions.region_map import RegionMap


def read_region_map(path: str | Path) -> RegionMap:
    """The regions of an image of flat colours, one for each colour.

    Raises:
        PictureError: an unreadable file.
        RegionError: a photograph, or anything else without a few flat colours.
    """
    file = expanded(path)
    return read_map(np.asarray(open_image(file)), f"The region map {file}")


def read_regions(path: str | Path, colours: Sequence[str]) -> Tensor:
    """The places of each of ``colours`` in a map: (R,H,W) float32, 1 or 0, one region a place.

    Each pixel belongs to the nearest colour, at blurred edges to the region beside it.

    Args:
        path: the map.
        colours: names as in CSS, such as ``red``, or ``0xff0000``; at least one.

    Raises:
        PictureError: an unreadable map.
        StylenetError: an unknown colour.
        RegionError: another colour has an area of its own; a colour that is nowhere.
    """
    file = expanded(path)
    values = [colour_values(colour) for colour in colours]
    regions = label_colours(np.asarray(open_image(file)), values, f"The region map {file}", colours)
    return torch.from_numpy(regions.soft(*regions.size))


def write_region_map(path: str | Path, regions: RegionMap) -> Path:
    """Write a map in its colours; see `write_image`."""
    return write_image(path, torch.from_numpy(regions.picture()).permute(2, 0, 1).float() / 255)
