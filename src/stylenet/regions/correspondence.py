"""Two maps of which equal colours belong together, and maps at the size of their images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from stylenet.regions.colours import TOLERANCE
from stylenet.regions.errors import RegionError
from stylenet.regions.region_map import Colour, RegionMap, colour_name

CLOSE = 0.02  # how far a map's shape may be from the image's, as a fraction


def fit_map(regions: RegionMap, height: int, width: int, name: str) -> RegionMap:
    """``regions`` at another size of the same shape: each pixel has the nearest one's region.

    Args:
        regions: of any size.
        height: of the image.
        width: of the image.
        name: what errors call the map.

    Raises:
        RegionError: the image has another shape.
    """
    own_height, own_width = regions.size
    if (own_height, own_width) == (height, width):
        return regions
    check_shape(own_height, own_width, height, width, name)
    rows, columns = _middles(height, own_height), _middles(width, own_width)
    return RegionMap(regions.labels[np.ix_(rows, columns)], regions.names, regions.colours)


def check_shape(own_height: int, own_width: int, height: int, width: int, name: str) -> None:
    """Refuse a map whose shape is not the image's; ``name`` is what errors call it.

    Raises:
        RegionError: the image has another shape; the two may differ by a fiftieth, as rounding
            makes them.
    """
    # half a pixel more or less must not matter for tiny images either
    rounding = 0.5 / min(height, width, own_height, own_width)
    if abs(own_width * height / (own_height * width) - 1) > max(CLOSE, rounding):
        raise RegionError(
            f"Got {name} of {own_width}x{own_height} px for a picture of {width}x{height} px, "
            "expected the same shape.",
            "Draw it on the picture itself; its size may differ, its proportions not.",
        )


def correspond(
    content: RegionMap,
    style: RegionMap,
    background: Colour | None = None,
    pairs: Mapping[Colour, Colour] | None = None,
) -> tuple[RegionMap, RegionMap]:
    """The two maps with one list of regions, equal colours being one; content's names and colours.

    Colours that differ as JPEG makes them differ are equal, where no other could be meant.

    Args:
        content: a map.
        style: another, of any size.
        background: a colour of the style's. Regions that only one map has belong to its region;
            None: they are an error.
        pairs: content's colours -> style's, for those that differ. Where several of content's have
            the same one they become one region.

    Raises:
        RegionError: a colour that only one map has; lists both palettes.
    """
    content, style = without_empty(content), without_empty(style)
    near = _tolerance(content, style)
    for colour, other in (pairs or {}).items():
        if (
            _find(content.colours, colour, near) is None
            or _find(style.colours, other, near) is None
        ):
            raise RegionError(
                f"Got the pair {colour_name(colour)}: {colour_name(other)}, but the content map "
                f"has {_palette(content)}, and the style map {_palette(style)}.",
                "Name colours of the content map, each with one of the style map.",
            )
    given = {_find(content.colours, c, near): other for c, other in (pairs or {}).items()}
    partners = [
        _find(style.colours, given.get(number, colour), near)
        for number, colour in enumerate(content.colours)
    ]
    rest = None if background is None else _find(style.colours, background, near)
    chosen = [rest if partner is None else partner for partner in partners]
    alone = [n for n, partner in zip(content.names, partners, strict=True) if partner is None]
    alone_too = [name for s, name in enumerate(style.names) if s not in chosen]
    if (alone and rest is None) or (alone_too and rest not in chosen):
        raise _unequal(content, style, background, alone, alone_too)
    # in the order of the content map's regions, the first of which gives name and colour
    order = list(dict.fromkeys(chosen))
    first = [
        next((n for n, p in enumerate(partners) if p == one), chosen.index(one)) for one in order
    ]
    names = tuple(content.names[n] for n in first)
    colours = tuple(content.colours[n] for n in first)
    numbers = np.array([order.index(one) for one in chosen])
    numbers_too = np.array(
        [order.index(s if s in order else rest) for s in range(len(style.names))]
    )
    return (
        RegionMap(numbers[content.labels], names, colours),
        RegionMap(numbers_too[style.labels], names, colours),
    )


def find_colour(regions: RegionMap, colour: Colour) -> int | None:
    """The number of the region of this colour, or as JPEG makes it; None if there is none."""
    return _find(regions.colours, colour, _tolerance(regions))


def without_empty(regions: RegionMap) -> RegionMap:
    """Only the regions that have a place in the map."""
    kept = np.flatnonzero(regions.shares() > 0)
    numbers = np.searchsorted(kept, regions.labels)
    names = tuple(regions.names[n] for n in kept)
    return RegionMap(numbers, names, tuple(regions.colours[n] for n in kept))


def _tolerance(*maps: RegionMap) -> float:
    """How far equal colours may differ: a quarter at most of what keeps a map's own apart."""
    apart = [
        int(np.abs(np.subtract(one, other)).max())
        for regions in maps
        for place, one in enumerate(regions.colours)
        for other in regions.colours[:place]
    ]
    return min([TOLERANCE / 2, *(gap / 4 for gap in apart)])


def _find(colours: Sequence[Colour], wanted: Colour, near: float) -> int | None:
    gaps = [int(np.abs(np.subtract(colour, wanted)).max()) for colour in colours]
    best = int(np.argmin(gaps))
    return best if gaps[best] <= near else None


def _middles(cells: int, pixels: int) -> NDArray[np.int64]:
    """The pixel in the middle of each of ``cells`` equal parts of an axis."""
    middles: NDArray[np.int64] = ((np.arange(cells) + 0.5) * pixels / cells).astype(np.int64)
    return middles


def _palette(regions: RegionMap) -> str:
    shares = zip(regions.names, regions.shares(), strict=True)
    return ", ".join(f"{name} ({share:.1%})" for name, share in shares)


def _unequal(
    content: RegionMap,
    style: RegionMap,
    background: Colour | None,
    alone: Sequence[str],
    alone_too: Sequence[str],
) -> RegionError:
    sides = (("content", alone), ("style", alone_too))
    found = [f"only the {side} map has {', '.join(names)}" for side, names in sides if names]
    if background is not None:
        found.append(f"the background {colour_name(background)} is not in both")
    return RegionError(
        f"The region maps do not correspond: {', '.join(found)}. The content map has "
        f"{_palette(content)}; the style map has {_palette(style)}.",
        "Draw what belongs together in equal colours, pair colours that differ "
        f"('regions.pairs={{{content.names[0]}: {style.names[0]}}}'), or name a region of the "
        f"style map that the rest falls to (regions.background={style.names[0]}).",
    )
