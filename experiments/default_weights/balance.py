"""How heavy the style layers of two loss networks are: ``python balance.py <file> <file>``.

Prints, for each layer of two files of ``compact_vgg``, the geometric mean of the style losses of
the six paintings against the photographs of $STYLENET_CONTENTS, and their ratio over relu4_2's:
with these layer weights the second network's layers have the shares that they have under the
first. The style losses are the papers' (``loss/convention=johnson2016``), of Gram matrices as they
are; normalised ones, the default, need no such weights. The paintings lie in $STYLENET_STYLES.
"""

from __future__ import annotations

import os
import sys

import torch
from runs import STYLES, painting
from torch import Tensor

from stylenet.images import LongerSide, picture_files, read_image
from stylenet.loss_networks import LossNetwork
from stylenet.loss_networks.network import compact_vgg
from stylenet.loss_networks.weights import WeightsFile
from stylenet.losses import functional

LAYERS = [f"relu{block}_{n}" for block in (1, 2, 3, 4) for n in (1, 2)] + ["relu5_1"]


def heaviness(network: LossNetwork, contents: list[Tensor], styles: list[Tensor]) -> Tensor:
    """The geometric mean of the style losses at each of `LAYERS`: (9,)."""
    grams = [
        [{k: functional.gram_matrix(v) for k, v in network(x[None], LAYERS).items()} for x in group]
        for group in (contents, styles)
    ]
    losses = [
        [functional.style_loss(content[k], style[k]).log() for k in LAYERS]
        for content in grams[0]
        for style in grams[1]
    ]
    return torch.tensor(losses).mean(0).exp()


def main() -> None:
    """Print the table."""
    if len(sys.argv) != 3:
        sys.exit(f"Got {sys.argv[1:]}, expected two files of weights of compact_vgg.")
    folder = os.environ.get("STYLENET_CONTENTS", "../shared/assets/contents")
    files = sorted(picture_files(folder, "photographs"))
    contents = [LongerSide(256)(read_image(file)) for file in files]
    styles = [LongerSide(384)(painting(style)) for style in STYLES]
    with torch.inference_mode():
        one, other = (
            heaviness(compact_vgg(WeightsFile(file)), contents, styles) for file in sys.argv[1:]
        )
    ratios = one / other
    for layer, first, second, ratio in zip(LAYERS, one, other, ratios, strict=True):
        weight = ratio / ratios[LAYERS.index("relu4_2")]
        print(f"{layer}  {first:8.3g}  {second:8.3g}  weight {weight:.2g}")


if __name__ == "__main__":
    main()
