"""Transfer guided by region maps against plain: ``python experiments/regions/guided.py out``.

Every picture is a run of ``train.py task=gatys``, made in this process: 192 px on the longer side,
60 iterations, seed 0.
``out`` keeps the runs, and a run that is finished is not made again. Words after ``out`` choose
cases by name. ``results.csv`` and the sheets (``guided.jpg``, ``others.jpg``, ``paintings.jpg``,
``coco.jpg``) are written beside this file, sheets only where all their cases were chosen. The
photographs are looked for in ../shared/assets, the paintings in $STYLENET_STYLES.

A region's loss is the distance of its guided statistics from its style's, over all style layers
and times the style weight: of the guided result and of the plain one by the same judge, the guided
run's own style term.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from omegaconf import OmegaConf
from torch import Tensor

from stylenet import compose
from stylenet.files import write_csv
from stylenet.images import LongerSide, contact_sheet, read_image, write_image
from stylenet.losses import RegionStyleTerm, View
from stylenet.losses.features import read_features
from stylenet.run import train
from stylenet.run.building import build
from stylenet.runners.pixels import PixelComponents
from stylenet.styles import find_style, read_style

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ASSETS = ROOT.parent / "shared/assets"
MAPS, COCO = ASSETS / "regions", ASSETS / "coco8"
COMMON = ["task=gatys", "content_size.px=192", "trainer.max_steps=60", "logger=none"]
COMMON += ["callbacks=none", "trainer.accelerator=cpu"]
RED, GREEN, BLUE, YELLOW = "0xe6194b", "0x3cb44b", "0x0082c8", "0xffe119"
PURPLE = "0x911eb4"


@dataclass(frozen=True)
class Case:
    """A guided run, and the plain one that it is compared with.

    Attributes:
        name: of its folders and rows.
        common: overrides of both runs.
        guided: overrides of the guided one.
        plain: overrides of the plain one.
        paintings: of the regions, where they are not those of one style picture.
    """

    name: str
    common: tuple[str, ...]
    guided: tuple[str, ...]
    plain: tuple[str, ...] = ()
    paintings: tuple[str, ...] = ()


def photographs(
    content: str, style: str, pairs: dict[str, str], background: str | None = None
) -> Case:
    """One photograph's regions painted with another's; the maps' colours mean nothing in common."""
    words = ", ".join(f"{one}: {two}" for one, two in pairs.items())
    guided = [
        "regions=maps",
        f"regions.content={MAPS / f'{content}_regions.png'}",
        f"regions.style={MAPS / f'{style}_regions.png'}",
        f"regions.pairs={{{words}}}",
        f"regions.background={background or 'null'}",
    ]
    common = (f"content={MAPS / f'{content}.jpg'}", f"style={MAPS / f'{style}.jpg'}")
    return Case(f"{content}_as_{style}", common, tuple(guided))


def paintings(content: str, styles: dict[str, str]) -> Case:
    """A painting for each region, against their equal blend everywhere."""
    words = ", ".join(f"{colour}: {style}" for colour, style in styles.items())
    region_map = f"regions.content={MAPS / f'{content}_regions.png'}"
    names = ",".join(dict.fromkeys(styles.values()))
    return Case(
        f"{content}_painted",
        (f"content={MAPS / f'{content}.jpg'}",),
        ("regions=maps", region_map, f"regions.styles={{{words}}}"),
        (f"style=[{names}]",),
        paintings=tuple(styles.values()),
    )


def annotated(content: str, style: str, group: str) -> Case:
    """Instances of COCO's categories in two pictures."""
    files = [COCO / "images" / f"{number:0>12}.jpg" for number in (content, style)]
    return Case(
        f"coco{content}_as_{style}",
        (f"content={files[0]}", f"style={files[1]}"),
        (
            "regions=coco",
            f"regions.annotations={COCO / 'instances.json'}",
            f"regions.categories=[[{group}]]",
        ),
    )


DEVELOPED = [
    photographs("163085", "108005", {GREEN: BLUE, BLUE: GREEN}, RED),
    photographs("108070", "108082", {GREEN: BLUE, RED: GREEN}, GREEN),
]
UNSEEN = [
    photographs("103070", "12084", {YELLOW: BLUE, BLUE: RED}),
    photographs("167083", "167062", {BLUE: RED, YELLOW: GREEN, PURPLE: GREEN}, GREEN),
]
OTHERS = [
    photographs("108005", "134035", {BLUE: GREEN, GREEN: RED, YELLOW: RED}, RED),
    photographs("130026", "167083", {RED: BLUE}, BLUE),
    photographs("159008", "105025", {RED: BLUE, GREEN: YELLOW}, YELLOW),
    photographs("167062", "159008", {BLUE: GREEN, YELLOW: GREEN, PURPLE: GREEN}),
]
PAINTED = [
    paintings("163085", {GREEN: "udnie", BLUE: "wave", RED: "starry_night"}),
    paintings("130026", {GREEN: "wave", RED: "the_scream"}),
]
ANNOTATED = [
    annotated("34", "42", "zebra,dog"),
    annotated("25", "49", "giraffe,horse"),
    annotated("36", "61", "person"),
]
SHEETS = {
    "guided.jpg": DEVELOPED + UNSEEN,
    "others.jpg": OTHERS,
    "paintings.jpg": PAINTED,
    "coco.jpg": ANNOTATED,
}

CELLS = {"guided.jpg": 184, "others.jpg": 128}  # so that no sheet has 300 kB; else 192


def painting(name: str) -> Tensor:
    """A painting, 170 px on its longer side."""
    folder = os.environ.get("STYLENET_STYLES")
    cache = Path("~/.cache/stylenet/styles").expanduser()
    found = find_style(name, folder=Path(folder) if folder else None, cache=cache)
    return read_style(found, LongerSide(170))


def paint(folder: Path, overrides: Sequence[str]) -> None:
    """Make one run, unless it is there; what was left of one that was cut off is removed."""
    if not (folder / "result.json").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        train(compose(*COMMON, *overrides, f"run.dir={folder}"))


@torch.no_grad()
def judged(folder: Path, pictures: Sequence[Path]) -> tuple[list[str], list[float], list[Tensor]]:
    """Names and shares of the regions of the run in ``folder``; each one's loss in ``pictures``."""
    components = build(OmegaConf.load(folder / "config.yaml")).components
    assert isinstance(components, PixelComponents)
    stage = components.task.stages[-1]
    loss, guidance = stage.make_judge(), components.guidance
    term = loss.terms["style"]
    assert isinstance(term, RegionStyleTerm)
    assert guidance is not None
    found = []
    for file in pictures:
        picture = read_image(file)[None]
        stylised = View(picture, read_features(loss.network, picture, term.stylised_layers))
        values = term.by_region(stylised, View(picture, regions=stage.regions)).values()
        found.append(term.weight * torch.stack(list(values)).sum(0)[0])
    shares = [float(share) for share in guidance.content.shares()]
    return list(guidance.content.names), shares, found


def rows_of(case: Case, out: Path) -> list[dict[str, str]]:
    """One row a region: its loss in the photograph, by plain and by guided transfer."""
    guided, plain = out / f"{case.name}_guided", out / f"{case.name}_plain"
    paint(guided, [*case.common, *case.guided])
    paint(plain, [*case.common, *case.plain])
    pictures = [guided / "content.png", plain / "result.png", guided / "result.png"]
    names, shares, losses = judged(guided, pictures)
    rows = []
    for number, (name, share) in enumerate(zip(names, shares, strict=True)):
        before, by_plain, by_guided = (float(values[number]) for values in losses)
        rows.append(
            {
                "case": case.name,
                "region": name,
                "share": f"{share:.4f}",
                "photograph": f"{before:.4g}",
                "plain": f"{by_plain:.4g}",
                "guided": f"{by_guided:.4g}",
                "guided/plain": f"{by_guided / by_plain:.3f}" if by_plain else "",
            }
        )
    return rows


def sheet(file: str, cases: Sequence[Case], out: Path) -> None:
    """A row a case: content, its map, style with its map or the paintings, plain, guided."""
    rows = []
    for case in cases:
        guided = out / f"{case.name}_guided"
        names = ["content", "regions_content"]
        names += [] if case.paintings else ["style", "regions_style"]
        row = [read_image(guided / f"{name}.png") for name in names]
        if case.paintings:
            row.append(
                contact_sheet([[painting(name) for name in case.paintings]], cell=170, pad=2)
            )
        row += [
            read_image(out / f"{case.name}_{kind}" / "result.png") for kind in ("plain", "guided")
        ]
        rows.append(row)
    titles = ["content", "its map", "style", "its map", "plain", "guided"]
    if cases[0].paintings:
        titles[2:4] = ["paintings"]
    picture = contact_sheet(rows, column_titles=titles, cell=CELLS.get(file, 192))
    write_image(HERE / file, picture)


def main() -> None:
    """Paint, measure, show."""
    torch.set_num_threads(1)
    out, chosen = Path(sys.argv[1]).absolute(), sys.argv[2:]
    cases = [case for group in SHEETS.values() for case in group]
    cases = [case for case in cases if not chosen or case.name in chosen]
    rows = []
    for case in cases:
        rows += rows_of(case, out)
        for row in rows:
            if row["case"] == case.name:
                print(*row.values(), flush=True)
    for file, group in SHEETS.items():
        if all(case in cases for case in group):
            sheet(file, group, out)
    if not chosen:
        write_csv(HERE / "results.csv", rows)


if __name__ == "__main__":
    main()
