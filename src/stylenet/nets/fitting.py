"""What size of image a net takes, and how images are brought to it."""

from __future__ import annotations

from itertools import count

import torch
from torch import Tensor
from torch.nn import functional as F

from stylenet.errors import PictureTooSmallError


def pad_to_multiple(image: Tensor, multiple: int, margin: int) -> Tensor:
    """Reflect ``margin`` pixels on every side; below and right also up to a ``multiple``.

    The caller crops the result back to the size of ``image``; reflection needs each side of
    ``image`` to be longer than what is added to it (see ``smallest_side``).
    """
    height, width = image.shape[-2:]
    right, bottom = -width % multiple, -height % multiple
    # an exported net has one way for all sizes
    if not torch.compiler.is_exporting() and margin == right == bottom == 0:
        return image
    return F.pad(image, (margin, margin + right, margin, margin + bottom), mode="reflect")


def cropped(image: Tensor, height: int, width: int) -> Tensor:
    """The first ``height`` rows and ``width`` columns of an image (N,C,H,W)."""
    if torch.compiler.is_exporting():  # a slice would be exported for sizes that it does crop
        rows, columns = torch.arange(height), torch.arange(width)
        return image.index_select(2, rows).index_select(3, columns)
    return image[..., :height, :width]


def fits(side: int, multiple: int, margin: int, kernel: int) -> bool:
    """Whether ``side`` pixels can be reflected as ``pad_to_multiple`` and a kernel ask."""
    extra = -side % multiple
    padded = side + 2 * margin + extra
    return side > margin + extra and padded >= 2 * multiple and padded > kernel // 2


def check_fits(image: Tensor, multiple: int, margin: int, kernel: int) -> None:
    """Refuse an image (N,C,H,W) that cannot be reflected as far as asked.

    Raises:
        PictureTooSmallError: says the smallest size.
    """
    height, width = image.shape[-2:]
    if fits(height, multiple, margin, kernel) and fits(width, multiple, margin, kernel):
        return
    smallest = next(n for n in count(1) if fits(n, multiple, margin, kernel))
    remedy, reflects = "Enlarge the picture", ""
    if margin:
        reflects = f", which reflects {margin} px at its borders,"
        remedy += ", or train with net/padding=reflect, which takes far smaller ones"
    raise PictureTooSmallError(
        f"Got a picture of {width}x{height} px, but this net{reflects} needs at least {smallest} "
        "px on each side.",
        f"{remedy}.",
    )
