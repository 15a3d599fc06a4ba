"""Running an image through layers, and keeping the outputs of some."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from torch import Tensor, nn
from torch.nn import functional


def run_layers(
    layers: Iterable[tuple[str, nn.Module]], value: Tensor, wanted: Collection[str]
) -> dict[str, Tensor]:
    """Run ``value`` through ``layers`` in order; the outputs of those ``wanted``, by name."""
    features: dict[str, Tensor] = {}
    previous = ""
    for name, layer in layers:
        if isinstance(layer, nn.ReLU):
            # In place wherever nobody wants what stood before: a convolution's gradient does
            # not need its output.
            value = functional.relu(value, inplace=previous not in wanted)
        else:
            value = layer(value)
        if name in wanted:
            features[name] = value
        previous = name
    return features
