"""Does a painting's Gram trace foretell how much a net in its style flickers?

``python experiments/video/forecast.py`` paints frames of MPI Sintel by the net ``any`` in the style
of paintings at equal distances in the folder's order, frame by frame; writes ``forecast.csv`` and
``forecast.png`` beside this file, or into ``--out``; and prints the rank correlation (Spearman) of
the warping error with the trace at each layer and with the mean of the logarithms over the layers.
Gupta et al. 2017 (arXiv:1705.02092, section 3) find the trace to say how unstable a net is.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from statistics import fmean

import matplotlib as mpl
import torch
from scipy.stats import spearmanr

from stylenet.apply import Stylizer
from stylenet.files import write_csv
from stylenet.images import LongerSide, ShorterSide, picture_files, read_image
from stylenet.loss_networks.network import compact_vgg
from stylenet.loss_networks.weights import Bundled
from stylenet.losses.functional import gram_matrix
from stylenet.metrics import warping_errors

HERE = Path(__file__).parent
ASSETS = HERE.parents[2] / "shared" / "assets"
LAYERS = ("relu1_2", "relu2_2", "relu3_2", "relu4_2")
MEAN = "mean log trace"
SHOWN = "relu2_2"


def traces(painting: torch.Tensor) -> dict[str, float]:
    """The trace of the Gram matrix of a painting (3,H,W) at each layer, logarithm to base 10."""
    network = compact_vgg(Bundled())
    with torch.no_grad():
        features = network(painting[None], LAYERS)
    found = {layer: math.log10(float(gram_matrix(features[layer])[0].trace())) for layer in LAYERS}
    return {**found, MEAN: fmean(found.values())}


def main() -> None:
    """Paint, measure, draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--paintings", type=Path, default=ASSETS / "paintings")
    parser.add_argument("--frames", type=Path, default=ASSETS / "video" / "sintel")
    parser.add_argument("--count", type=int, default=25)
    parser.add_argument("--px", type=int, default=320, help="longer side of the frames")
    parser.add_argument("--most", type=int, default=6, help="frames")
    parser.add_argument("--out", type=Path, default=HERE)
    given = parser.parse_args()
    files = picture_files(given.paintings, "paintings")
    files = [files[(2 * n + 1) * len(files) // (2 * given.count)] for n in range(given.count)]
    size = LongerSide(given.px)
    frames = [size(read_image(f)) for f in sorted(given.frames.glob("*.png"))[: given.most]]
    rows = []
    for file in files:
        painting = ShorterSide(256)(read_image(file))
        net = Stylizer.load("any", "cpu", style=file)
        (error,) = warping_errors(frames, {"painted": [net(frame) for frame in frames]}).values()
        rows.append({"painting": file.stem, "warp_1": error, **traces(painting)})
        print(file.stem, f"{error:.4f}", flush=True)
    errors = [row["warp_1"] for row in rows]
    for name in (*LAYERS, MEAN):
        found = spearmanr([row[name] for row in rows], errors)
        print(f"{name}: rank correlation {found.statistic:+.2f} (p = {found.pvalue:.3f})")
    write_csv(
        given.out / "forecast.csv",
        [{k: v if isinstance(v, str) else f"{v:.4f}" for k, v in row.items()} for row in rows],
    )
    mpl.use("agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(5, 3.5), layout="constrained")
    axes.scatter([row[SHOWN] for row in rows], errors)
    axes.set_xlabel(f"log10 of the Gram trace at {SHOWN}")
    axes.set_ylabel("warping error, frame by frame")
    figure.savefig(given.out / "forecast.png", dpi=80)


if __name__ == "__main__":
    main()
