"""How each layer of a net is written as ONNX."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from stylenet.apply import onnx_operators as operators
from stylenet.apply.onnx_graph import INPUT, Graph
from stylenet.errors import StylenetError
from stylenet.nets import (
    Affine,
    BilinearConv2d,
    BlockConv2d,
    ConditionalInstanceNorm,
    InstanceNorm,
    PaddedConv2d,
    ResidualBlock,
    ScaledTanh,
    StyleBank,
    StyleWeightsError,
    TransformerNet,
    UpsampledConv2d,
)
from stylenet.nets.stylebank import FilterBank


class UnknownLayerError(StylenetError):
    """A layer that cannot be written as ONNX."""


def write_net(
    net: nn.Module, metadata: Mapping[str, str], weights: Sequence[float] | None = None
) -> bytes:
    """``net``, clamped to [0,1], as the bytes of an ``.onnx`` file.

    Args:
        net: in evaluation mode.
        metadata: what the file is to say of itself.
        weights: see `Graph`.

    Raises:
        UnknownLayerError: it has a layer that `write` does not know.
        StylenetError: onnx is not installed.
    """
    graph = Graph(weights)
    painted = write(net, graph, INPUT)
    return graph.model(operators.clamped(graph, painted), metadata)


@functools.singledispatch
def write(layer: nn.Module, graph: Graph, x: str) -> str:  # noqa: ARG001, the kinds below use them
    """Add ``layer`` to ``graph``: the name of what comes in -> that of what goes out.

    A layer of your own: ``@write.register`` a function that takes it.

    Raises:
        UnknownLayerError: a layer of a kind that nobody registered.
    """
    raise UnknownLayerError(
        f"The net has a layer {type(layer).__name__}, which cannot be written as ONNX.",
        "Register how it is written (stylenet.apply.onnx_layers.write.register), or use --to pt2.",
    )


@write.register
def _(net: TransformerNet, graph: Graph, x: str) -> str:
    size = operators.size_of(graph, x)
    x = operators.padded_to_multiple(graph, x, size, net.padding.margin)
    for part in (net.encoder, net.residuals, net.decoder, net.output):
        x = write(part, graph, x)
    return operators.cropped(graph, x, size)


@write.register
def _(net: StyleBank, graph: Graph, x: str) -> str:
    size = operators.size_of(graph, x)
    x = operators.padded_to_multiple(graph, x, size, 0)
    features = write(net.encoder, graph, x)
    x = _through_banks(net, graph, features)
    for part in (net.decoder, net.output):
        x = write(part, graph, x)
    return operators.cropped(graph, x, size)


def _through_banks(net: StyleBank, graph: Graph, features: str) -> str:
    weights = _weights(graph, net)
    rest = 1 - sum(weights)
    parts = [] if abs(rest) < 1e-6 else [(features, rest)]
    for bank, weight in zip(net.banks, weights, strict=True):
        if weight:
            parts.append((write(bank, graph, features), weight))
    scaled = [p if w == 1 else graph.add("Mul", p, graph.constant(w)) for p, w in parts]
    return functools.reduce(lambda a, b: graph.add("Add", a, b), scaled)


@write.register
def _(bank: FilterBank, graph: Graph, x: str) -> str:
    for convolution, norm in bank.layers():
        x = graph.add("Relu", write(norm, graph, write(convolution, graph, x)))
    return x


@write.register
def _(layers: nn.Sequential, graph: Graph, x: str) -> str:
    return functools.reduce(lambda out, layer: write(layer, graph, out), layers, x)


@write.register
def _(block: ResidualBlock, graph: Graph, x: str) -> str:
    c = block.crop
    shortcut = x
    if c:
        starts, ends, axes = (graph.integers(v) for v in ((c, c), (-c, -c), (2, 3)))
        shortcut = graph.add("Slice", x, starts, ends, axes)
    return graph.add("Add", shortcut, write(block.body, graph, x))


@write.register
def _(layer: nn.Conv2d, graph: Graph, x: str) -> str:
    if layer.padding_mode != "zeros" or isinstance(layer.padding, str):
        raise UnknownLayerError(f"Got {layer}, expected padding by zeros.", "Use PaddedConv2d.")
    return _convolved(graph, x, layer, [*layer.padding, *layer.padding])


@write.register
def _(layer: PaddedConv2d, graph: Graph, x: str) -> str:
    if layer.mode == "zeros" or layer.border == 0:
        return _convolved(graph, x, layer, [layer.border] * 4)
    return _convolved(graph, operators.padded(graph, x, layer.border, layer.mode), layer, [0] * 4)


def _convolved(graph: Graph, x: str, layer: nn.Conv2d, pads: list[int]) -> str:
    return operators.convolved(
        *(graph, x, _array(layer.weight), None if layer.bias is None else _array(layer.bias)),
        stride=layer.stride,
        dilation=layer.dilation,
        groups=layer.groups,
        pads=pads,
    )


@write.register
def _(layer: UpsampledConv2d, graph: Graph, x: str) -> str:
    return operators.doubled(graph, x, *_arrays(layer), layer.border, layer.mode)


@write.register
def _(layer: BilinearConv2d, graph: Graph, x: str) -> str:
    return operators.doubled_and_blurred(graph, x, *_arrays(layer), layer.border, layer.mode)


@write.register
def _(layer: BlockConv2d, graph: Graph, x: str) -> str:
    return operators.by_blocks(graph, x, *_arrays(layer), layer.border, layer.mode)


@write.register
def _(layer: nn.ConvTranspose2d, graph: Graph, x: str) -> str:
    inputs = [x, graph.constant(_array(layer.weight))]
    if layer.bias is not None:
        inputs.append(graph.constant(_array(layer.bias)))
    return graph.add(
        "ConvTranspose",
        *inputs,
        kernel_shape=layer.kernel_size,
        strides=layer.stride,
        dilations=layer.dilation,
        group=layer.groups,
        pads=[*layer.padding, *layer.padding],
        output_padding=layer.output_padding,
    )


@write.register
def _(norm: InstanceNorm, graph: Graph, x: str) -> str:
    return operators.instance_normed(graph, x, _array(norm.weight), _array(norm.bias), norm.eps)


@write.register
def _(norm: ConditionalInstanceNorm, graph: Graph, x: str) -> str:
    weights = torch.tensor(_weights(graph, norm))
    scales, shifts = (
        torch.stack([own.get_parameter(name).detach().cpu() for own in norm.styles])
        for name in ("weight", "bias")
    )
    mixed = (_array(weights @ scales), _array(weights @ shifts))
    return operators.instance_normed(graph, x, *mixed, norm.eps)


@write.register
def _(norm: nn.BatchNorm2d, graph: Graph, x: str) -> str:
    values = (norm.weight, norm.bias, norm.running_mean, norm.running_var)
    if any(value is None for value in values):
        raise UnknownLayerError(
            f"Got {norm} without running statistics or weights, expected all of them.",
            "Use norm=instance, which needs no running statistics.",
        )
    inputs = (graph.constant(_array(value)) for value in values if value is not None)
    return graph.add("BatchNormalization", x, *inputs, epsilon=norm.eps)


@write.register
def _(layer: nn.ReLU, graph: Graph, x: str) -> str:
    del layer
    return graph.add("Relu", x)


@write.register
def _(output: ScaledTanh, graph: Graph, x: str) -> str:
    return operators.scaled(graph, graph.add("Tanh", x), output.scale, output.centre)


@write.register
def _(output: Affine, graph: Graph, x: str) -> str:
    return operators.scaled(graph, x, output.scale, output.centre)


def _weights(graph: Graph, part: ConditionalInstanceNorm | StyleBank) -> list[float]:
    styles = part.styles if isinstance(part.styles, int) else len(part.styles)
    if graph.weights is None or len(graph.weights) != styles:
        raise StyleWeightsError(
            f"Got the style weights {graph.weights} for a net of {styles} styles.",
            "Give one a style.",
        )
    return list(graph.weights)


def _array(values: Tensor) -> operators.Array:
    array: operators.Array = values.detach().cpu().numpy()
    return array


def _arrays(layer: nn.Conv2d) -> tuple[operators.Array, operators.Array]:
    assert layer.bias is not None
    return _array(layer.weight), _array(layer.bias)
