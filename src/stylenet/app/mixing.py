"""One ONNX net for mixtures of styles: what tells the nets of single styles apart is an input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from stylenet.apply.extras import imported

OF_ONE_STYLE = ("style", "style_of")  # in a net's metadata


@dataclass(frozen=True)
class MixingNet:
    """A net, and what it has to be given for each style.

    Attributes:
        net: an ``.onnx`` file with ``inputs`` besides the image.
        inputs: their names and shapes, in the order of ``values``.
        values: numbers in float32, little endian: a row a style. A weighted mean of rows is the
            mixture's.
    """

    net: bytes
    inputs: tuple[tuple[str, tuple[int, ...]], ...]
    values: bytes


def mixing_net(nets: Sequence[bytes]) -> MixingNet:
    """From ``.onnx`` files that one net for any style was exported to, one a style.

    Scales, shifts and the last convolution are affine in what is predicted for a style, so that
    means of them are those of the mixture that `in_styles` makes.

    Raises:
        StylenetError: onnx is not installed.
    """
    onnx = imported("onnx", "export", "exporting nets")
    models = [onnx.load_model_from_string(net) for net in nets]
    of_styles: dict[str, list[Any]] = {}
    for same in zip(*(model.graph.initializer for model in models), strict=True):
        if any(constant.raw_data != same[0].raw_data for constant in same):
            of_styles[same[0].name] = [onnx.numpy_helper.to_array(c).ravel() for c in same]
    mixing = models[0]
    inputs = []
    for constant in list(mixing.graph.initializer):
        if constant.name in of_styles:
            inputs.append((constant.name, tuple(constant.dims)))
            mixing.graph.input.append(
                onnx.helper.make_tensor_value_info(constant.name, constant.data_type, constant.dims)
            )
            mixing.graph.initializer.remove(constant)
    about = {p.key: p.value for p in mixing.metadata_props if p.key not in OF_ONE_STYLE}
    del mixing.metadata_props[:]
    onnx.helper.set_model_props(mixing, about)
    onnx.checker.check_model(mixing, full_check=True)
    none = np.empty(0, np.float32)  # where all styles have the same painting
    rows = [
        np.concatenate([none, *(of[style] for of in of_styles.values())])
        for style in range(len(nets))
    ]
    return MixingNet(
        mixing.SerializeToString(), tuple(inputs), np.stack(rows).astype("<f4").tobytes()
    )
