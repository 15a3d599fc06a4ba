"""The Caffe weights of VGG, which publications up to about 2017 used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.io import loadmat
from torch import Tensor

from stylenet.files import expanded, sha256_of
from stylenet.loss_networks.architectures import Architecture
from stylenet.loss_networks.layers import CaffeInput
from stylenet.loss_networks.weight_files import (
    WeightsError,
    match,
    published_hash,
    read_head,
    read_tensors,
)
from stylenet.loss_networks.weights import LoadedWeights

# utils/import-ref-models.sh of vlfeat/matconvnet, commit 22d0a1c328afb493fab9c8abcfabfb67fe095884.
_MEAN_RGB = (123.68, 116.779, 103.939)


class CaffeWeights:
    """VGG's original weights from a local file, used with BGR images in 0 to 255 minus a mean.

    Read are matconvnet's ``imagenet-vgg-verydeep-{16,19}.mat``, in its format up to beta16 and
    since, and ``.pth`` or ``.safetensors`` conversions for BGR pictures: jcjohnson's
    ``vgg16-00b39a1b.pth`` (keys ``features.0.weight``) and Gatys' ``vgg_conv.pth`` (keys
    ``conv1_1.weight``).

    torchvision trained its own VGG, on other input: losses under it have another scale, and
    images another look.
    """

    def __init__(self, path: str | None = None) -> None:
        self.path = path

    def load(self, architecture: Architecture) -> LoadedWeights:
        """The file's weights, checked against ``architecture``."""
        if not architecture.caffe_urls:
            raise WeightsError(
                f"There are no Caffe weights for {architecture.name}, only for vgg16 and vgg19.",
                "Use loss_network=vgg16_caffe or loss_network=vgg19_caffe.",
            )
        path = expanded(self.path) if self.path is not None else None
        if path is None or not path.is_file():
            raise self._missing(architecture)
        if read_head(path).startswith(b"MATLAB"):
            tensors = match(_read_matconvnet(path), architecture, str(path))
        else:
            tensors = match(read_tensors(path), architecture, str(path))
        digest = sha256_of(path)
        if architecture.url and digest.startswith(published_hash(architecture.url) or "?"):
            raise WeightsError(
                f"{path} holds torchvision's {architecture.name}, not the Caffe weights.",
                f"Use loss_network/weights=pretrained loss_network.weights.path={path} "
                "(not comparable with publications that used the Caffe weights).",
            )
        return LoadedWeights(tensors, f"Caffe, file {path} sha256:{digest}", CaffeInput())

    def _missing(self, architecture: Architecture) -> WeightsError:
        files = " or ".join(url.rsplit("/", 1)[-1] for url in architecture.caffe_urls)
        got = "no file was named" if self.path is None else f"there is no file {self.path}"
        return WeightsError(
            f"The Caffe weights of {architecture.name} are needed, as {files}: {got}.",
            f"Fetch one from {' or '.join(architecture.caffe_urls)} and set "
            f"loss_network.weights.path=<file>. loss_network={architecture.name} (torchvision's "
            "weights) and loss_network=compact_vgg (bundled) run too, but their results are not "
            "comparable with publications that used the Caffe weights.",
        )


def _read_matconvnet(path: Path) -> dict[str, Tensor]:
    """Convolutions of a matconvnet SimpleNN model by layer name, the first one taking BGR.

    Layout, from utils/import-caffe.py of vlfeat/matconvnet, commit
    000f296cb7f9b493bf0711459277c11c6a938b19: filters are stored (height, width, in, out) and
    applied as correlation; the importer turned the first layer's input from Caffe's BGR to RGB,
    and ``averageImage`` is in the same order, which tells the two apart here. Without one, RGB is
    assumed, as in both published files. matlab/simplenn/vl_simplenn_tidy.m (commit
    02009ef7adb0fb411de9c04b06b215a5f778ac50) has the two formats: ``filters`` and ``biases`` or
    ``weights``; ``normalization`` or ``meta.normalization``.
    """
    try:
        model = loadmat(
            path, simplify_cells=True, variable_names=["layers", "meta", "normalization"]
        )
        tensors = dict(_convolutions(model["layers"]))
        mean = _mean(model)
    except Exception as error:  # a damaged file can raise nearly anything
        raise WeightsError(
            f"{path} cannot be read as a model of matconvnet, imagenet-vgg-verydeep-16.mat or "
            f"-19.mat ({type(error).__name__}: {error}).",
            "It may be a download that was cut off: delete it and fetch it again.",
        ) from error
    if mean is not None and not np.allclose(sorted(mean), sorted(_MEAN_RGB), atol=0.1):
        raise WeightsError(
            f"{path} was trained on pictures minus {mean}, not minus {_MEAN_RGB}: it is not the "
            "VGG of the publications.",
            "Use imagenet-vgg-verydeep-16.mat or imagenet-vgg-verydeep-19.mat.",
        )
    first = next(iter(tensors), None)
    if first is not None and (mean is None or mean[0] > mean[2]):
        tensors[first] = tensors[first].flip(1)
    return tensors


def _convolutions(layers: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Tensor]]:
    for layer in layers:
        name = str(layer["name"])
        if name.startswith("conv"):
            old = "filters" in layer
            filters, biases = (layer["filters"], layer["biases"]) if old else layer["weights"]
            filters = np.asarray(filters, dtype=np.float32).transpose(3, 2, 0, 1)
            yield f"{name}.weight", torch.from_numpy(np.ascontiguousarray(filters))
            yield f"{name}.bias", torch.from_numpy(np.asarray(biases, np.float32).reshape(-1))


def _mean(model: Mapping[str, Any]) -> tuple[float, ...] | None:
    """Mean of each channel in the model's own order, or None where the file has none."""
    normalization = model.get("normalization", model.get("meta", {}).get("normalization", {}))
    image = np.asarray(normalization.get("averageImage", ()), dtype=np.float64)
    if image.ndim == 0 or image.shape[-1] != 3:
        return None
    return tuple(float(value) for value in image.reshape(-1, 3).mean(axis=0))
