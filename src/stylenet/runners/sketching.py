"""What a sketch is coloured after: its regions, the reference image, what belongs to what."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from stylenet.config import Settings
from stylenet.errors import StylenetError
from stylenet.files import cache_folder
from stylenet.images import LongerSide, read_image
from stylenet.regions import (
    BorderContrast,
    Describer,
    Drawing,
    Library,
    LineArt,
    Match,
    Ranked,
    Shape,
    both_ways,
    check_shape,
    paper_of,
    ranked,
    resized,
)
from stylenet.runners.base import Instantiate, Say

log = logging.getLogger(__name__)
Floats: TypeAlias = NDArray[np.float32]
Mask: TypeAlias = NDArray[np.bool_]
REFERENCE_PX = 320  # longer side at which a reference is segmented


@dataclass(frozen=True)
class Plan:
    """All that is settled before a sketch is painted.

    Attributes:
        lines: the drawing, dark on white, (3,H,W) in [0,1], at its own size.
        drawing: its regions.
        ranking: of the library's images, best first; empty where the reference was given.
        reference: the image it is coloured after.
        picture: the reference as it was segmented, (h,w,3) in [0,1].
        match: what belongs to what.
    """

    lines: Tensor
    drawing: Drawing
    ranking: tuple[Ranked, ...]
    reference: Path
    picture: Floats
    match: Match

    def filled(self) -> Floats:
        """Each of the drawing's regions in the mean colour of its match, (H,W,3) in [0,1]."""
        count = len(self.match.names)
        means = [self.picture[self.match.reference == n].mean(0) for n in range(count)]
        return np.stack(means).astype(np.float32)[self.match.drawing]


def plan_sketch(config: Settings, instantiate: Instantiate, say: Say) -> Plan:
    """Read the drawing, find the reference, match their regions; say what was done.

    Raises:
        StylenetError: no line drawing, no reference, or masks that do not suit their images.
    """
    colouring = config.colouring
    read: LineArt = instantiate(colouring.drawing)
    find: BorderContrast = instantiate(colouring.figure)
    file = Path(config.sketch)
    picture = read_image(file)
    drawing = _drawing(read, _channels_last(picture), config.sketch_mask)
    for remark in drawing.remarks:
        say(f"sketch: {remark}")
    closed = f", gaps of up to {drawing.gap} pixels closed" if drawing.gap else ""
    log.info("sketch: %d closed regions%s", drawing.count, closed)
    ranking: tuple[Ranked, ...] = ()
    if config.reference is None:
        shape: Shape = instantiate(colouring.shape)
        ranking = ranked(
            Library(Path(config.library), _cache(config), Describer(find, shape, colouring.chroma)),
            both_ways(shape, drawing.silhouette, drawing.ink),
            colouring.top,
        )
        for place, hit in enumerate(ranking, start=1):
            mirrored = " (mirrored)" if hit.mirrored else ""
            log.info("%3d. %.3f  %s%s", place, hit.distance, hit.file, mirrored)
    reference = ranking[0].file if ranking else Path(config.reference)
    seen = _channels_last(_at_most(read_image(reference), REFERENCE_PX))
    figure = _figure(find, seen, reference, config.reference_mask)
    match = instantiate(colouring.matching)(drawing.labels, seen, figure)
    for line in match.lines:
        log.info(line)
    return Plan(_on_white(picture, drawing), drawing, ranking, reference, seen, match)


def _drawing(read: LineArt, picture: Floats, mask: str | None) -> Drawing:
    if mask is None:
        return read(picture)
    drawing = read.closed(read.lines(picture))
    figure = read_mask(Path(mask), picture, "sketch_mask")
    return drawing.within(resized(figure.astype(np.float32), *drawing.ink.shape) > 0.5)


def _figure(find: BorderContrast, picture: Floats, file: Path, mask: str | None) -> Mask:
    if mask is not None:
        return read_mask(Path(mask), picture, "reference_mask")
    figure: Mask = replace(find, px=REFERENCE_PX)(picture)
    if figure.any() and not figure.all():
        return figure
    raise StylenetError(
        f"Got the reference {file}, in which nothing stands out from the border; expected a thing "
        "on a background of other colours.",
        "Choose another reference, or give its figure: reference_mask=<picture, white where it "
        "is>.",
    )


def read_mask(file: Path, picture: Floats, setting: str) -> Mask:
    """A given figure, white in an image of the same shape as ``picture`` (H,W,3): (H,W).

    Raises:
        StylenetError: another shape, or one side of it is empty.
    """
    given = _channels_last(read_image(file)).mean(-1)
    height, width = picture.shape[:2]
    check_shape(given.shape[0], given.shape[1], height, width, f"{setting}={file}")
    mask: Mask = resized(given, height, width) > 0.5
    if not mask.any() or mask.all():
        got = "no white" if not mask.any() else "nothing but white"
        raise StylenetError(
            f"Got {setting}={file} with {got}, expected white where the figure is and black "
            "elsewhere.",
            "Draw both.",
        )
    return mask


def _on_white(picture: Tensor, drawing: Drawing) -> Tensor:
    """The drawing's lines on white paper, (3,H,W): the paper's brightness counts as 1."""
    if drawing.inverted:
        picture = 1 - picture
    return (picture / paper_of(drawing.grey)).clamp(0, 1)


def _at_most(picture: Tensor, px: int) -> Tensor:
    return LongerSide(px)(picture) if max(picture.shape[-2:]) > px else picture


def _channels_last(picture: Tensor) -> Floats:
    return picture.permute(1, 2, 0).numpy()


def as_picture(array: NDArray[np.floating]) -> Tensor:
    """(H,W,3) in [0,1] -> (3,H,W) float32."""
    return torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32)).permute(2, 0, 1)


def _cache(config: Settings) -> Path:
    return cache_folder(config.paths.cache)
