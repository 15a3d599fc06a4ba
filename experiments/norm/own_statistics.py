"""What does batch norm lose by its running statistics? ``own_statistics.py <folder of runs>``.

Each net of the sweep paints the photographs that it was validated on, one at a time: as it is, and,
where it has batch norm, with the statistics of the photograph at hand, as instance norm does.
``own_statistics.csv`` is written beside this file, the run's own loss, a mean over the photographs,
whose rows of other styles stay; and ``sheet_<style>.jpg``: two photographs of scikit-image by the
nets of the first seed.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
from omegaconf import DictConfig, OmegaConf
from torch import Tensor, nn

from stylenet.apply import load_model
from stylenet.files import write_csv
from stylenet.images import LongerSide, contact_sheet, read_image, sample_photographs, write_image
from stylenet.losses import PerceptualLoss
from stylenet.run.building import instantiate
from stylenet.runners.building import build_loss, build_network, locate_styles, read_sized_style

HERE = Path(__file__).parent
SHOWN = ("astronaut", "coffee")


def take_own_statistics(net: nn.Module) -> bool:
    """Let batch norm in ``net`` normalise by what it is given; whether there is any."""
    layers = [layer for layer in net.modules() if isinstance(layer, nn.BatchNorm2d)]
    for layer in layers:
        layer.running_mean = layer.running_var = None
    return bool(layers)


def loss_of(config: DictConfig) -> PerceptualLoss:
    """The run's own."""
    (style,) = locate_styles(config, [config.style], print)
    picture = read_sized_style(config, instantiate, style)
    return build_loss(config, instantiate, build_network(config, instantiate), style=picture)


def photographs(config: DictConfig) -> list[Tensor]:
    """Those that the run is validated on, (1,3,H,W) each."""
    data: Any = instantiate(config.data)
    data.setup()
    return [photo for batch in data.val_dataloader() for photo in batch.split(1)]


@torch.inference_mode()
def paint(net: nn.Module, photos: Sequence[Tensor]) -> list[Tensor]:
    """One at a time."""
    return [net(photo) for photo in photos]


@torch.inference_mode()
def mean_loss(loss: PerceptualLoss, painted: Sequence[Tensor], photos: Sequence[Tensor]) -> float:
    """Over the photographs."""
    return fmean(float(loss(*pair).total) for pair in zip(painted, photos, strict=True))


def main() -> None:
    """Measure, write and draw."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("runs", type=Path, help="that holds the folders of its runs")
    parser.add_argument("--results", type=Path, default=HERE / "own_statistics.csv")
    asked = parser.parse_args()
    rows: list[dict[str, Any]] = []
    samples = sample_photographs()
    shown = [LongerSide(256)(read_image(samples[name]))[None] for name in SHOWN]
    columns: dict[str, dict[str, list[Tensor]]] = {}
    for file in asked.runs.glob("*/model.json"):
        config = OmegaConf.load(file.with_name("config.yaml"))
        assert isinstance(config, DictConfig)
        loss, net, photos = loss_of(config), load_model(file.parent).net.eval(), photographs(config)
        norm, batch_size = config.run.choices.norm, config.data.batch_size
        row = {"style": config.style, "norm": norm, "batch_size": batch_size, "seed": config.seed}
        for way in ("as_it_is", "own_statistics"):
            if way == "own_statistics" and not take_own_statistics(net):
                continue
            painted = paint(net, photos)
            row[way] = f"{mean_loss(loss, painted, photos):.4f}"
            if config.seed == 0:
                title = f"{norm}, steps of {batch_size}, {way.replace('_', ' ')}"
                columns.setdefault(config.style, {"photograph": shown})[title] = paint(net, shown)
        rows.append(row)
        print(*row.values(), flush=True)
    if asked.results.exists():
        with asked.results.open(newline="") as stream:
            measured = {row["style"] for row in rows}
            rows += [row for row in csv.DictReader(stream) if row["style"] not in measured]
    rows.sort(key=lambda row: [str(value) for value in row.values()])
    write_csv(asked.results, rows)
    for style, own in columns.items():
        order = ["photograph", *sorted(own.keys() - {"photograph"}, reverse=True)]
        cells = [[own[title][number][0] for title in order] for number in range(len(shown))]
        sheet = contact_sheet(cells, column_titles=order, cell=190)
        write_image(asked.results.with_name(f"sheet_{style}.jpg"), sheet)


if __name__ == "__main__":
    main()
