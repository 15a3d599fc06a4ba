"""A region map: the number of a region for each pixel, with names and colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stylenet.regions.errors import RegionError

Colour = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""
BLACK: Colour = (0, 0, 0)
WHITE: Colour = (255, 255, 255)
# distinct and of middling lightness, for maps that are drawn
PALETTE: tuple[Colour, ...] = (
    (230, 25, 75),
    (60, 180, 75),
    (0, 130, 200),
    (255, 225, 25),
    (145, 30, 180),
    (245, 130, 48),
    (70, 240, 240),
    (240, 50, 230),
    (210, 245, 60),
    (250, 190, 212),
    (0, 128, 128),
    (170, 110, 40),
    (128, 128, 128),
)


def colour_name(colour: Colour) -> str:
    """(255, 0, 0) -> ``0xff0000``."""
    return "0x" + "".join(f"{value:02x}" for value in colour)


@dataclass(frozen=True, eq=False)
class RegionMap:
    """R regions of an image; a region may be empty.

    Attributes:
        labels: whole numbers 0 to R-1, (H,W).
        names: one a region, none twice, such as ``0xff0000``, a category, or ``region 1``.
        colours: one a region, to draw it in.

    Raises:
        RegionError: another shape or kind of labels, a label without a region, or not one name and
            one colour for each region.
    """

    labels: NDArray[np.integer]
    names: tuple[str, ...]
    colours: tuple[Colour, ...]

    def __post_init__(self) -> None:
        """Check that the three belong together."""
        shape, kind = self.labels.shape, self.labels.dtype
        if len(shape) != 2 or 0 in shape or not np.issubdtype(kind, np.integer):
            raise RegionError(
                f"Got labels of shape {shape} and type {kind}, expected whole numbers (H,W).",
                "Give each pixel the number of its region.",
            )
        count = len(self.names)
        if count == 0 or len(set(self.names)) != count or len(self.colours) != count:
            raise RegionError(
                f"Got the regions {list(self.names)} with {len(self.colours)} colours, expected at "
                "least one region, no name twice and one colour each.",
                "Name every region once.",
            )
        low, high = int(self.labels.min()), int(self.labels.max())
        if low < 0 or high >= count:
            raise RegionError(
                f"Got labels from {low} to {high} for {count} regions, expected 0 to {count - 1}.",
                "Name every region.",
            )

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        height, width = self.labels.shape
        return height, width

    def shares(self) -> NDArray[np.float64]:
        """Each region's fraction of the area, (R,); they sum to 1."""
        counts = np.bincount(self.labels.ravel(), minlength=len(self.names))
        shares: NDArray[np.float64] = counts / self.labels.size
        return shares

    def soft(self, height: int, width: int) -> NDArray[np.float32]:
        """How much of each cell of a grid every region covers: (R,height,width) float32 in [0,1].

        Averages over areas, exact for any two sizes; at each cell they sum to 1.
        """
        down = _overlaps(height, self.labels.shape[0])
        across = _overlaps(width, self.labels.shape[1])
        maps = [(across @ (down @ (self.labels == n)).T).T for n in range(len(self.names))]
        return np.stack(maps).astype(np.float32)

    def picture(self) -> NDArray[np.uint8]:
        """The map in its colours, (H,W,3)."""
        picture: NDArray[np.uint8] = np.array(self.colours, dtype=np.uint8)[self.labels]
        return picture


def _overlaps(cells: int, pixels: int) -> Any:
    """Fraction of each pixel in each of ``cells`` equal parts of an axis, sparse (cells,pixels)."""
    from scipy import sparse  # here: painting without regions does not wait for it

    if cells == pixels:
        return sparse.eye_array(cells, format="csr")
    edges = np.linspace(0, pixels, cells + 1)
    low, high = edges[:-1, None], edges[1:, None]
    start = np.arange(pixels)[None]
    covered = np.minimum(high, start + 1) - np.maximum(low, start)
    return sparse.csr_array(covered.clip(0) * cells / pixels)
