"""Automatic regions of three pairs, of both kinds, and what is painted by them.

``sheets.py <out> <folder>``: each picture is a run of ``train.py task=gatys``; ``out`` keeps the
runs, and a run that is finished is not made again. Writes a sheet of each kind and ``results.csv``
beside this file. Paintings are looked for in $STYLENET_STYLES, contents in $STYLENET_CONTENTS, the
third photograph in ``folder``.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import torch
from omegaconf import DictConfig, OmegaConf
from torch import Tensor

from stylenet import compose
from stylenet.files import write_csv
from stylenet.images import contact_sheet, read_image, write_image
from stylenet.losses import RegionStyleTerm, View
from stylenet.losses.features import read_features
from stylenet.regions import read_region_map
from stylenet.run import train
from stylenet.run.building import instantiate
from stylenet.runners.building import build_loss, build_network

HERE = Path(__file__).parent
PAIRS = (("chicago", "starry_night"), ("tubingen", "night_cafe"), ("103070.jpg", "wave"))
KINDS = {
    "plain": [],
    "clusters": ["regions=clusters", "regions.count=4"],
    "segments": ["regions=segments", "regions.count=4"],
}
COMMON = ["task=gatys", "content_size.px=256", "trainer.max_steps=60", "logger=none"]


def run(folder: Path, overrides: list[str]) -> None:
    """Make one run, unless it is there; all in this process, which imports torch once."""
    if not (folder / "result.json").is_file():
        shutil.rmtree(folder, ignore_errors=True)  # a run that was killed
        train(compose(*COMMON, *overrides, f"run.dir={folder}"))


def maps_of(folder: Path) -> tuple[Tensor, Tensor]:
    """The maps that a run used, (1,R,H,W): of the content and of the style."""
    names = ("regions_content.png", "regions_style.png")
    first, second = (read_region_map(folder / name) for name in names)
    facts = json.loads((folder / "result.json").read_text())["regions"]
    colours = [tuple(fact["colour"]) for fact in facts]  # region 1, region 2, ...
    soft = []
    for one in (first, second):
        order = [one.colours.index(colour) for colour in colours]
        soft.append(torch.from_numpy(one.soft(*one.size))[None][:, order])
    return soft[0], soft[1]


@torch.no_grad()
def inside(guided: Path, results: list[Path]) -> list[list[float]]:
    """Style loss of each region of the run ``guided``, unweighted, in the result of each run."""
    config = OmegaConf.load(guided / "config.yaml")
    assert isinstance(config, DictConfig)
    content, style = maps_of(guided)
    painting = read_image(guided / "style.png")[None]
    network = build_network(config, instantiate)
    loss = build_loss(config, instantiate, network, style=painting, style_regions=style)
    term = loss.terms["style"]
    assert isinstance(term, RegionStyleTerm)
    found = []
    for folder in results:
        picture = read_image(folder / "result.png")[None]
        view = View(picture, read_features(network, picture, term.stylised_layers))
        parts = term.by_region(view, View(picture, regions=content))
        found.append(torch.stack(list(parts.values())).sum(0)[0].tolist())
    return found


def main() -> None:
    """Make the runs, the sheet and the table."""
    torch.set_num_threads(1)
    out, folder = Path(sys.argv[1]).absolute(), Path(sys.argv[2])
    sheets: dict[str, list[list[Tensor]]] = {kind: [] for kind in KINDS if kind != "plain"}
    rows = []
    for content, style in PAIRS:
        name = f"{content.removesuffix('.jpg')}_{style}"
        picture = str((folder / content).absolute()) if content.endswith(".jpg") else content
        folders = {kind: out / f"{name}_{kind}" for kind in KINDS}
        for kind, overrides in KINDS.items():
            run(folders[kind], [f"content={picture}", f"style={style}", *overrides])
        plain = folders.pop("plain")
        pictures = [plain / "content.png", plain / "style.png", plain / "result.png"]
        for kind, own in folders.items():
            found = ("regions_content.png", "regions_style.png", "result.png")
            shown = [*pictures, *(own / file for file in found)]
            sheets[kind].append([read_image(file) for file in shown])
            maps = maps_of(own)
            both = zip(*inside(own, [own, plain]), strict=True)
            for number, (guided, unguided) in enumerate(both):
                rows.append(
                    {
                        "content": content,
                        "style": style,
                        "regions": kind,
                        "region": number + 1,
                        "content_share": f"{float(maps[0][0, number].mean()):.3f}",
                        "style_share": f"{float(maps[1][0, number].mean()):.3f}",
                        "style_loss_guided": f"{guided:.4g}",
                        "style_loss_plain": f"{unguided:.4g}",
                    }
                )
    write_csv(HERE / "results.csv", rows)
    titles = ["content", "style", "plain", "regions", "of the style", "guided"]
    for kind, shown_rows in sheets.items():
        write_image(HERE / f"{kind}.jpg", contact_sheet(shown_rows, column_titles=titles, cell=180))


if __name__ == "__main__":
    main()
