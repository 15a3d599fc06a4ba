"""Between Pillow's images and tensors."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image, TiffImagePlugin
from torch import Tensor

from stylenet.images.errors import PictureError
from stylenet.images.profiles import to_srgb

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


class UnfaithfulError(Exception):
    """Decodable, but not with the right colours; the text is a `PictureError.reason`."""


def to_rgb(image: Image.Image) -> Image.Image:
    """A Pillow image of any mode, depth and colour profile -> mode RGB of sRGB.

    Transparency lies on white.

    Raises:
        UnfaithfulError: pixels whose colours Pillow would get wrong.
    """
    return to_rgb_and_alpha(image)[0]


def to_rgb_and_alpha(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """As `to_rgb`, and how opaque each pixel is (mode L); None where none can be transparent.

    Raises:
        UnfaithfulError: as `to_rgb`.
    """
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        bits = image.tag_v2.get(TiffImagePlugin.BITSPERSAMPLE, (8,))
        planar = image.tag_v2.get(TiffImagePlugin.PLANAR_CONFIGURATION, 1) == 2
        if planar and len(bits) > 1 and max(bits) > 8:
            # Pillow 13 decodes these without complaint and with wrong colours.
            raise UnfaithfulError("it is a 16-bit TIFF with one plane per colour, not supported")
    clear = image.info.get("transparency")
    if image.mode == "RGB" and isinstance(clear, tuple) and max(clear) > 255:
        image = image.copy()  # of a 16-bit file: Pillow has the upper 8 bits of its pixels only
        image.info["transparency"] = tuple(value >> 8 for value in clear)
    deep = image.mode.startswith("I;16") or image.mode in ("I", "F")
    meant = to_srgb(_deep_grey(image) if deep else image)
    alpha = None
    if meant.has_transparency_data:
        white = Image.new("RGBA", meant.size, "white")
        coloured = meant.convert("RGBA")
        alpha = coloured.getchannel("A")
        meant = Image.alpha_composite(white, coloured)
    rgb = meant.convert("RGB")  # a copy
    rgb.info.pop("icc_profile", None)  # its colours are now sRGB's
    return rgb, alpha


def _deep_grey(image: Image.Image) -> Image.Image:
    """Mode L, or LA where a value is transparent; with the profile that ``image`` has."""
    grey = np.asarray(image).astype(np.float64)
    clear = image.info.get("transparency")
    opaque = None if clear is None else grey != clear
    low, high, white = float(grey.min()), float(grey.max()), 1.0 if image.mode == "F" else 65535.0
    if not (low >= 0 and high <= white):  # written so that NaN is refused too
        kind = "floating-point" if image.mode == "F" else "32-bit integer"
        reason = f"its {kind} values run from {low:g} to {high:g}, expected 0 to {white:g}"
        raise UnfaithfulError(reason)
    grey /= white
    if isinstance(image, TiffImagePlugin.TiffImageFile) and image.mode.startswith("I;16"):
        photometric = image.tag_v2.get(TiffImagePlugin.PHOTOMETRIC_INTERPRETATION, 1)
        if photometric == 0:  # white is zero: Pillow sees to it at 8 bits, not at 16
            grey = 1 - grey
    found = Image.fromarray(np.rint(255 * grey).astype(np.uint8))
    if opaque is not None:
        found.putalpha(Image.fromarray(np.where(opaque, 255, 0).astype(np.uint8)))
    if profile := image.info.get("icc_profile"):
        found.info["icc_profile"] = profile
    return found
