"""Reading regions out of images of flat colours, as they are drawn or as JPEG leaves them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from stylenet.images import colour_in_words
from stylenet.regions.errors import RegionError
from stylenet.regions.region_map import Colour, RegionMap, colour_name

TOLERANCE = 48  # of 255, in any channel: JPEG blurs the edges of flat colours
MOST_REGIONS = 32  # a map of more colours is taken for a photograph
STEP = 2  # between neighbours that count as one flat colour, since JPEG rounds
LEAST_SHARE = 1e-3  # of a noisy map's pixels: what is rarer is noise
MOST_BLENDED = 0.2  # fraction of pixels between colours, at blurred edges; a photograph has more

Pixels = NDArray[np.uint8]
"""An image, (H,W,3)."""


def read_map(pixels: Pixels, name: str) -> RegionMap:
    """Regions of an image of flat colours, one for each colour, the most frequent one first.

    The colours are found: all of a clean map (at most 32), be they ever so alike; in a noisy
    one, those of even places, where what differs by at most 48 of 255 is one colour. A pixel
    belongs to the nearest of them; one far from all, as at blurred edges, to the region beside it,
    and so does a colour that is nowhere three pixels wide and high.

    Args:
        pixels: the map, (H,W,3).
        name: what errors call it.

    Raises:
        RegionError: a photograph, or any other image without a few flat colours.
    """
    values, numbers, counts = _colours_of(pixels)
    flat = _flat(pixels)
    even = np.bincount(numbers[flat], minlength=len(values))
    noisy = len(values) > MOST_REGIONS or _has_noise(pixels)
    palette: list[int] = []
    weights: list[int] = []
    for number in np.argsort(-even, kind="stable"):
        if even[number] == 0 or len(palette) > MOST_REGIONS:
            break
        near = [
            place
            for place, other in enumerate(palette)
            if noisy and np.abs(values[number] - values[other]).max() <= TOLERANCE
        ]
        if near:
            weights[near[0]] += even[number]
        else:
            palette.append(int(number))
            weights.append(int(even[number]))
    if noisy:
        palette = [p for p, w in zip(palette, weights, strict=True) if w >= LEAST_SHARE * flat.size]
    elif not palette:  # too small for even places
        palette = [int(number) for number in np.argsort(-counts, kind="stable")]
    if not 0 < len(palette) <= MOST_REGIONS:
        raise _no_map(name, pixels, len(values))
    labels, distances = _nearest(values, values[palette])
    far = (distances > TOLERANCE)[numbers] if noisy else ~np.isin(numbers, palette)
    if far.mean() > MOST_BLENDED:
        raise _no_map(name, pixels, len(values))
    regions = _snapped(labels[numbers], far)
    colours = tuple(_colour(values[number]) for number in palette)
    return RegionMap(regions, tuple(colour_name(colour) for colour in colours), colours)


def label_colours(
    pixels: Pixels, colours: Sequence[Colour], name: str, names: Sequence[str] | None = None
) -> RegionMap:
    """Regions of an image of flat colours that are known: each pixel has the nearest one's.

    A pixel far from all of them, as at blurred edges, belongs to the region beside it.

    Args:
        pixels: the map, (H,W,3).
        colours: at least one.
        name: what errors call it.
        names: of the colours; ``0xff0000`` and the like if None.

    Raises:
        RegionError: a colour that is far from all of these has an area of its own, or a fifth of
            the pixels is far from them; or one of them is nowhere.
    """
    values, numbers, _ = _colours_of(pixels)
    labels, distances = _nearest(values, np.array(colours))
    names = tuple(names or (colour_name(colour) for colour in colours))
    far = (distances > TOLERANCE)[numbers]
    foreign = far & _flat(pixels)
    if foreign.mean() >= LEAST_SHARE or far.mean() > MOST_BLENDED:
        counted = foreign if foreign.any() else far
        counts = np.bincount(numbers[counted], minlength=len(values))
        most = colour_in_words(_colour(values[counts.argmax()]))
        raise RegionError(
            f"{name}: {far.sum()} of its {far.size} pixels are none of "
            f"{', '.join(names)}, most of them {most}.",
            f"Name every colour of the map, such as {most}.",
        )
    regions = RegionMap(_snapped(labels[numbers], far), names, tuple(colours))
    absent = [n for n, share in zip(names, regions.shares(), strict=True) if share == 0]
    if absent:
        raise RegionError(f"{name}: it has no {', '.join(absent)}.", "Leave these out.")
    return regions


def _colours_of(
    pixels: Pixels,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The colours that occur (K,3), their number at each pixel (H,W), how often each occurs."""
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8 or not pixels.size:
        raise RegionError(
            f"Got a region map of shape {pixels.shape} and type {pixels.dtype}, expected (H,W,3) "
            "of 8 bits.",
            "Give an RGB picture.",
        )
    codes = pixels.astype(np.int64) @ np.array([65536, 256, 1])
    found, numbers, counts = np.unique(codes, return_inverse=True, return_counts=True)
    values = np.stack([found // 65536, found // 256 % 256, found % 256], axis=1)
    return values, numbers.reshape(codes.shape), counts


def _snapped(labels: NDArray[np.int64], far: NDArray[np.bool_]) -> NDArray[np.int64]:
    """``labels`` (H,W), with that of the nearest other place wherever ``far``."""
    if not far.any():
        return labels
    from scipy import ndimage  # here: painting without regions does not wait for it

    beside = ndimage.distance_transform_edt(far, return_distances=False, return_indices=True)
    snapped: NDArray[np.int64] = labels[tuple(beside)]
    return snapped


def _flat(pixels: Pixels) -> NDArray[np.bool_]:
    """Where a pixel has the colour of its eight neighbours, (H,W)."""
    size = (3, 3, 1)
    from scipy import ndimage  # here: painting without regions does not wait for it

    low, high = ndimage.minimum_filter(pixels, size), ndimage.maximum_filter(pixels, size)
    flat: NDArray[np.bool_] = (high - low).max(2) <= STEP
    return flat


def _has_noise(pixels: Pixels) -> bool:
    """Whether many neighbours differ by a little, as those of no clean map do."""
    steps = np.abs(np.diff(pixels.astype(np.int64), axis=1)).max(2)
    return bool(
        ((steps > 0) & (steps <= STEP)).sum() > MOST_BLENDED * pixels.shape[0] * pixels.shape[1]
    )


def _nearest(
    values: NDArray[np.int64], palette: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which of ``palette`` (P,3) is nearest to each of ``values`` (K,3); its largest difference."""
    best = np.zeros(len(values), dtype=np.int64)
    least = np.full(len(values), np.iinfo(np.int64).max)
    for number, colour in enumerate(palette):
        squares = ((values - colour) ** 2).sum(1)
        best = np.where(squares < least, number, best)
        least = np.minimum(least, squares)
    return best, np.abs(values - palette[best]).max(1)


def _colour(value: NDArray[np.int64]) -> Colour:
    red, green, blue = (int(channel) for channel in value)
    return red, green, blue


def _no_map(name: str, pixels: Pixels, colours: int) -> RegionError:
    height, width = pixels.shape[:2]
    return RegionError(
        f"{name} is no region map: {width}x{height} px of {colours} colours, expected at most "
        f"{MOST_REGIONS} flat ones, one a region. It may be a photograph.",
        "Draw the regions in flat colours, and save them as PNG.",
    )
