"""Pillow's images of any mode, depth and colour profile, as RGB of sRGB."""

from __future__ import annotations

import numpy as np
from PIL import Image, TiffImagePlugin

from stylenet.images.profiles import to_srgb


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
