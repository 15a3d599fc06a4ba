"""Region maps: pictures of few colours, each of which marks the places of one region."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import ImageColor
from torch import Tensor

from stylenet.images.errors import PictureError
from stylenet.images.reading import read_image

TOLERANCE = 48  # of 255, in any channel: JPEG blurs the edges of flat colours


def read_regions(path: str | Path, colours: Sequence[str]) -> Tensor:
    """The places of each of ``colours`` in a map: (R,H,W) float32, 1 or 0, one region a place.

    Each pixel belongs to the nearest colour.

    Args:
        path: the map.
        colours: names as in CSS, such as ``red``, or ``0xff0000``; at least one.

    Raises:
        PictureError: an unreadable map; an unknown colour; a hundredth of the pixels or more far
            from every colour; a colour that is nowhere.
    """
    palette = torch.tensor([_rgb(path, colour) for colour in colours]).float()
    picture = read_image(path) * 255
    flat = picture.flatten(1).T  # pixels by channels
    nearest = torch.cdist(flat, palette).argmin(1)
    off = (flat - palette[nearest]).abs().amax(1) > TOLERANCE
    if off.float().mean() >= 0.01:
        values, counts = np.unique(flat[off].round().numpy(), axis=0, return_counts=True)
        most = "0x" + "".join(f"{int(v):02x}" for v in values[counts.argmax()])
        raise PictureError(
            path,
            f"{int(off.sum())} of its {len(flat)} pixels are none of {', '.join(colours)}, most of "
            f"them {most}",
            "Name every colour of the map.",
        )
    regions = torch.nn.functional.one_hot(nearest, len(colours)).T.float()
    absent = [c for c, region in zip(colours, regions, strict=True) if not region.any()]
    if absent:
        raise PictureError(path, f"it has no {', '.join(absent)}", "Leave these out.")
    return regions.reshape(len(colours), *picture.shape[-2:])


def _rgb(path: str | Path, colour: str) -> tuple[int, ...]:
    try:
        return ImageColor.getrgb(f"#{colour[2:]}" if colour.startswith("0x") else colour)[:3]
    except ValueError as error:
        raise PictureError(
            path,
            f"its regions were given the colour {colour!r}, which is none",
            "Use a name such as red, or 0xff0000.",
        ) from error
