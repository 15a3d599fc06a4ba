"""What nets are made of as ONNX, of plain arrays and without torch: see `onnx_layers`, `onnx_file`.

Each takes the graph and the name of what comes in, and gives the name of what goes out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stylenet.apply.onnx_graph import Graph

MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "edge"}
DOWNSAMPLING = 4  # of all our nets: sides are padded to a multiple of it
Array = NDArray[Any]


def convolved(
    graph: Graph,
    x: str,
    weight: Array,
    bias: Array | None,
    *,
    stride: Sequence[int],
    dilation: Sequence[int] = (1, 1),
    groups: int = 1,
    pads: Sequence[int] = (0, 0, 0, 0),
) -> str:
    """A convolution."""
    inputs = [x, graph.constant(weight)]
    if bias is not None:
        inputs.append(graph.constant(bias))
    return graph.add(
        "Conv",
        *inputs,
        kernel_shape=list(weight.shape[2:]),
        strides=list(stride),
        dilations=list(dilation),
        group=groups,
        pads=list(pads),
    )


def padded(graph: Graph, x: str, border: int, mode: str) -> str:
    """``border`` cells more on each side."""
    pads = graph.integers([0, 0, *[border] * 2] * 2)
    return graph.add("Pad", x, pads, mode=MODES[mode])


def doubled(graph: Graph, x: str, weight: Array, bias: Array, border: int, mode: str) -> str:
    """`UpsampledConv2d`, as one transposed convolution: pixels 2i, 2i+1 see cells i-1, i, i+1."""
    w = weight.swapaxes(0, 1)
    for axis in (2, 3):
        first, middle, last = np.moveaxis(w, axis, 0)
        w = np.stack([last, middle + last, first + middle, first], axis)
    inputs = (padded(graph, x, border, mode), graph.constant(w), graph.constant(bias))
    return graph.add("ConvTranspose", *inputs, kernel_shape=[4, 4], strides=[2, 2], pads=[3] * 4)


def doubled_and_blurred(
    graph: Graph, x: str, weight: Array, bias: Array, border: int, mode: str
) -> str:
    """`BilinearConv2d`: of nearest-neighbour doubling, then the blur."""
    x = doubled(graph, x, weight, bias, border, mode)
    wider = graph.add("Pad", x, graph.integers([0, 0, 1, 1] * 2), mode=MODES["replicate"])
    taps = np.array([0.25, 0.5, 0.25], np.float32)
    kernel = np.broadcast_to(taps[:, None] * taps, (len(weight), 1, 3, 3))
    return graph.add("Conv", wider, graph.constant(kernel), group=len(weight))


def by_blocks(graph: Graph, x: str, weight: Array, bias: Array, border: int, mode: str) -> str:
    """`BlockConv2d`: blocks of 2x2 pixels; here sides are even, of nets of stride 4."""
    none = ((0, 0), (0, 0))
    shifted = [np.pad(weight, (*none, (i, 1 - i), (j, 1 - j))) for i in range(2) for j in range(2)]
    blocks = np.stack(shifted, 1).reshape(-1, *shifted[0].shape[1:])
    inputs = (graph.constant(blocks), graph.constant(bias.repeat(4)))
    x = graph.add("Conv", padded(graph, x, border, mode), *inputs, strides=[2, 2])
    return graph.add("DepthToSpace", x, blocksize=2, mode="CRD")


def instance_normed(graph: Graph, x: str, scale: Array, shift: Array, eps: float) -> str:
    """Instance norm."""
    inputs = (x, graph.constant(scale), graph.constant(shift))
    return graph.add("InstanceNormalization", *inputs, epsilon=eps)


def scaled(graph: Graph, x: str, scale: float, centre: float) -> str:
    """``centre + scale * x``."""
    return graph.add("Add", graph.add("Mul", x, graph.constant(scale)), graph.constant(centre))


def clamped(graph: Graph, x: str) -> str:
    """To [0,1]."""
    return graph.add("Clip", x, graph.constant(0.0), graph.constant(1.0))


def size_of(graph: Graph, x: str) -> str:
    """Height and width."""
    return graph.add("Shape", x, start=2)


def padded_to_multiple(graph: Graph, x: str, size: str, margin: int) -> str:
    """As `stylenet.nets.fitting.pad_to_multiple`, of an image whose size is ``size``."""
    extra = graph.add("Mod", graph.add("Neg", size), graph.integers([DOWNSAMPLING]))
    end = graph.add("Add", extra, graph.integers([margin]))
    before, none = graph.integers([0, 0, margin, margin]), graph.integers([0, 0])
    pads = graph.add("Concat", before, none, end, axis=0)
    return graph.add("Pad", x, pads, mode="reflect")


def cropped(graph: Graph, x: str, size: str) -> str:
    """The first rows and columns, as many as ``size`` says."""
    return graph.add("Slice", x, graph.integers([0, 0]), size, graph.integers([2, 3]))
