"""How each layer of a net is written as ONNX."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

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
from stylenet.nets.johnson import DOWNSAMPLING
from stylenet.nets.stylebank import FilterBank

MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "edge"}


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
    clamped = graph.add("Clip", painted, graph.constant(0.0), graph.constant(1.0))
    return graph.model(clamped, metadata)


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
    size = graph.add("Shape", x, start=2)
    x = _padded_to_multiple(graph, x, size, net.padding.margin)
    for part in (net.encoder, net.residuals, net.decoder, net.output):
        x = write(part, graph, x)
    return _cropped(graph, x, size)


@write.register
def _(net: StyleBank, graph: Graph, x: str) -> str:
    size = graph.add("Shape", x, start=2)
    x = _padded_to_multiple(graph, x, size, 0)
    features = write(net.encoder, graph, x)
    x = _through_banks(net, graph, features)
    for part in (net.decoder, net.output):
        x = write(part, graph, x)
    return _cropped(graph, x, size)


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
    return _convolved(graph, _padded(graph, x, layer), layer, [0] * 4)


def _convolved(graph: Graph, x: str, layer: nn.Conv2d, pads: list[int]) -> str:
    inputs = [x, graph.constant(layer.weight)]
    if layer.bias is not None:
        inputs.append(graph.constant(layer.bias))
    return graph.add(
        "Conv",
        *inputs,
        kernel_shape=layer.kernel_size,
        strides=layer.stride,
        dilations=layer.dilation,
        group=layer.groups,
        pads=pads,
    )


@write.register
def _(layer: UpsampledConv2d, graph: Graph, x: str) -> str:
    """As one transposed convolution: pixels 2i and 2i+1 see the cells i-1, i, i+1."""
    w = layer.weight.detach().transpose(0, 1)
    for axis in (2, 3):
        first, middle, last = w.unbind(axis)
        w = torch.stack([last, middle + last, first + middle, first], axis)
    assert layer.bias is not None
    x = _padded(graph, x, layer)
    inputs = (x, graph.constant(w), graph.constant(layer.bias))
    return graph.add("ConvTranspose", *inputs, kernel_shape=[4, 4], strides=[2, 2], pads=[3] * 4)


@write.register
def _(layer: BilinearConv2d, graph: Graph, x: str) -> str:
    """As of nearest-neighbour doubling, then the blur."""
    doubled = write.dispatch(UpsampledConv2d)(layer, graph, x)
    border = graph.integers([0, 0, 1, 1] * 2)
    blurred = graph.add("Pad", doubled, border, mode=MODES["replicate"])
    taps = torch.tensor([0.25, 0.5, 0.25])
    kernel = (taps[:, None] * taps).expand(layer.out_channels, 1, 3, 3)
    return graph.add("Conv", blurred, graph.constant(kernel), group=layer.out_channels)


@write.register
def _(layer: BlockConv2d, graph: Graph, x: str) -> str:
    """Blocks of 2x2 pixels, as the layer does: here sides are even, of nets of stride 4."""
    shifted = [F.pad(layer.weight, (j, 1 - j, i, 1 - i)) for i in range(2) for j in range(2)]
    assert layer.bias is not None
    weight = graph.constant(torch.stack(shifted, 1).flatten(0, 1))
    bias = graph.constant(layer.bias.repeat_interleave(4))
    blocks = graph.add("Conv", _padded(graph, x, layer), weight, bias, strides=[2, 2])
    return graph.add("DepthToSpace", blocks, blocksize=2, mode="CRD")


@write.register
def _(layer: nn.ConvTranspose2d, graph: Graph, x: str) -> str:
    inputs = [x, graph.constant(layer.weight)]
    if layer.bias is not None:
        inputs.append(graph.constant(layer.bias))
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
    return _normed(graph, x, norm.weight, norm.bias, norm.eps)


@write.register
def _(norm: ConditionalInstanceNorm, graph: Graph, x: str) -> str:
    weights = torch.tensor(_weights(graph, norm))
    scales, shifts = (
        torch.stack([own.get_parameter(name).detach().cpu() for own in norm.styles])
        for name in ("weight", "bias")
    )
    return _normed(graph, x, weights @ scales, weights @ shifts, norm.eps)


def _normed(graph: Graph, x: str, scale: Tensor, shift: Tensor, eps: float) -> str:
    inputs = (x, graph.constant(scale), graph.constant(shift))
    return graph.add("InstanceNormalization", *inputs, epsilon=eps)


@write.register
def _(norm: nn.BatchNorm2d, graph: Graph, x: str) -> str:
    values = (norm.weight, norm.bias, norm.running_mean, norm.running_var)
    if any(value is None for value in values):
        raise UnknownLayerError(
            f"Got {norm} without running statistics or weights, expected all of them.",
            "Use norm=instance, which needs no running statistics.",
        )
    inputs = (graph.constant(value) for value in values if value is not None)
    return graph.add("BatchNormalization", x, *inputs, epsilon=norm.eps)


@write.register
def _(layer: nn.ReLU, graph: Graph, x: str) -> str:
    del layer
    return graph.add("Relu", x)


@write.register
def _(output: ScaledTanh, graph: Graph, x: str) -> str:
    return _scaled(graph, graph.add("Tanh", x), output.scale, output.centre)


@write.register
def _(output: Affine, graph: Graph, x: str) -> str:
    return _scaled(graph, x, output.scale, output.centre)


def _scaled(graph: Graph, x: str, scale: float, centre: float) -> str:
    return graph.add("Add", graph.add("Mul", x, graph.constant(scale)), graph.constant(centre))


def _weights(graph: Graph, part: ConditionalInstanceNorm | StyleBank) -> list[float]:
    styles = part.styles if isinstance(part.styles, int) else len(part.styles)
    if graph.weights is None or len(graph.weights) != styles:
        raise StyleWeightsError(
            f"Got the style weights {graph.weights} for a net of {styles} styles.",
            "Give one a style.",
        )
    return list(graph.weights)


def _padded(graph: Graph, x: str, layer: PaddedConv2d) -> str:
    pads = graph.integers([0, 0, *[layer.border] * 2] * 2)
    return graph.add("Pad", x, pads, mode=MODES[layer.mode])


def _padded_to_multiple(graph: Graph, x: str, size: str, margin: int) -> str:
    """As `stylenet.nets.fitting.pad_to_multiple`, of an image whose size is ``size``."""
    extra = graph.add("Mod", graph.add("Neg", size), graph.integers([DOWNSAMPLING]))
    end = graph.add("Add", extra, graph.integers([margin]))
    before, none = graph.integers([0, 0, margin, margin]), graph.integers([0, 0])
    pads = graph.add("Concat", before, none, end, axis=0)
    return graph.add("Pad", x, pads, mode="reflect")


def _cropped(graph: Graph, x: str, size: str) -> str:
    return graph.add("Slice", x, graph.integers([0, 0]), size, graph.integers([2, 3]))
