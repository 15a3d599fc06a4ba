"""What style terms read: layers of the loss network, the pixels, both at several sizes.

A name says what is meant: ``relu2_2`` a layer, ``pixels`` the image itself, ``relu2_2@2`` the
layer for the image shrunk to half its sides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from torch import Tensor
from torch.nn import functional as F

from stylenet.errors import StylenetError
from stylenet.loss_networks.checkpointed import CheckpointedNetwork
from stylenet.loss_networks.network import LossNetwork

PIXELS = "pixels"


def at_scales(layer_weights: Mapping[str, float], scales: Sequence[int]) -> dict[str, float]:
    """Weights of layers at several sizes of the image, each scale having an equal fraction.

    Args:
        layer_weights: layer -> weight.
        scales: what the image's sides are divided by: whole numbers, at least one, none twice.

    Raises:
        StylenetError: other scales.
    """
    numbers = list(scales)
    whole = all(isinstance(scale, int) and scale >= 1 for scale in numbers)
    if not numbers or not whole or len(set(numbers)) != len(numbers):
        raise StylenetError(
            f"Got loss.style_scales={numbers}, expected at least one whole number of 1 or more and "
            "none twice: what the image's sides are divided by.",
            "Use loss.style_scales=[1], or [1,2,4].",
        )
    return {
        layer if scale == 1 else f"{layer}@{scale}": weight / len(numbers)
        for scale in numbers
        for layer, weight in layer_weights.items()
    }


def read_features(
    network: LossNetwork | CheckpointedNetwork, image: Tensor, names: Iterable[str]
) -> dict[str, Tensor]:
    """Features of ``image`` (N,3,H,W) in [0,1] by name; one pass of ``network`` for each size.

    A shrunk image has the means over squares of pixels, at the right and lower border of what is
    left of one.

    Raises:
        LossNetworkError: an unknown layer, or too small an image.
    """
    asked = {name: split_name(name) for name in names}
    found: dict[str, Tensor] = {}
    for scale in dict.fromkeys(scale for _, scale in asked.values()):
        small = image if scale == 1 else F.avg_pool2d(image, scale, ceil_mode=True)
        here = {layer: name for name, (layer, at) in asked.items() if at == scale}
        layers = [layer for layer in here if layer != PIXELS]
        values = network(small, layers) if layers else {}
        for layer, name in here.items():
            found[name] = small if layer == PIXELS else values[layer]
    return {name: found[name] for name in asked}


def inside(name: str, values: Tensor, image: Tensor, margin: int) -> Tensor:
    """Features or guides (N,C,H,W) of a layer without ``margin`` cells on each of the four sides.

    Fewer where half the cells would not be left; none where the layer has a cell for each pixel of
    ``image`` at its scale: such cells see little of the padding, and without them a strip of pixels
    would have no style at all.
    """
    height, width = values.shape[-2:]
    cells = min(margin, (min(height, width) - 1) // 4)
    if cells < 1 or height * split_name(name)[1] >= image.shape[-2]:
        return values
    return values[..., cells : height - cells, cells : width - cells]


def stacked(features: Tensor, count: int) -> Tensor:
    """Each ``count`` images on end, (N,C,H,W) -> (N/count,C,count*H,W).

    Their statistics are then those of all of them together. Nothing is copied where ``features``
    are channels-last.
    """
    n, c, h, w = features.shape
    rows = features.permute(0, 2, 3, 1).reshape(n // count, count * h, w, c)
    return rows.permute(0, 3, 1, 2)


def split_name(name: str) -> tuple[str, int]:
    """``relu2_2@4`` -> ``relu2_2`` and 4."""
    layer, _, scale = str(name).partition("@")  # typed as a number, it is none's name
    return layer, int(scale or 1)


def check_names(network: LossNetwork | CheckpointedNetwork, names: Iterable[str]) -> None:
    """Refuse names of layers that ``network`` has not.

    Raises:
        LossNetworkError: lists the layers there are, and the nearest match.
    """
    for layer, _ in map(split_name, names):
        if layer != PIXELS:
            network.resolve(layer)
