"""Which part of an image each region of a drawing is coloured after: by area and perimeter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from skimage.color import rgb2lab
from skimage.measure import perimeter
from skimage.segmentation import slic

from stylenet.regions.errors import RegionError
from stylenet.regions.region_map import PALETTE, WHITE, RegionMap
from stylenet.regions.silhouettes import Floats, Labels, Mask, neighbours

GROUND = "ground"


@dataclass(frozen=True)
class Match:
    """Two label maps in which equal labels correspond; 0 is the ground.

    Attributes:
        drawing: of the drawing, (H,W), from 0 to R-1.
        reference: of the reference image, (h,w), the same labels, each somewhere.
        names: of the labels.
        lines: what was matched with what, one text a region of the drawing.
    """

    drawing: Labels
    reference: Labels
    names: tuple[str, ...]
    lines: tuple[str, ...]

    def maps(self) -> tuple[RegionMap, RegionMap]:
        """The two as region maps of equal names and colours."""
        colours = (WHITE, *PALETTE)[: len(self.names)]  # the ground's first
        return (
            RegionMap(self.drawing, self.names, colours),
            RegionMap(self.reference, self.names, colours),
        )


class Matching(Protocol):
    """From a drawing's regions and a reference image with its figure to a `Match`."""

    def __call__(self, drawing: Labels, picture: Floats, figure: Mask) -> Match:
        """Labels (H,W) with ground 0, an image (h,w,3) in [0,1], its figure (h,w)."""
        ...


@dataclass(frozen=True)
class WholeFigure:
    """Foreground to foreground, background to background, and nothing finer."""

    def __call__(self, drawing: Labels, picture: Floats, figure: Mask) -> Match:
        """Two labels: ground and figure."""
        del picture
        labels = (drawing > 0).astype(np.int64)
        return Match(labels, figure.astype(np.int64), (GROUND, "figure"), ())


@dataclass(frozen=True)
class ByAreaAndPerimeter:
    """Each closed region of the drawing to the segment of the image's figure most like it.

    Compared are areas, as fractions of the figure, and perimeters, over the square root of the
    figure's area, as the absolute differences of their logarithms; each segment is given to one
    region so that the sum is least (Hungarian method); where there are fewer segments than regions
    the rest take the nearest. A segment that no region has joins the one of the nearest colour.

    Attributes:
        most: segments at the most; the image has as many as the drawing has regions, or fewer.
        superpixels: that segments are merged from.
        least: a segment below this fraction of the figure's area is merged.
    """

    most: int = 6
    superpixels: int = 120
    least: float = 0.02

    def __post_init__(self) -> None:
        """Refuse more segments than can be told apart."""
        if not 1 <= self.most <= len(PALETTE):
            raise RegionError(
                f"Got colouring.matching.most={self.most}, expected 1 to {len(PALETTE)} segments.",
                "Use colouring.matching.most=6.",
            )

    def __call__(self, drawing: Labels, picture: Floats, figure: Mask) -> Match:
        """At most ``most`` labels and the ground."""
        regions = shape_facts(drawing)
        wanted = min(self.most, len(regions))
        parts = segments(picture, figure, wanted, self.superpixels, self.least)
        segment_facts = shape_facts(parts)
        chosen = assign(regions, segment_facts)
        used = np.unique(chosen)
        number = {int(segment): label for label, segment in enumerate(used, start=1)}
        colours = np.stack([picture[parts == n].mean(0) for n in range(1, parts.max() + 1)])
        apart = np.linalg.norm(colours[:, None] - colours[None, used], axis=-1)
        label_of = np.array([0, *(1 + apart.argmin(1))])
        to = np.array([0, *(number[int(segment)] for segment in chosen)])
        lines = tuple(
            f"region {n}: {area:.1%} of the figure, perimeter {around:.2f} -> segment {to[n]}: "
            f"{segment_facts[s][0]:.1%}, {segment_facts[s][1]:.2f}"
            for n, ((area, around), s) in enumerate(zip(regions, chosen, strict=True), start=1)
        )
        names = (GROUND, *(f"segment {n}" for n in range(1, len(used) + 1)))
        return Match(to[drawing], label_of[parts], names, lines)


def shape_facts(labels: Labels) -> NDArray[np.float64]:
    """Of each label from 1: its fraction of all, and its perimeter over the root of all, (R,2)."""
    total = max(int((labels > 0).sum()), 1)
    facts = []
    for number in range(1, int(labels.max()) + 1):
        mask = np.pad(labels == number, 1)
        around = max(perimeter(mask), 1.0)  # type: ignore[no-untyped-call]
        facts.append((mask.sum() / total, around / np.sqrt(total)))
    return np.array(facts).reshape(-1, 2)


def assign(regions: NDArray[np.float64], parts: NDArray[np.float64]) -> NDArray[np.int64]:
    """For each region (R,2) the number of a segment (S,2), from 0: the least sum of differences.

    While there are enough each segment is taken once.
    """
    differences = np.abs(np.log(regions[:, None]) - np.log(parts[None])).sum(-1)
    chosen: NDArray[np.int64] = differences.argmin(1)
    rows, columns = linear_sum_assignment(differences)
    chosen[rows] = columns
    return chosen


def segments(
    picture: Floats, figure: Mask, count: int, superpixels: int = 120, least: float = 0.02
) -> Labels:
    """The figure of an image (h,w,3) in about ``count`` parts: labels (h,w) from 1, 0 outside.

    Superpixels are merged, always the two neighbours of which it raises the squared error of colour
    (CIELAB) the least (Ward 1963); parts below ``least`` of the figure go first, in the end
    whatever their colour and place. There may be more than ``count`` where the figure is of several
    pieces.
    """
    labels = slic(picture, superpixels, compactness=10, start_label=1, mask=figure)
    labels = np.where(figure & (labels == 0), 1, labels)  # slic may leave pixels out
    names, flat = np.unique(labels, return_inverse=True)
    labels = flat.reshape(figure.shape) + (0 if names[0] == 0 else 1)
    lab = rgb2lab(picture)
    groups = {
        int(n): ((labels == n).sum(), lab[labels == n].mean(0)) for n in range(1, labels.max() + 1)
    }
    pairs = {(int(a), int(b)) for a, b in neighbours(labels) if a > 0}
    parent = {n: n for n in groups}
    smallest = least * figure.sum()
    while len(groups) > 1:
        small = {n for n, (area, _) in groups.items() if area < smallest}
        if not small and len(groups) <= count:
            break
        candidates = [p for p in pairs if not small or small & set(p)]
        if small and not candidates:  # what touches nothing goes to whatever is most like it
            one = min(small)
            candidates = [(min(one, n), max(one, n)) for n in groups if n != one]
        if not candidates:
            break
        keep, drop = min(candidates, key=lambda p: (_error(groups, p), p))
        (a, x), (b, y) = groups[keep], groups.pop(drop)
        groups[keep] = (a + b, (a * x + b * y) / (a + b))
        parent = {n: keep if p == drop else p for n, p in parent.items()}
        moved = (tuple(sorted(keep if n == drop else n for n in p)) for p in pairs)
        pairs = {(p[0], p[1]) for p in moved if p[0] != p[1]}
    order = {root: n for n, root in enumerate(sorted(groups), start=1)}
    return np.array([0, *(order[parent[n]] for n in range(1, labels.max() + 1))])[labels]


def _error(groups: dict[int, tuple[int, NDArray[np.float64]]], pair: tuple[int, int]) -> float:
    (a, x), (b, y) = groups[pair[0]], groups[pair[1]]
    return float(a * b / (a + b) * ((x - y) ** 2).sum())
