"""Reading line drawings: their lines, and the regions that these close."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from stylenet.regions.drawing import Drawing, DrawingError, nearest
from stylenet.regions.silhouettes import Floats, Labels, Mask, border, resized

GREY = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)
NEAR_PAPER = 0.08  # what differs less from the paper is paper: JPEG and scanners add noise
FAINTEST = 0.15  # lines less dark than this, against the paper, are none
INK = 0.4  # of the darkest lines' contrast: a thin line's soft edge is mostly paper
SOLID = 0.012  # of the longer side: what lies deeper in the dark than this is no line
LEAST_PAPER = 0.5  # the shares that the training photographs and drawings part at:
MOST_SOLID = 0.3  # experiments/sketch/README.md
MOST_BETWEEN = 1.2  # of the fraction of ink
LEAST_INK = 5e-4
FRAME = 0.9
ENOUGH = 0.8


@dataclass(frozen=True)
class LineArt:
    """Reads line drawings: what the border's flood does not reach is closed.

    Lines are what is dark against the paper (the most frequent brightness); light lines on a dark
    ground are inverted. Where lines have gaps, they are thickened step by step up to half of
    ``gap``, until the regions they close have nearly the area they have at the most; what thinner
    lines close stays a region of its own.

    Attributes:
        px: longer side at which regions are found; a larger drawing is reduced to it.
        gap: the widest gap that is closed, as a fraction of the longer side.
        least: regions below this fraction of the drawing's area go to their neighbours.
    """

    px: int = 512
    gap: float = 0.04
    least: float = 0.002

    def __call__(self, picture: Floats) -> Drawing:
        """Read (H,W,3) in [0,1]; the drawing has the same size, or ``px`` if that is less.

        Raises:
            DrawingError: no lines, a photograph, or lines that close nothing.
        """
        drawing = self.lines(picture)
        check_lines(drawing)
        drawing = self._without_frame(self.closed(drawing))
        if drawing.count == 0:
            ink, widest = drawing.ink.mean(), round(self.gap * max(drawing.ink.shape))
            raise DrawingError(
                f"Got a drawing whose lines ({ink:.1%} of it) close no region, even with gaps of "
                f"{widest} of its {max(drawing.ink.shape)} pixels closed; expected an outline that "
                "ends where it began.",
                "Close the outline, allow wider gaps with colouring.drawing.gap=0.08, or give the "
                "figure as sketch_mask=<picture, white where it is>.",
            )
        return drawing

    def lines(self, picture: Floats) -> Drawing:
        """The lines alone: one region, the ground. Nothing is checked."""
        height, width = picture.shape[:2]
        scale = min(1.0, self.px / max(height, width))
        grey = resized(picture @ GREY, round(height * scale), round(width * scale))
        inverted = bool(np.median(grey) < 0.5)
        grey = 1 - grey if inverted else grey
        remarks = ("light lines on a dark ground: inverted",) if inverted else ()
        contrast = np.clip(paper_of(grey) - grey, 0, 1)
        darkest = max(FAINTEST, float(np.percentile(contrast, 99.9)))
        ink = contrast > INK * darkest
        return Drawing(grey, ink, np.zeros(grey.shape, dtype=np.int64), 0, inverted, remarks)

    def closed(self, drawing: Drawing) -> Drawing:
        """The drawing with the regions that its lines close; perhaps none."""
        ink = drawing.ink
        if not ink.any():
            return drawing
        reach = self.gap * max(ink.shape) / 2
        radii = sorted({round(share * reach) for share in (0, 0.25, 0.5, 0.75, 1)})
        away = ndimage.distance_transform_edt(~ink)
        tries = [self._enclosed(away, radius) for radius in radii]
        # regions give back to themselves what thicker lines took from them
        areas = [
            (_away(seeds) <= radius).sum() for (seeds, _), radius in zip(tries, radii, strict=True)
        ]
        chosen = next(i for i, area in enumerate(areas) if area >= ENOUGH * max(areas))
        stroke = 2 * float(np.percentile(ndimage.distance_transform_edt(ink)[ink], 90)) + 1
        grown = [
            _grown(ink, *tries[i], reach=radii[i] + stroke)
            for i in range(chosen + 1)
            if tries[i][0].any()
        ]
        if not grown:
            return drawing
        labels = joined(grown, self.least * ink.size)
        return replace(drawing, labels=labels, gap=2 * radii[chosen])

    def _enclosed(self, away: Floats, radius: int) -> tuple[Labels, Mask]:
        """Regions closed by lines ``radius`` thicker, without these lines; and what is open."""
        parts, count = ndimage.label(away > radius)
        areas = np.bincount(parts.ravel(), minlength=count + 1)
        open_ones = np.unique(parts[border(away.shape)])
        inside = areas >= self.least * away.size
        inside[open_ones] = inside[0] = False
        outside = np.isin(parts, open_ones[open_ones > 0])
        return (np.cumsum(inside) * inside)[parts], outside

    def _without_frame(self, drawing: Drawing) -> Drawing:
        """Where a frame closes off nearly everything, the drawing inside the frame."""
        if drawing.figure.mean() < FRAME:
            return drawing
        parts, _ = ndimage.label(drawing.ink, np.ones((3, 3)))
        for number, box in enumerate(ndimage.find_objects(parts), start=1):
            sides = [(s.stop - s.start) / n for s, n in zip(box, parts.shape, strict=True)]
            if min(sides) >= FRAME:
                inner = replace(drawing, ink=drawing.ink & (parts != number))
                if inner.ink.any():
                    remark = "the frame around the drawing is left out"
                    return replace(self.closed(inner), remarks=(*drawing.remarks, remark))
        return drawing


def joined(tries: Sequence[Labels], least: float) -> Labels:
    """Regions of the first labels, then of the later ones where the earlier have none.

    Of a later region parts of at least ``least`` pixels count; smaller ones go to the nearest.
    """
    labels = tries[0]
    for more in tries[1:]:
        new = np.where(labels == 0, more, 0)
        for number in range(1, int(new.max()) + 1):
            parts, count = ndimage.label(new == number)
            areas = np.bincount(parts.ravel(), minlength=count + 1)
            for part in range(1, count + 1):
                if areas[part] >= least:
                    labels = np.where(parts == part, labels.max() + 1, labels)
        labels = np.where((more > 0) & (labels == 0), nearest(labels), labels)
    return labels


def paper_of(grey: Floats) -> float:
    """The paper's brightness in [0,1]: the most frequent of 64 levels of ``grey`` (H,W)."""
    counts, edges = np.histogram(grey, bins=64, range=(0, 1))
    top = int(counts.argmax())
    return float((edges[top] + edges[top + 1]) / 2)


def check_lines(drawing: Drawing) -> None:
    """See that ``drawing`` consists of lines on paper.

    Raises:
        DrawingError: hardly any lines, or a photograph.
    """
    grey, ink = drawing.grey, drawing.ink
    paper = paper_of(grey)
    blank = np.abs(grey - paper) <= NEAR_PAPER
    share, between = float(ink.mean()), float((~blank & ~ink).mean())
    if share < LEAST_INK:
        darkest = max(0.0, paper - float(grey.min()))
        raise DrawingError(
            f"Got an empty drawing: {share:.2%} of it is lines, its darkest spot is {darkest:.0%} "
            "darker than the paper; expected dark lines on light paper.",
            "Check that it is the right file, or darken its lines.",
        )
    depth = ndimage.distance_transform_edt(ink)[ink]
    solid = float((depth > max(4, SOLID * max(ink.shape))).mean())
    shaded = between > MOST_BETWEEN * share + 0.02
    if blank.mean() < LEAST_PAPER or solid > MOST_SOLID or shaded:
        levels = int((np.histogram(grey, 256, (0, 1))[0] > grey.size / 2000).sum())
        raise DrawingError(
            f"Got a photograph or a shaded picture: {levels} grey levels, {blank.mean():.0%} of it "
            f"paper, {share:.0%} dark (of which {solid:.0%} solid areas, not lines) and "
            f"{between:.0%} between; expected a line drawing: at least {LEAST_PAPER:.0%} paper, at "
            f"most {MOST_SOLID:.0%} of the dark solid, and hardly more between than dark.",
            "Make a line drawing of it first, for instance by edge detection, or style it with "
            "task=gatys content=<picture>.",
        )


def _grown(ink: Mask, seeds: Labels, outside: Mask, reach: float) -> Labels:
    """Regions grown into the lines around them: what lies nearer to them than to the outside."""
    inward, outward = _away(seeds), _away(outside)
    figure = ndimage.binary_fill_holes((inward <= reach) & (ink | (inward <= outward)))
    return np.where(figure, nearest(seeds), 0)


def _away(mask: Labels | Mask) -> Floats:
    """Distance of each pixel (H,W) from the nearest one that is not 0; far where there is none."""
    if not mask.any():
        return np.full(mask.shape, np.inf, dtype=np.float32)
    return ndimage.distance_transform_edt(mask == 0).astype(np.float32)  # type: ignore[no-any-return]
