"""Between Pillow's images and tensors."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from stylenet.images.errors import PictureError
from stylenet.images.modes import to_rgb

BAND = 512  # rows that are converted at a time


def to_tensor(image: Image.Image) -> Tensor:
    """A Pillow image in any 8-bit mode -> (3,H,W) float32 in [0,1]; transparency lies on white."""
    plain = image.mode == "RGB" and "icc_profile" not in image.info
    rgb = image if plain else to_rgb(image)
    pixels = torch.from_numpy(np.array(rgb, dtype=np.uint8))
    return pixels.permute(2, 0, 1).contiguous().float().div_(255)


def to_pil(image: Tensor) -> Image.Image:
    """(3,H,W) or (1,3,H,W) -> RGB Pillow image: clamped to [0,1], rounded to the nearest of 256.

    Raises:
        PictureError: another shape, or values that are not finite.
    """
    single = image[0] if image.ndim == 4 and image.shape[0] == 1 else image
    if single.ndim != 3 or single.shape[0] != 3 or 0 in single.shape:
        reason = f"its shape is {tuple(image.shape)}, expected (3,H,W) or (1,3,H,W)"
        raise PictureError(None, reason, "Pass one RGB picture.")
    pixels = torch.empty((*single.shape[1:], 3), dtype=torch.uint8)
    bad = 0
    # band by band: of an image of 100 megapixels each copy in float32 is 1.2 GB
    for band, target in zip(
        torch.split(single.detach(), BAND, 1), torch.split(pixels, BAND), strict=True
    ):
        values = band.to("cpu", torch.float32)
        bad += int((~values.isfinite()).sum())
        target.copy_((values.clamp(0, 1) * 255).round().permute(1, 2, 0))
    if bad:
        reason = f"{bad} of its {single.numel()} values are NaN or infinite"
        remedy = (
            "The network that made it has diverged: use an earlier checkpoint, or train with a "
            "lower learning rate or in 32-bit precision."
        )
        raise PictureError(None, reason, remedy)
    return Image.fromarray(pixels.numpy())
