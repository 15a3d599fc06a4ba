"""Images that have the shape of a drawing: descriptors of outline and lines, ranked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from skimage.feature import canny, hog

from stylenet.regions.silhouettes import Floats, Mask, resized

MARGIN = 0.05  # around the figure, of its longer side
CROP = 64  # pixels a side, of the square around the figure
LEAST_FIGURE = 0.01
MOST_FIGURE = 0.97


@dataclass(frozen=True)
class Shape:
    """Describes a figure and the lines in it, wherever it lies and however large it is.

    The square around the figure is reduced to 64 x 64 pixels. Of the outline, ``grid`` x ``grid``
    values say how much of each cell is figure, from -1 to 1; of the lines, a histogram of
    oriented gradients (Dalal and Triggs 2005) with ``cells`` x ``cells`` cells as one block.
    Both are brought to length 1 and weighted, so that descriptors are of length 1, too, and their
    distances run from 0 to 2.

    Attributes:
        outline: the outline's share in squared distances, from 0 to 1; the rest is the lines'.
    """

    grid: int = 16
    cells: int = 8
    orientations: int = 8
    outline: float = 0.6

    @property
    def size(self) -> int:
        """Values in a descriptor."""
        return self.grid**2 + self.cells**2 * self.orientations

    def __call__(self, figure: Mask, lines: Mask) -> Floats:
        """The descriptor (``size``,) of a figure (H,W) that is not empty, and of lines (H,W)."""
        box = ndimage.find_objects(figure.astype(int))[0]
        solid = squared(figure.astype(np.float32), box)
        # lines of one pixel would be lost, and of two drawings none would meet
        drawn = ndimage.gaussian_filter((lines & figure).astype(np.float32), _breadth(box))
        strokes = squared(drawn, box)
        cells = resized(solid, self.grid, self.grid).ravel() * 2 - 1
        step = CROP // self.cells
        gradients = hog(
            strokes,
            self.orientations,
            (step, step),
            (self.cells, self.cells),
            block_norm="L2-Hys",
        )
        parts = [_unit(cells) * np.sqrt(self.outline), _unit(gradients) * np.sqrt(1 - self.outline)]
        return np.concatenate(parts).astype(np.float32)

    def of_picture(self, picture: Floats, figure: Mask) -> Floats | None:
        """The descriptor of a photograph (H,W,3) in [0,1]; None where nothing or all is figure."""
        if not LEAST_FIGURE <= figure.mean() <= MOST_FIGURE:
            return None
        edges = canny(picture.mean(-1), 2.0)  # type: ignore[no-untyped-call]
        return self(figure, edges | rim(figure))


@dataclass(frozen=True)
class Hit:
    """An image found: its number in the library, its distance, and whether it is mirrored."""

    number: int
    distance: float
    mirrored: bool


def rank(queries: Floats, library: Floats, top: int) -> list[Hit]:
    """The ``top`` nearest of ``library`` (N,D), best first; equal ones in the library's order.

    Args:
        queries: the drawing's descriptor and that of its mirror image, (2,D), of length 1.
        library: descriptors of length 1.
        top: how many at the most.
    """
    squares = np.maximum(2 - 2 * library.astype(np.float32) @ queries.T, 0)
    nearest = squares.min(1)
    best = np.argsort(nearest, kind="stable")[:top]
    return [
        Hit(int(n), float(np.sqrt(nearest[n])), bool(squares[n, 1] < squares[n, 0])) for n in best
    ]


def both_ways(shape: Shape, figure: Mask, lines: Mask) -> Floats:
    """Descriptors of a drawing and of its mirror image, (2,D)."""
    return np.stack([shape(figure, lines), shape(figure[:, ::-1], lines[:, ::-1])])


def rim(figure: Mask) -> Mask:
    """The outermost pixels of a figure."""
    inner: Mask = ndimage.binary_erosion(figure)
    return figure & ~inner


def squared(picture: Floats, box: tuple[slice, slice]) -> Floats:
    """The square around ``box`` of (H,W), with a margin, 0 outside: ``CROP`` x ``CROP``."""
    rows, columns = box
    height, width = rows.stop - rows.start, columns.stop - columns.start
    side = max(height, width)
    pad = round(MARGIN * side) + 1
    square = np.zeros((side + 2 * pad, side + 2 * pad), dtype=np.float32)
    top, left = pad + (side - height) // 2, pad + (side - width) // 2
    square[top : top + height, left : left + width] = picture[box]
    return resized(square, CROP, CROP)


def _breadth(box: tuple[slice, slice]) -> float:
    return float(max(s.stop - s.start for s in box) / CROP)


def _unit(values: Floats) -> Floats:
    return values / max(float(np.linalg.norm(values)), 1e-9)
