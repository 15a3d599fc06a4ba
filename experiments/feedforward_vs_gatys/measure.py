"""How many iterations is one pass worth?

    python experiments/feedforward_vs_gatys/measure.py <folder>

A net paints a photograph; the same photograph is optimised under the very loss that the net was
trained with, from the photograph itself. Which iteration first has a loss as low as the net's
painting? The folder keeps the runs; ``results.csv`` is written beside this file.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from pathlib import Path
from statistics import median

import torch
from skimage.filters import sobel

from stylenet import compose
from stylenet.apply import Stylizer
from stylenet.apply.contents import find_content
from stylenet.files import write_csv
from stylenet.images import LongerSide, read_image, write_image
from stylenet.metrics.quality import ssim
from stylenet.run import train

HERE = Path(__file__).parent
PICTURES = ("chelsea", "astronaut", "coffee", "rocket", "motorcycle_left")
MANY = 500


def settings(net: Stylizer, content: Path, px: int) -> list[str]:
    """Overrides of an optimisation under the loss of ``net``."""
    losses = net.model.description["losses"]
    same = {key: losses[key] for key in ("content_weight", "style_weight", "tv_weight")}
    weights = [f"loss.{key}={value}" for key, value in same.items()]
    return [
        "task=gatys",
        f"content={content}",
        f"style={net.model.description['style']['name']}",
        f"content_size.px={px}",
        "style_size=shorter",
        "style_size.px=256",
        f"loss.content_layers=[{','.join(losses['content_layers'])}]",
        *weights,
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


def edges(image: torch.Tensor) -> torch.Tensor:
    """The gradient of the grey of (3,H,W), as three equal channels."""
    return torch.from_numpy(sobel(image.mean(0).numpy())).float().expand(3, -1, -1)


def measured(net: Stylizer, folder: Path, picture: str, px: int, steps: int) -> dict[str, object]:
    """A row: what one pass is worth on one photograph."""
    place = folder / f"{Path(picture).stem}_{px}"
    place.mkdir(parents=True, exist_ok=True)
    content = LongerSide(px)(read_image(find_content(picture, None)))
    write_image(place / "content.png", content)
    content = read_image(place / "content.png")
    net(content)
    seconds = []
    for _ in range(5):
        begin = time.perf_counter()
        painted = net(content)
        seconds.append(time.perf_counter() - begin)
    write_image(place / "net.png", painted)
    same = settings(net, (place / "content.png").resolve(), px)
    given = [*same, "start=picture", f"start.picture.path={(place / 'net.png').resolve()}"]
    (of_net,), _ = optimised(place / "of_net", given, 1)
    curve, each = optimised(place / "gatys", same, steps)
    reached = next((step for step, loss in enumerate(curve) if loss <= of_net), None)
    one_pass = median(seconds)
    row: dict[str, object] = {
        "picture": Path(picture).stem,
        "px": px,
        "loss_net": f"{of_net:.4g}",
        "loss_start": f"{curve[0]:.4g}",
        f"loss_{steps}": f"{min(curve):.4g}",
        "iterations": steps if reached is None else reached,
        "reached": reached is not None,
        "seconds_pass": f"{one_pass:.4g}",
        "seconds_iteration": f"{each:.4g}",
        "times_faster": f"{(reached or steps) * each / one_pass:.4g}",
        f"times_faster_than_{MANY}": f"{MANY * each / one_pass:.4g}",
        "device": str(net.device),
    }
    optimised(place / "equal", same, reached or steps)
    equal, of_content = read_image(place / "equal" / "result.png"), edges(content)
    row["edges_net"] = f"{ssim(edges(painted), of_content):.4g}"
    row["edges_gatys"] = f"{ssim(edges(equal), of_content):.4g}"
    return row


def main() -> None:
    """Measure, and write a row a photograph and size as they come."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--net", default="udnie", help="that ships, or a run directory")
    parser.add_argument("--px", type=int, nargs="+", default=[256, 512], help="longer sides")
    parser.add_argument("--pictures", nargs="+", default=PICTURES, help="names or files")
    parser.add_argument("--steps", type=int, default=200, help="iterations, at most")
    parser.add_argument("--results", type=Path, default=HERE / "results.csv")
    asked = parser.parse_args()
    net = Stylizer.load(asked.net)
    rows: list[dict[str, object]] = []
    for px in asked.px:
        for picture in asked.pictures:
            rows.append(measured(net, asked.folder, picture, px, asked.steps))
            write_csv(asked.results, rows)


if __name__ == "__main__":
    main()
