"""Is the border of a painting as much in the style as its centre?

    python experiments/padding/border.py <folder of runs> <folder of photographs>

Squared Frobenius distance of Gram matrices from the painting's, of the cells within 16 px
(``--wide``) of the border and of all others by themselves, over the same distance of the unpainted
photograph: 1 is no style at all. Means over three layers and the photographs, whose 256 px squares
are painted. ``border.csv`` is written beside this file, and ``sheet.jpg``: a photograph by the nets
of the first seed, and the upper right corner of each, enlarged.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from statistics import fmean

import torch
from omegaconf import OmegaConf
from torch import Tensor

from stylenet.apply import Stylizer
from stylenet.files import write_csv
from stylenet.images import LongerSide, contact_sheet, read_image, sample_photographs, write_image
from stylenet.loss_networks import LossNetwork
from stylenet.loss_networks.network import compact_vgg
from stylenet.loss_networks.weights import Bundled

HERE = Path(__file__).parent
LAYERS = {"relu1_2": 1, "relu2_2": 2, "relu3_2": 4}
"""Layer -> pixels a cell."""
PX = 256
CORNER, TIMES = 64, 4  # px of it, and how much larger they are shown
Grams = dict[str, tuple[Tensor, Tensor]]


@torch.inference_mode()
def grams(network: LossNetwork, image: Tensor, wide: int) -> Grams:
    """Of an image (3,H,W), layer by layer, of a border of ``wide`` px and of the centre."""
    found = {}
    for layer, features in network(image[None], list(LAYERS)).items():
        cells = features[0]
        edge = wide // LAYERS[layer]
        border = torch.ones(cells.shape[-2:], dtype=torch.bool)
        border[edge:-edge, edge:-edge] = False
        found[layer] = (_gram(cells[:, border]), _gram(cells[:, ~border]))
    return found


def _gram(cells: Tensor) -> Tensor:
    return cells @ cells.T / cells.shape[1]


@torch.inference_mode()
def whole(network: LossNetwork, image: Tensor) -> dict[str, Tensor]:
    """Gram matrices of all of an image (3,H,W)."""
    features = network(image[None], list(LAYERS))
    return {layer: _gram(one[0].flatten(1)) for layer, one in features.items()}


def distances(painted: Grams, plain: Grams, style: dict[str, Tensor]) -> tuple[float, float]:
    """Of border and centre from the style, over the photograph's own."""
    border, centre = (
        fmean(_far(painted[la][part], style[la]) / _far(plain[la][part], style[la]) for la in style)
        for part in (0, 1)
    )
    return border, centre


def _far(a: Tensor, b: Tensor) -> float:
    return (a - b).square().sum().item()


def square(image: Tensor) -> Tensor:
    """The middle of an image, as large as fits, at most 256 px."""
    side = min(PX, *image.shape[-2:]) // 4 * 4
    top, left = ((length - side) // 2 for length in image.shape[-2:])
    return image[:, top : top + side, left : left + side]


def sheet(nets: dict[str, Stylizer]) -> Tensor:
    """A photograph by each net, and the corner of each."""
    photograph = LongerSide(PX)(read_image(sample_photographs()["astronaut"]))
    painted = [photograph, *(net(photograph) for net in nets.values())]
    corners = [image[:, :CORNER, -CORNER:] for image in painted]
    larger = [one.repeat_interleave(TIMES, 1).repeat_interleave(TIMES, 2) for one in corners]
    return contact_sheet([painted, larger], column_titles=["", *nets], cell=PX)


def main() -> None:
    """Measure all runs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("runs", type=Path, help="a folder of run directories")
    parser.add_argument("photographs", type=Path, help="a folder that no net was trained on")
    parser.add_argument("--count", type=int, default=16, help="photographs, at most")
    parser.add_argument("--wide", type=int, default=16, help="of the border, px: 4, 8, ...")
    parser.add_argument("--results", type=Path, default=HERE / "border.csv")
    asked = parser.parse_args()
    network = compact_vgg(Bundled())
    files = sorted(asked.photographs.glob("*.jpg"))[: asked.count]
    photographs = [square(read_image(file)) for file in files]
    plain = [grams(network, photograph, asked.wide) for photograph in photographs]
    rows: list[dict[str, object]] = []
    shown: dict[str, Stylizer] = {}
    for run in sorted(file.parent for file in asked.runs.glob("*/metrics.json")):  # finished ones
        said = OmegaConf.load(run / "config.yaml")
        net = Stylizer.load(run, device="cpu")
        style = whole(network, read_image(run / "style.png"))
        found = [
            distances(grams(network, net(photograph), asked.wide), own, style)
            for photograph, own in zip(photographs, plain, strict=True)
        ]
        border, centre = (fmean(values) for values in zip(*found, strict=True))
        choices = said.run.choices
        about = {"padding": choices["net/padding"], "upsample": choices["net/upsample"]}
        if said.seed == 0:
            shown["\n".join(about.values())] = net
        about |= {"seed": said.seed, "border": f"{border:.4g}", "centre": f"{centre:.4g}"}
        rows.append(about | {"border_over_centre": f"{border / centre:.4g}"})
    write_csv(asked.results, rows)
    write_image(asked.results.with_name("sheet.jpg"), sheet(shown))


if __name__ == "__main__":
    main()
