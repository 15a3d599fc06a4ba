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
    coloured = _coloured(image)
    return coloured if coloured.mode == "RGB" else on_white(coloured, coloured.getchannel("A"))


def to_rgb_and_alpha(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """As `to_rgb`, and how opaque each pixel is (mode L); None where none can be transparent.

    Behind what is transparent lie its own colours, and where nothing is seen those of what is seen
    around it: white would be most of the statistics that a net's norms take of a small cut-out.

    Raises:
        UnfaithfulError: as `to_rgb`.
    """
    coloured = _coloured(image)
    if coloured.mode == "RGB":
        return coloured, None
    return _filled(coloured), coloured.getchannel("A")


def _coloured(image: Image.Image) -> Image.Image:
    """Mode RGB, or RGBA where a pixel can be transparent, of sRGB: a copy."""
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
    found = meant.convert("RGBA" if meant.has_transparency_data else "RGB")
    found.info.pop("icc_profile", None)  # its colours are now sRGB's
    return found


def on_white(image: Image.Image, alpha: Image.Image) -> Image.Image:
    """Mode RGB: an image of mode RGB or RGBA on white paper, as opaque as ``alpha`` (mode L)."""
    return Image.composite(image.convert("RGB"), Image.new("RGB", image.size, "white"), alpha)


def _filled(coloured: Image.Image) -> Image.Image:
    """Mode RGB: where nothing is seen the mean of what is seen nearby, of ever larger places."""
    seen = coloured.getchannel("A").point(lambda opaque: 255 * (opaque > 0))
    if seen.getextrema()[0] == 255:
        return coloured.convert("RGB")
    if max(coloured.size) == 1:
        return on_white(coloured, seen)
    coloured = coloured.copy()
    coloured.putalpha(seen)  # else what is seen fades from step to step, and its colours with it
    around = _filled(coloured.reduce(2)).resize(coloured.size, Image.Resampling.BILINEAR)
    return Image.composite(coloured.convert("RGB"), around, seen)


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
