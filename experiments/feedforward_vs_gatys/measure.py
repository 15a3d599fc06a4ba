"""How many iterations is one pass worth?

    python experiments/feedforward_vs_gatys/measure.py <folder>

The net `six`, which ships, paints photographs, each in the next of its six styles; the same
photograph is optimised under the very loss that the net was trained with, from the photograph
itself. Which iteration first has a loss as low as the net's painting? The folder keeps the runs;
``results.csv`` is written beside this file.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from statistics import mean, median

import torch
from skimage.filters import sobel
from torch import Tensor

from stylenet import compose
from stylenet.apply import Request, Stylizer
from stylenet.apply.contents import find_content
from stylenet.files import write_csv
from stylenet.images import LongerSide, ShorterSide, contact_sheet, read_image, write_image
from stylenet.metrics import Description, Judge
from stylenet.metrics.quality import ssim
from stylenet.run import train

HERE = Path(__file__).parent
PICTURES = ("chelsea", "astronaut", "coffee", "rocket", "motorcycle_left")
MANY = 500
JUDGED_PX = 384


def settings(net: Stylizer, style: str, content: Path, px: int) -> list[str]:
    """Overrides of an optimisation under the loss of ``net``, which is that of ``loss=squared``."""
    losses = net.model.description["losses"]
    size = net.model.description["styles"][net.model.style_number(style)]["size"]["px"]
    kept = ("content_weight", "style_weight", "tv_weight", "content_layers", "style_layers")
    return [
        "task=gatys",
        f"content={content}",
        f"style={style}",
        f"content_size.px={px}",
        "style_size=shorter",
        f"style_size.px={size}",
        f"loss_network={losses['loss_network']}",
        "loss=squared",
        *(f"loss.{key}={losses[key]}".replace("'", "").replace(" ", "") for key in kept),
        "precision=32",
        "logger=none",
        "comparison=none",
        "callbacks.checkpoints=null",
        "callbacks.snapshots=null",
        "callbacks.stopping=null",
        "trainer.log_every_n_steps=1",
    ]


def optimised(run: Path, overrides: list[str], steps: int) -> tuple[list[float], float]:
    """The loss before each iteration, and seconds an iteration."""
    if not (run / "metrics.json").is_file():
        train(compose(*overrides, f"trainer.max_steps={steps}", f"run.dir={run}"))
    with (run / "losses.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["name"] == "train/loss/total"]
    figures = json.loads((run / "metrics.json").read_text())
    rate = figures.get("pictures_per_second") or figures["steps_per_second"]
    return [float(row["value"]) for row in rows], 1 / rate


def edges(image: Tensor) -> Tensor:
    """The gradient of the grey of (3,H,W), as three equal channels."""
    return torch.from_numpy(sobel(image.mean(0).numpy())).float().expand(3, -1, -1)


def judged(judge: Judge, place: Path) -> dict[str, str]:
    """What a judge says of the net's painting, and of the image at equal loss and in the end.

    Style distance, mean of the judge's stages, and content distance.
    """

    def described(file: str) -> Description:
        return judge.describe(ShorterSide(JUDGED_PX)(read_image(place / file)))

    painting, photograph = described("equal/style.png"), described("content.png")
    found = {}
    for name, file in (("net", "net"), ("gatys", "equal/result"), ("end", "gatys/result")):
        own = described(f"{file}.png")
        found[f"judge_style_{name}"] = mean(own.style_distance(painting, photograph).values())
        found[f"judge_content_{name}"] = own.content_distance(photograph)
    return {name: f"{value:.4g}" for name, value in found.items()}


def seconds_of_a_pass(net: Stylizer, request: Request, content: Tensor) -> list[float]:
    """Five times, after one that does not count."""
    net(content, request)
    seconds = []
    for _ in range(5):
        begin = time.perf_counter()
        net(content, request)
        seconds.append(time.perf_counter() - begin)
    return seconds


def measured(
    net: Stylizer, judge: Judge, folder: Path, picture: str, style: str, px: int, steps: int
) -> dict[str, object]:
    """A row: what one pass is worth on one photograph."""
    place = folder / f"{Path(picture).stem}_{style}_{px}"
    place.mkdir(parents=True, exist_ok=True)
    content = LongerSide(px)(read_image(find_content(picture, None)))
    write_image(place / "content.png", content)
    content = read_image(place / "content.png")
    request = Request(style_weights={style: 1.0})
    seconds = seconds_of_a_pass(net, request, content)
    write_image(place / "net.png", net(content, request))
    same = settings(net, style, (place / "content.png").resolve(), px)
    given = [*same, "start=picture", f"start.picture.path={(place / 'net.png').resolve()}"]
    (of_net,), _ = optimised(place / "of_net", given, 1)
    curve, each = optimised(place / "gatys", same, steps)
    seconds += seconds_of_a_pass(net, request, content)  # before and after: machines change
    reached = next((step for step, loss in enumerate(curve) if loss <= of_net), None)
    one_pass = median(seconds)
    row: dict[str, object] = {
        "picture": Path(picture).stem,
        "style": style,
        "px": px,
        "loss_net": f"{of_net:.4g}",
        "loss_start": f"{curve[0]:.4g}",
        "steps": steps,
        "loss_end": f"{min(curve):.4g}",
        "iterations": steps if reached is None else reached,
        "reached": reached is not None,
        "seconds_pass": f"{one_pass:.4g}",
        "seconds_iteration": f"{each:.4g}",
        "times_faster": f"{(reached or steps) * each / one_pass:.4g}",
        f"times_faster_than_{MANY}": f"{MANY * each / one_pass:.4g}",
        "device": str(net.device),
    }
    optimised(place / "equal", same, reached or steps)
    of_content = edges(content)
    for name, image in (("net", "net.png"), ("gatys", "equal/result.png")):
        row[f"edges_{name}"] = f"{ssim(edges(read_image(place / image)), of_content):.4g}"
    return row | judged(judge, place)


def sheet(places: Sequence[Path]) -> Tensor:
    """Photographs, what the net paints of them, and the optimised images."""
    files = ("content.png", "net.png", "equal/result.png", "gatys/result.png")
    titles = ("photograph", "one pass", "iterations to the same loss", "all iterations")
    rows = [[read_image(place / file) for file in files] for place in places]
    return contact_sheet(rows, column_titles=titles, cell=240)


def main() -> None:
    """Measure, and write a row a photograph and size as they come."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--px", type=int, nargs="+", default=[256, 512, 1024], help="longer sides")
    parser.add_argument("--pictures", nargs="+", default=PICTURES, help="names or files")
    parser.add_argument("--steps", type=int, default=40, help="iterations, at most")
    parser.add_argument("--results", type=Path, default=HERE / "results.csv")
    parser.add_argument("--sheet", type=Path, nargs="+", help="draw one of these in folder")
    asked = parser.parse_args()
    if asked.sheet:
        write_image(HERE / "sheet.jpg", sheet([asked.folder / place for place in asked.sheet]))
        return
    net, judge = Stylizer.load("six"), Judge.lite0()
    rows: list[dict[str, object]] = []
    for px in asked.px:
        for picture, style in zip(asked.pictures, cycle(net.model.styles), strict=False):
            rows.append(measured(net, judge, asked.folder, picture, style, px, asked.steps))
            write_csv(asked.results, rows)


if __name__ == "__main__":
    main()
