"""Runs of ``task=sketch``: a line drawing is coloured after a picture of like shape."""

from __future__ import annotations

import csv
import io
import logging
from pathlib import Path

from omegaconf import DictConfig
from torch import Tensor

from stylenet.errors import StylenetError
from stylenet.files import write_text
from stylenet.images import contact_sheet, read_image, write_image
from stylenet.regions import write_region_map
from stylenet.run.building import Made, Parts
from stylenet.run.regions.sketching import Plan, as_picture, plan_sketch
from stylenet.runners.pixels import PixelRuns

log = logging.getLogger(__name__)
# conf/start/filled.yaml names one of them
DRAWING, REGIONS, FILLED = "drawing.png", "drawing_regions.png", "filled.png"
REFERENCE, SEGMENTS = "reference.png", "reference_regions.png"
GUIDED, RESULT, SHEET = "guided.png", "result.png", "sheet.png"
RANKING, TOP = "ranking.csv", "top"
MAPS = "stylenet.regions.sources.MapPictures"


class SketchRuns:
    """As a picture that is optimised, with all that leads to it in files and in ``sheet.png``."""

    def __init__(self) -> None:
        self.pixels = PixelRuns()

    def settle(self, config: DictConfig) -> None:
        """See that there is a sketch and something to colour it after.

        Raises:
            StylenetError: one of them is missing, or a mask of no reference.
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
            _check_given(config)
            config.content = config.sketch
            config.style = config.reference or config.library  # until the reference is found
        self.pixels.settle(config)

    def progress(self, folder: Path) -> tuple[int, bool]:
        """As ``result.json`` says."""
        return self.pixels.progress(folder)

    def make(self, config: DictConfig) -> Made:
        """Everything up to the painting, in files that the configuration names from now on."""
        if config.resume is None:
            plan = plan_sketch(config)
            folder = Path(config.run.dir)
            write_plan(plan, folder)
            config.reference = config.style = str(plan.reference)
            config.content = str(folder / DRAWING)
            config.regions.content = str(folder / REGIONS)
            config.regions.style = str(folder / SEGMENTS)
        return self.pixels.make(config)

    def begin(self, config: DictConfig, folder: Path, parts: Parts) -> None:
        """As any picture that is optimised."""
        self.pixels.begin(config, folder, parts)

    def keep(
        self, config: DictConfig, folder: Path, parts: Parts, *, finished: bool
    ) -> float | None:
        """Write the result, ``guided.png`` without the lines, and ``sheet.png``."""
        write_image(folder / GUIDED, parts.task.guided())
        loss = self.pixels.keep(config, folder, parts, finished=finished)
        write_image(folder / SHEET, sheet(folder))
        log.info("sheet     %s", folder / SHEET)
        return loss


def _check_given(config: DictConfig) -> None:
    source = config.regions.get("_target_")
    if source != MAPS:
        raise StylenetError(
            f"Got regions={source} for task=sketch, which finds its regions in the lines.",
            "Leave regions out, or give sketch_mask= and reference_mask=.",
        )
    for key, instead in (("content", "sketch"), ("style", "reference")):
        if config[key] is not None:
            raise StylenetError(
                f"Got {key}={config[key]} for task=sketch.", f"Give {instead}=<picture>."
            )


def write_plan(plan: Plan, folder: Path) -> None:
    """Write what was found into ``folder``: drawing, reference, their regions, the ranking."""
    regions, segments = plan.match.maps()
    write_image(folder / DRAWING, plan.lines)
    write_region_map(folder / REGIONS, regions)
    write_image(folder / FILLED, as_picture(plan.filled()))
    write_image(folder / REFERENCE, as_picture(plan.picture))
    write_region_map(folder / SEGMENTS, segments)
    if not plan.ranking:
        return
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["place", "picture", "distance", "mirrored"])
    for place, hit in enumerate(plan.ranking, start=1):
        writer.writerow([place, hit.file, f"{hit.distance:.4f}", hit.mirrored])
        write_image(folder / TOP / f"{place:02d}_{hit.file.stem}.png", read_image(hit.file))
    write_text(folder / RANKING, table.getvalue())


def sheet(folder: Path) -> Tensor:
    """Every intermediate picture of the run in ``folder``, a row a step."""
    rows = [(DRAWING, REGIONS, FILLED), (REFERENCE, SEGMENTS), (GUIDED, RESULT)]
    titles = ["drawing, regions, filled", "reference, segments", "guided, with lines"]
    pictures = [[read_image(folder / name) for name in row] for row in rows]
    if tops := sorted((folder / TOP).glob("*.png")):
        pictures.insert(1, [read_image(file) for file in tops])
        titles.insert(1, "nearest shapes")
    return contact_sheet(pictures, row_titles=titles, cell=240)
