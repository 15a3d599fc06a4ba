"""VGG-16 up to relu4_1 in 8 bits, as it ships: ``python vgg16_bundled.py VGG16``.

VGG16 is what ``vgg16.py`` writes. In the file that comes of it, in ``stylenet.loss_networks``, each
filter's weights are whole numbers from -127 to 127 beside the filter's scale; biases are float16.
What that changes in features and Gram matrices of photographs, and what a pass costs, is printed.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch.utils.flop_counter import FlopCounterMode

from stylenet.images import reference_photographs
from stylenet.loss_networks import architectures
from stylenet.loss_networks.caffe import CaffeWeights
from stylenet.loss_networks.network import compact_vgg, vgg16, vgg16_bundled
from stylenet.loss_networks.weight_files import match
from stylenet.loss_networks.weights import Bundled
from stylenet.losses.functional import gram_matrix

OUT = Path(__file__).parents[2] / "src/stylenet/loss_networks/vgg16_bundled.safetensors"
LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu3_3", "relu4_1")


def main() -> None:
    """Write the file, and say what rounding changed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("vgg16", type=Path)
    options = parser.parse_args()
    whole = match(load_file(options.vgg16), architectures.VGG16, str(options.vgg16))
    kept = {}
    for layer in architectures.VGG16_BUNDLED.shapes():
        if (weight := whole.get(f"{layer}.weight")) is None:
            continue
        scale = weight.abs().amax((1, 2, 3)) / 127
        kept[f"{layer}.weight"] = (weight / scale.view(-1, 1, 1, 1)).round().to(torch.int8)
        kept[f"{layer}.scale"] = scale
        kept[f"{layer}.bias"] = whole[f"{layer}.bias"].half()
    save_file(kept, OUT)
    print(f"{OUT.name}: {OUT.stat().st_size} bytes")
    compare(str(options.vgg16))


@torch.no_grad()
def compare(file: str) -> None:
    """Print how far features and Gram matrices are apart, and multiplications at 256 px."""
    right, rounded = vgg16(CaffeWeights(file)), vgg16_bundled(Bundled())
    for number, photograph in enumerate(reference_photographs()):
        own, other = right(photograph, LAYERS), rounded(photograph, LAYERS)
        for layer in LAYERS:
            far = _apart(other[layer], own[layer])
            grams = _apart(gram_matrix(other[layer]), gram_matrix(own[layer]))
            print(f"photograph {number} {layer}: features {far:.1%}, Gram matrix {grams:.1%}")
    networks = {"compact_vgg": compact_vgg(Bundled()), "vgg16_bundled": rounded, "vgg16": right}
    for name, network in networks.items():
        last = "relu4_1" if network is rounded else "relu5_1"
        with FlopCounterMode(display=False) as counter:
            network(torch.zeros(1, 3, 256, 256), (last,))
        print(f"{name} to {last}: {counter.get_total_flops() / 2e9:.1f} thousand million products")


def _apart(found: torch.Tensor, right: torch.Tensor) -> float:
    return float((found - right).norm() / right.norm())


if __name__ == "__main__":
    main()
