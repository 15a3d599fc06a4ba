"""Sheets of nets of several styles: ``python sheets.py <folder with the runs> <name> ...``.

For each run named: ``<name>.jpg``, photographs painted in every style, and ``<name>_mixed.jpg``,
from one style to another, from the reconstruction to a style where the net has one, and a picture
with a style in each region beside the same cut out of whole pictures. Photographs are found in
``$STYLENET_CONTENTS``, the map and its photograph in ``--regions``.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from stylenet.apply import Model, Stylizer, load_model
from stylenet.images import LongerSide, contact_sheet, read_image, write_image
from stylenet.regions import read_regions

HERE = Path(__file__).parent
PHOTOGRAPHS = ("lion", "chicago", "golden_gate", "tubingen", "stata")
STEPS = (0.0, 0.25, 0.5, 0.75, 1.0)


def painted(model: Model, picture: Tensor, weights: Callable[[int, int], Tensor]) -> Tensor:
    """``picture`` (3,H,W) in a mixture of styles."""
    return Stylizer(model).paint(picture, weights(*picture.shape[-2:]))


def row(model: Model, **weights: float) -> Callable[[int, int], Tensor]:
    """The same weights in the whole picture."""
    values = torch.zeros(len(model.styles))
    for style, weight in weights.items():
        values[model.style_number(style)] = weight
    return lambda *_: values


def grid(model: Model, run: Path, pictures: dict[str, Tensor]) -> Tensor:
    """Rows pictures, columns styles; the paintings on top."""
    top = [None, *(read_image(run / "styles" / f"{style}.png") for style in model.styles)]
    rows = [
        [picture, *(painted(model, picture, row(model, **{s: 1.0})) for s in model.styles)]
        for picture in pictures.values()
    ]
    titles = ["", *model.styles]
    return contact_sheet([top, *rows], column_titles=titles, cell=116, pad=4, title_px=11)


def mixed(model: Model, picture: Tensor, pair: list[str], places: tuple[Tensor, Tensor]) -> Tensor:
    """Fusion, strength and regions, a row each."""
    first, second = pair
    fusion = [painted(model, picture, row(model, **{first: 1 - s, second: s})) for s in STEPS]
    rows, titles = [fusion], [f"{first} to {second}"]
    if hasattr(model.net, "reconstruct"):
        rows.append([painted(model, picture, row(model, **{second: s})) for s in STEPS])
        titles.append(f"reconstruction to {second}")
    photo, regions = places
    names = (pair * len(regions))[: len(regions)]
    maps = torch.zeros(len(model.styles), *regions.shape[1:])
    cut = torch.zeros_like(photo)
    for name, region in zip(names, regions, strict=True):
        maps[model.style_number(name)] += region
        cut += region * painted(model, photo, row(model, **{name: 1.0}))
    drawn = (regions * torch.linspace(0, 1, len(regions))[:, None, None]).sum(0).expand(3, -1, -1)
    fused = painted(model, photo, lambda *_: maps)
    rows.append([photo, drawn, cut, fused])
    titles.append("photo, map, cut from two, fused")
    return contact_sheet(rows, row_titles=titles, cell=168, pad=4, title_px=11)


def places(photo: Path, colours: list[str]) -> tuple[Tensor, Tensor]:
    """A photograph (3,H,W) and where each colour of its map is, (R,H,W)."""
    picture = LongerSide(448)(read_image(photo))
    regions = read_regions(photo.with_name(f"{photo.stem}_regions.png"), colours)
    return picture, F.interpolate(regions[None], picture.shape[-2:], mode="nearest-exact")[0]


def main() -> None:
    """Draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="+")
    parser.add_argument("--photographs", nargs="+", default=PHOTOGRAPHS)
    parser.add_argument("--pair", nargs=2, default=["udnie", "starry_night"])
    parser.add_argument("--regions", type=Path, required=True, help="a photograph beside its map")
    parser.add_argument("--colours", nargs="+", required=True, help="of the map")
    parser.add_argument("--out", type=Path, default=HERE)
    arguments = parser.parse_args()
    contents = Path(os.environ["STYLENET_CONTENTS"])
    pictures = {
        name: LongerSide(448)(read_image(contents / f"{name}.jpg"))
        for name in arguments.photographs
    }
    where = places(arguments.regions, arguments.colours)
    for name in arguments.names:
        run = arguments.folder / name
        model = load_model(run)
        write_image(arguments.out / f"{name}.jpg", grid(model, run, pictures))
        series = mixed(model, pictures[arguments.photographs[0]], arguments.pair, where)
        write_image(arguments.out / f"{name}_mixed.jpg", series)


if __name__ == "__main__":
    main()
