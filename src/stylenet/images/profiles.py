"""Embedded colour profiles (ICC): what pixels mean, brought to sRGB."""

from __future__ import annotations

import functools
import io
import logging

from PIL import Image, ImageCms

_log = logging.getLogger(__name__)
_SPACES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}
"""A profile's colour space -> the mode of the pixels that it speaks of."""
_GREY = ("1", "L", "LA", "La")
_NEAR = 1  # of 255: what a profile of sRGB itself changes by rounding


def to_srgb(image: Image.Image) -> Image.Image:
    """``image`` with the colours that its embedded profile means, in mode RGB or RGBA.

    As it is where it has no profile, or one of sRGB. A profile that is damaged, or of another kind
    of image, is ignored, which is said once.
    """
    profile = image.info.get("icc_profile")
    if not isinstance(profile, bytes) or not profile:
        return image
    grey, inks = image.mode in _GREY, image.mode == "CMYK"
    try:
        mode, transform = _transform(profile)
        if (mode == "CMYK") != inks or (mode == "L" and not grey):
            raise ValueError(f"it is for {mode} pixels, these are {image.mode}")
    except (ImageCms.PyCMSError, OSError, ValueError, KeyError) as error:
        _ignored(profile, str(error))
        transform = None
    if transform is None:
        return image
    alpha = image.convert("RGBA").getchannel("A") if image.has_transparency_data else None
    pixels = image if image.mode == mode else image.convert(mode)
    found = ImageCms.applyTransform(pixels, transform)
    assert found is not None
    if alpha is not None:
        found.putalpha(alpha)
    found.info.pop("transparency", None)
    return found


@functools.cache
def srgb_profile() -> bytes:
    """A profile of sRGB, the same bytes always, for files that are written."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[24:36] = bytes(12)  # the time of its making
    return bytes(profile)


@functools.lru_cache(64)  # a camera gives all of its photographs the same one
def _transform(profile: bytes) -> tuple[str, ImageCms.ImageCmsTransform | None]:
    """The mode that ``profile`` is for, and what brings its pixels to sRGB; None: nothing has to.

    Raises:
        PyCMSError, OSError, ValueError, KeyError: it is damaged, or of another colour space.
    """
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    mode = _SPACES[source.profile.xcolor_space.strip()]
    target = ImageCms.createProfile("sRGB")
    transform = ImageCms.buildTransform(source, target, mode, "RGB")
    if mode == "RGB":
        steps = range(0, 256, 51)
        cube = Image.new("RGB", (len(steps) ** 3, 1))
        cube.putdata([(r, g, b) for r in steps for g in steps for b in steps])
        moved = ImageCms.applyTransform(cube, transform)
        assert moved is not None
        before, after = cube.tobytes(), moved.tobytes()
        if all(abs(a - b) <= _NEAR for a, b in zip(before, after, strict=True)):
            return mode, None
    return mode, transform


@functools.lru_cache(64)
def _ignored(profile: bytes, fault: str) -> None:
    _log.warning(
        "A picture's colour profile of %d bytes cannot be used (%s): its colours are taken for "
        "sRGB. Save the picture again in an editor if they look wrong.",
        *(len(profile), fault),
    )
