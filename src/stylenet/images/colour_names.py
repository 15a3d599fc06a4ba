"""Colours by name."""

from __future__ import annotations

from PIL import ImageColor

from stylenet.errors import StylenetError


def colour_values(name: str) -> tuple[int, int, int]:
    """Red, green and blue, 0 to 255, of a colour as in CSS, such as ``red``, or ``0xff0000``.

    Raises:
        StylenetError: there is no such colour.
    """
    try:
        red, green, blue = ImageColor.getrgb(f"#{name[2:]}" if name.startswith("0x") else name)[:3]
    except ValueError as error:
        raise StylenetError(
            f"Got the colour {name!r}, which is none.", "Use a name such as red, or 0xff0000."
        ) from error
    return int(red), int(green), int(blue)


def colour_in_words(values: tuple[int, int, int]) -> str:
    """A colour's name in CSS, or ``0x3cb44b`` and the like where it has none."""
    named = (name for name in list(ImageColor.colormap) if colour_values(name) == values)
    return next(named, "0x" + "".join(f"{value:02x}" for value in values))
