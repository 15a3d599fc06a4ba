"""Nets trained with maps and without: ``measure.py <with> <without> <regions> <name> [titles]``.

``<with>`` and ``<without>`` are runs of ``train.py``, ``<regions>`` is a folder of photographs
``x.jpg`` with maps ``x_regions.png``, by which both nets paint. The regions of a map, the largest
first, get the nets' styles in turn. Writes ``<name>.csv`` and ``<name>.jpg`` beside this file, and
prints medians. Two titles say what else the two nets differ by.
"""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median

import torch
from torch import Tensor

from stylenet import compose
from stylenet.apply import Model, Stylizer, load_model
from stylenet.files import write_csv
from stylenet.images import LongerSide, contact_sheet, read_image, write_image
from stylenet.losses import PerceptualLoss, RegionStylesTerm, View
from stylenet.losses.features import read_features
from stylenet.regions import RegionMap, fit_map, read_region_map
from stylenet.run.building import instantiate
from stylenet.runners.building import build_loss, build_network

HERE = Path(__file__).parent
SHOWN = ("163085", "103070", "167083")
SIDE = 256  # pixels, the longer side of a photograph
COLOURS = (
    (230, 60, 50),
    (50, 90, 220),
    (140, 220, 60),
    (240, 200, 40),
    (150, 60, 200),
    (60, 200, 200),
)


def styles_in(regions: RegionMap, styles: tuple[str, ...]) -> RegionMap:
    """The map of styles: the largest region has the first, the next the second, and so on."""
    order = (-regions.shares()).argsort()
    numbers = order.argsort() % len(styles)
    return RegionMap(numbers[regions.labels], styles, COLOURS[: len(styles)])


def loss_for(model: Model) -> PerceptualLoss:
    """Content and style by region, unweighted, as ``train.py`` has them by default."""
    unweighted = ("loss.content_weight=1", "loss.style_weight=1", "loss.tv_weight=1")
    config = compose("experiment=normalised", "loss=region_styles", *unweighted)
    folder = model.path.parent / "styles"
    pictures = [read_image(folder / f"{name}.png")[None] for name in model.styles]
    return build_loss(config, instantiate, build_network(config, instantiate), style=pictures)


def paint(model: Model, photo: Tensor, maps: Tensor) -> Tensor:
    """In one pass, (3,H,W)."""
    return Stylizer(model).paint(photo, maps)


def composite(model: Model, photo: Tensor, maps: Tensor) -> Tensor:
    """The whole photograph in each style, of which the map takes the parts: a pass for each."""
    whole = torch.eye(len(model.styles))
    painted = [Stylizer(model).paint(photo, one) for one in whole]
    return (torch.stack(painted) * maps[:, None]).sum(0)


@torch.no_grad()
def distances(
    loss: PerceptualLoss, result: Tensor, photo: Tensor, maps: Tensor
) -> dict[str, float]:
    """Content loss, and the style loss inside the regions of each style."""
    stylised = View(result[None], read_features(loss.network, result[None], loss.stylised_layers))
    content = loss.view_content(photo[None], regions=maps[None])
    term = loss.terms["style"]
    assert isinstance(term, RegionStylesTerm)
    parts = torch.stack(list(term.by_region(stylised, content).values())).sum(0)[0]
    found = {f"style {number}": float(part) for number, part in enumerate(parts)}
    lost = loss.terms["content"](stylised, content).values()
    return {"content": sum(float(part) for part in lost), **found}


def print_medians(rows: list[dict[str, str]], styles: tuple[str, ...]) -> None:
    """The table of README.md: medians over photographs, and all regions weighed by their area."""
    ways = list(dict.fromkeys(row["net"] for row in rows))
    found = {(r["net"], r["photograph"], r["style"]): r for r in rows if r["style_loss"]}
    for way in ways:
        own = [row for (net, *_), row in found.items() if net == way]
        by_style = [[float(r["style_loss"]) for r in own if r["style"] == s] for s in styles]
        medians = [
            f"{s} {median(of):.2f} ({len(of)})"
            for s, of in zip(styles, by_style, strict=True)
            if of
        ]
        area = sum(float(r["share"]) for r in own)
        mean = sum(float(r["share"]) * float(r["style_loss"]) for r in own) / area
        content = median({r["photograph"]: float(r["content_loss"]) for r in own}.values())
        print(f"{way:30} {', '.join(medians)}, by area {mean:.2f}, content {content:.2f}")
    first = [(key[1:], row) for key, row in found.items() if key[0] == ways[0]]
    lower = sum(
        float(row["style_loss"]) < float(found[ways[1], *key]["style_loss"]) for key, row in first
    )
    print(f"nearer {ways[0]} than {ways[1]}: {lower} of {len(first)} pairs")


def main() -> None:
    """Paint, measure, draw."""
    with_maps, without = load_model(sys.argv[1]), load_model(sys.argv[2])
    folder, study = sys.argv[3:5]
    styles, loss = with_maps.styles, loss_for(with_maps)
    first, second = sys.argv[5:] if len(sys.argv) == 7 else ("with maps", "without maps")
    ways = {
        first: (paint, with_maps),
        second: (paint, without),
        f"{second}, a pass a style": (composite, without),
    }
    rows: list[dict[str, str]] = []
    sheet: dict[str, list[Tensor]] = {}
    for file in sorted(Path(folder).glob("*_regions.png")):
        name = file.name.removesuffix("_regions.png")
        photo = LongerSide(SIDE)(read_image(file.with_name(f"{name}.jpg")))
        height, width = photo.shape[-2:]
        regions = fit_map(styles_in(read_region_map(file), styles), height, width, str(file))
        maps = torch.from_numpy(regions.soft(height, width))
        results = {way: how(model, photo, maps) for way, (how, model) in ways.items()}
        for way, result in results.items():
            found = distances(loss, result, photo, maps)
            for number, style in enumerate(styles):
                share = float(maps[number].mean())
                rows.append(
                    {
                        "photograph": name,
                        "net": way,
                        "style": style,
                        "share": f"{share:.3f}",
                        "style_loss": f"{found[f'style {number}']:.3f}" if share > 0 else "",
                        "content_loss": f"{found['content']:.3f}",
                    }
                )
        drawn = torch.from_numpy(regions.picture()).permute(2, 0, 1) / 255
        sheet[name] = [photo, drawn, *results.values()]
    write_csv(HERE / f"{study}.csv", rows)
    titles = ["photograph", "regions", *ways]
    shown = [sheet[name] for name in SHOWN if name in sheet]
    write_image(HERE / f"{study}.jpg", contact_sheet(shown, column_titles=titles, cell=220))
    print_medians(rows, styles)


if __name__ == "__main__":
    main()
