"""A line drawing whose lines and regions are known."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from stylenet.errors import StylenetError
from stylenet.regions.silhouettes import Floats, Labels, Mask, cleaned

SPECK = 0.1  # of the largest part: smaller ones do not count for the shape


class DrawingError(StylenetError):
    """An image that cannot be coloured as a line drawing."""


@dataclass(frozen=True)
class Drawing:
    """What is known of a line drawing of H x W pixels.

    Attributes:
        grey: luminance in [0,1], dark lines on light paper, (H,W).
        ink: where lines are, (H,W).
        labels: 0 is the ground, 1 to R the closed regions; a line belongs to the nearest, (H,W).
        gap: the widest gap in the lines that was closed, in pixels.
        inverted: the image had light lines on a dark ground.
        remarks: what a user may not expect, each a clause.
    """

    grey: Floats
    ink: Mask
    labels: Labels
    gap: int
    inverted: bool = False
    remarks: tuple[str, ...] = ()

    @property
    def figure(self) -> Mask:
        """Where the regions are, (H,W)."""
        return self.labels > 0

    @property
    def silhouette(self) -> Mask:
        """The figure as one shape: gaps between regions closed, specks left out, (H,W)."""
        reach = self.gap // 2
        if reach == 0:
            return cleaned(self.figure, SPECK)
        away = ndimage.distance_transform_edt(~np.pad(self.figure, 2 * reach + 1))
        closed = ndimage.distance_transform_edt(away <= reach) > reach
        inner = slice(2 * reach + 1, -2 * reach - 1)
        return cleaned(closed[inner, inner] | self.figure, SPECK)

    @property
    def count(self) -> int:
        """How many closed regions there are."""
        return int(self.labels.max())

    def within(self, figure: Mask) -> Drawing:
        """The drawing with a given ``figure`` (H,W), which its closed regions divide."""
        inside = np.where(figure, self.labels, 0)
        kept = np.unique(inside[inside > 0])
        seeds = np.searchsorted(kept, inside) + 1 if len(kept) else np.ones_like(inside)
        labels = nearest(np.where(inside > 0, seeds, 0) if len(kept) else figure.astype(int))
        return replace(self, labels=np.where(figure, labels, 0), remarks=())


def nearest(seeds: Labels) -> Labels:
    """Every pixel of (H,W) gets the label of the nearest one that has any (above 0)."""
    if not (seeds > 0).any():
        return seeds
    index = ndimage.distance_transform_edt(seeds == 0, return_distances=False, return_indices=True)
    return seeds[tuple(index)]  # type: ignore[no-any-return]
