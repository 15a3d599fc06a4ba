"""Runs of ``task=sketch``: a line drawing is coloured after an image of like shape."""

from __future__ import annotations

import csv
import functools
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from typing_extensions import override

from stylenet.config import Settings
from stylenet.errors import StylenetError
from stylenet.files import write_csv
from stylenet.images import (
    contact_sheet,
    read_image,
    to_pil,
    to_tensor,
    write_image,
)
from stylenet.regions import Guidance, Ranked, RegionMap, Seen, correspond, read_map
from stylenet.runners.base import Instantiate, Run, Say
from stylenet.runners.inputs import Inputs
from stylenet.runners.pixels import PixelComponents, PixelRunner
from stylenet.runners.sketching import Plan, as_picture, plan_sketch

log = logging.getLogger(__name__)
DRAWING, REGIONS, FILLED = "drawing.png", "drawing_regions.png", "filled.png"
REFERENCE, SEGMENTS = "reference.png", "reference_regions.png"
GUIDED, RESULT, SHEET = "guided.png", "result.png", "sheet.png"
RANKING, TOP = "ranking.csv", "top"


@dataclass(frozen=True)
class Matched:
    """A drawing and its reference, with what belongs to what.

    Attributes:
        pictures: by the names of their files, (3,H,W) in [0,1], as the files hold them.
        reference: the image that the drawing is coloured after.
        ranking: of the library's images, best first; empty where the reference was given.
    """

    pictures: Mapping[str, Tensor]
    reference: Path
    ranking: tuple[Ranked, ...] = ()

    def guidance(self) -> Guidance:
        """Regions of the drawing, and those of the reference that they belong to."""
        drawn, seen = (_read(self.pictures[name], name) for name in (REGIONS, SEGMENTS))
        return Guidance(*correspond(drawn, seen, None, {}))


@dataclass(frozen=True)
class SketchComponents(PixelComponents):
    """The components of a run that colours a drawing."""

    matched: Matched


class SketchRunner(PixelRunner):
    """As an image that is optimised, with all that leads to it in files and in ``sheet.png``."""

    paths = (
        *PixelRunner.paths,
        *("sketch", "library", "reference", "sketch_mask", "reference_mask"),
    )

    @override
    def validate(self, config: Settings, say: Say) -> None:
        """See that there is a sketch and something to colour it after.

        Raises:
            StylenetError: one of them is missing, a mask of no reference, or inputs of other tasks.
        """
        if config.sketch is None:
            raise StylenetError(
                "Got task=sketch without a drawing, expected one.", "Give sketch=<line drawing>."
            )
        if config.library is None and config.reference is None:
            raise StylenetError(
                "Got a sketch and nothing to colour it after, expected a folder of pictures or "
                "one picture.",
                "Give library=<folder>, or reference=<picture>.",
            )
        if config.reference is None and config.reference_mask is not None:
            raise StylenetError(
                f"Got reference_mask={config.reference_mask} without the picture it belongs to.",
                "Give reference=<picture>, too.",
            )
        if config.resume is None:
            _refuse_others(config)
        super().validate(config, say)

    @override
    def validate_styles(self, config: Settings) -> None:
        """None: the style is the reference."""

    @override
    def build(self, config: Settings, instantiate: Instantiate, say: Say) -> SketchComponents:
        """Everything up to the painting; of a run that is resumed, as its files have it."""
        if config.resume is None:
            matched = match(plan_sketch(config, instantiate, say))
        else:
            matched = matched_in(Path(config.run.dir), config.reference)
        start = instantiate(config.start)
        if isinstance(start, functools.partial):  # start=filled
            start = start(picture=matched.pictures[FILLED])
        file = Path(config.run.dir) / DRAWING
        lines = instantiate(config.content_size)(matched.pictures[DRAWING])[None]
        inputs = Inputs(
            Seen(str(file), file, lines),
            (str(matched.reference),),
            lambda *_: matched.guidance(),
            start,
        )
        painted = self.paint(config, inputs, instantiate, say)
        return SketchComponents(**vars(painted), matched=matched)

    @override
    def start(self, run: Run) -> None:
        """Also write what was found: drawing, reference, their regions, the ranking."""
        assert isinstance(run.components, SketchComponents)
        write_matched(run.components.matched, run.folder)
        super().start(run)

    @override
    def compares(self, config: Settings) -> set[str]:
        """The drawing: its style is one of regions."""
        return super().compares(config) - {"style"}

    @override
    def save_results(self, run: Run, *, finished: bool) -> Mapping[str, float]:
        """Write the result, ``guided.png`` without the lines, and ``sheet.png``."""
        folder = run.folder
        write_image(folder / GUIDED, run.task.guided())
        figures = super().save_results(run, finished=finished)
        write_image(folder / SHEET, sheet(folder))
        log.info("sheet     %s", SHEET)
        return figures


def _refuse_others(config: Settings) -> None:
    if config.regions is not None:
        raise StylenetError(
            f"Got regions={config.regions.get('_target_')} for task=sketch, which finds its "
            "regions in the lines.",
            "Leave regions out, or give sketch_mask= and reference_mask=.",
        )
    for key, instead in (("content", "sketch"), ("style", "reference")):
        if config[key] is not None:
            raise StylenetError(
                f"Got {key}={config[key]} for task=sketch.", f"Give {instead}=<picture>."
            )


def match(plan: Plan) -> Matched:
    """What was planned, as the files of the run will hold it."""
    regions, segments = (_drawn(one) for one in plan.match.maps())
    pictures = {
        DRAWING: plan.lines,
        REGIONS: regions,
        FILLED: as_picture(plan.filled()),
        REFERENCE: as_picture(plan.picture),
        SEGMENTS: segments,
    }
    # rounded, so that a run that reads them from its files goes on in the very same way
    rounded = {name: to_tensor(to_pil(picture)) for name, picture in pictures.items()}
    return Matched(rounded, plan.reference, plan.ranking)


def matched_in(folder: Path, reference: str | None) -> Matched:
    """What the run in ``folder`` found; ``reference`` is the one that it was given, if any."""
    names = (DRAWING, REGIONS, FILLED, REFERENCE, SEGMENTS)
    pictures = {name: read_image(folder / name) for name in names}
    if reference is None:
        with (folder / RANKING).open(newline="") as table:
            reference = next(csv.DictReader(table))["picture"]
    return Matched(pictures, Path(reference))


def write_matched(matched: Matched, folder: Path) -> None:
    """Write the images into ``folder``, and the ranking if there is one."""
    for name, picture in matched.pictures.items():
        write_image(folder / name, picture)
    if not matched.ranking:
        return
    rows = []
    for place, hit in enumerate(matched.ranking, start=1):
        found = {"distance": f"{hit.distance:.4f}", "mirrored": hit.mirrored}
        rows.append({"place": place, "picture": hit.file, **found})
        write_image(folder / TOP / f"{place:02d}_{hit.file.stem}.png", read_image(hit.file))
    write_csv(folder / RANKING, rows)


def sheet(folder: Path) -> Tensor:
    """Every intermediate image of the run in ``folder``, a row a step."""
    rows = [(DRAWING, REGIONS, FILLED), (REFERENCE, SEGMENTS), (GUIDED, RESULT)]
    titles = ["drawing, regions, filled", "reference, segments", "guided, with lines"]
    pictures: list[Sequence[Tensor]] = [[read_image(folder / n) for n in row] for row in rows]
    if tops := sorted((folder / TOP).glob("*.png")):
        pictures.insert(1, [read_image(file) for file in tops])
        titles.insert(1, "nearest shapes")
    return contact_sheet(pictures, row_titles=titles, cell=240)


def _drawn(regions: RegionMap) -> Tensor:
    """A map in its colours, (3,H,W) in [0,1]."""
    return torch.from_numpy(regions.picture()).permute(2, 0, 1).float() / 255


def _read(picture: Tensor, name: str) -> RegionMap:
    return read_map(np.asarray(to_pil(picture)), f"The region map {name}")
