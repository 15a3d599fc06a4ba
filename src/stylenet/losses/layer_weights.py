"""What layers and styles count for: their weights, told by numbers in order or by names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stylenet.errors import StylenetError
from stylenet.losses.distances import StyleDistance
from stylenet.losses.features import at_scales


class LayerWeightsError(StylenetError, ValueError):
    """Layers and layer weights do not match."""


LayerWeights = Sequence[float] | Mapping[str, float] | None
"""A number for each layer in their order, or numbers by layer's name, or 1 each."""


def weigh_layers(name: str, layers: Sequence[str], weights: LayerWeights) -> dict[str, float]:
    """Pair layers with their weights; of a mapping those of ``layers`` are taken.

    Raises:
        LayerWeightsError: no layer, a layer named twice, lists of different lengths, or a layer
            that a mapping has not.
    """
    layers = list(layers)
    if isinstance(weights, Mapping):
        if missing := [layer for layer in layers if layer not in weights]:
            raise LayerWeightsError(
                f"Got {name} layers {layers} but weights for {', '.join(weights) or 'none'} only, "
                f"expected one for {', '.join(missing)}, too.",
                f"Give {name}_layer_weights, or the term's own layer_weights, one number a layer, "
                "or null for 1 each.",
            )
        weights = [weights[layer] for layer in layers]
    weights = [1.0] * len(layers) if weights is None else [float(weight) for weight in weights]
    if not layers or len(set(layers)) != len(layers):
        raise LayerWeightsError(
            f"Got {name}_layers={layers}, expected at least one layer and none twice.",
            f"Name the layers once each, e.g. {name}_layers=[relu2_2].",
        )
    if len(layers) != len(weights):
        raise LayerWeightsError(
            f"Got {len(layers)} {name} layers {layers} but {len(weights)} weights {weights}, "
            "expected lists of equal length.",
            f"Give {name}_layer_weights, or the term's own layer_weights, one number a layer, or "
            "null for 1 each.",
        )
    return dict(zip(layers, weights, strict=True))


def weigh_style_layers(
    layers: Sequence[str],
    weights: LayerWeights,
    distance: StyleDistance,
    scales: Sequence[int],
) -> dict[str, float]:
    """What the distance is multiplied by at each layer and scale; as `weigh_layers`."""
    return at_scales(distance.weigh(weigh_layers("style", layers, weights)), scales)


def share_styles(count: int, weights: Sequence[float] | None) -> tuple[float, ...]:
    """Shares of ``count`` styles that sum to 1 (equal ones where ``weights`` is None).

    Raises:
        LayerWeightsError: another number of weights, a negative one, or none above 0.
    """
    given = [1.0] * count if weights is None else [float(weight) for weight in weights]
    if len(given) != count or min(given) < 0 or sum(given) <= 0:
        raise LayerWeightsError(
            f"Got style_weights={given} (loss.style_weights, or the term's own) for {count} style "
            "pictures, expected a number of 0 or more for each, and one above 0.",
            "Give each its share, e.g. 'style=[udnie,wave]' 'loss.style_weights=[2,1]', or null.",
        )
    return tuple(weight / sum(given) for weight in given)
