"""Images of any type: files, Pillow's images, arrays, tensors."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias, TypeVar, overload

import numpy as np
import torch
from numpy.typing import NDArray
from PIL.Image import Image as PilImage
from PIL.Image import fromarray
from torch import Tensor

from stylenet.images.converting import to_pil, to_tensor
from stylenet.images.errors import PictureError
from stylenet.images.reading import read_image

__all__ = ["AnyImage", "PilImage", "as_tensor", "in_kind"]

AnyImage: TypeAlias = str | Path | PilImage | NDArray[Any] | Tensor
"""An image's path; a Pillow image; an array (H,W,3), (H,W,4) or (H,W), uint8 or float in [0,1]; or
a tensor (3,H,W) or (1,3,H,W), float in [0,1]."""
_HIGHEST = 2.0  # of [0,1]: what a net overshoots passes
Pixels = TypeVar("Pixels", NDArray[Any], Tensor)


def as_tensor(image: AnyImage) -> Tensor:
    """Any image as (3,H,W) float32 in [0,1]; transparency lies on white.

    Raises:
        PictureError: an unreadable file, or an array or a tensor of another shape or kind, or of
            floating-point values that seem to be of 0 to 255.
    """
    if isinstance(image, (str, Path)):
        return read_image(image)
    if isinstance(image, PilImage):
        return to_tensor(image)
    if isinstance(image, Tensor):
        single = image[0] if image.ndim == 4 and image.shape[0] == 1 else image
        if single.ndim != 3 or single.shape[0] != 3 or not single.is_floating_point():
            raise _strange("a tensor", image, "(3,H,W) or (1,3,H,W), floating-point")
        return _in_range(single.detach().float())
    array = np.asarray(image)
    shaped = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))
    if not shaped or 0 in array.shape or array.dtype.kind not in "uf" or array.dtype == np.uint16:
        raise _strange("an array", array, "(H,W,3), (H,W,4) or (H,W), uint8 or floating-point")
    if array.dtype == np.uint8:
        return to_tensor(fromarray(array))
    channels = np.repeat(array[..., None], 3, 2) if array.ndim == 2 else array
    if channels.shape[2] == 4:
        opaque = channels[..., 3:]
        channels = channels[..., :3] * opaque + (1 - opaque)
    pixels = torch.from_numpy(np.ascontiguousarray(channels, dtype=np.float32)).permute(2, 0, 1)
    return pixels if array.dtype.kind == "u" else _in_range(pixels)


@overload
def in_kind(image: Tensor, like: str | Path | PilImage) -> PilImage: ...
@overload
def in_kind(image: Tensor, like: Pixels) -> Pixels: ...
def in_kind(image: Tensor, like: AnyImage) -> PilImage | NDArray[Any] | Tensor:
    """An image (3,H,W) in [0,1] as what ``like`` is; a Pillow image where that is a path.

    An array has three channels, and is of uint8 or float32.
    """
    if isinstance(like, Tensor):
        return image[None] if like.ndim == 4 else image
    if isinstance(like, (str, Path, PilImage)):
        return to_pil(image)
    if like.dtype == np.uint8:
        return np.asarray(to_pil(image))
    return image.permute(1, 2, 0).contiguous().numpy()


def _in_range(pixels: Tensor) -> Tensor:
    """Clamped, an image of 0 to 255 would be painted as a white one."""
    if pixels.numel() and (highest := float(pixels.max())) > _HIGHEST:
        reason = f"it has floating-point values up to {highest:g}, expected [0,1]"
        raise PictureError(None, reason, "Divide it by 255, or pass uint8.")
    return pixels


def _strange(what: str, image: Any, expected: str) -> PictureError:
    got = f"it is {what} of shape {tuple(image.shape)} and kind {image.dtype}"
    return PictureError(None, f"{got}, expected {expected}", "Pass one RGB picture.")
