"""A net as an ONNX graph: plain operators, for images of any size and number.

Written layer by layer, not traced: that takes milliseconds, and what stands in the graph is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stylenet.apply.extras import imported

OPSET = 18  # of 2022: every runtime of today has it, onnxruntime-web's wasm too
IR_VERSION = 8  # the one that came with it
INPUT, OUTPUT = "image", "painted"


class Graph:
    """Nodes and constants of a graph, in the order in which they are written.

    Args:
        weights: of the net's styles, which are fixed in the graph; None of a net of one style.
    """

    def __init__(self, weights: Sequence[float] | None = None) -> None:
        self.weights = weights
        self._onnx = imported("onnx", "export", "exporting nets")
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """A node of ``kind``; gives the name of its result."""
        name = f"{kind}_{len(self._nodes)}"
        node = self._onnx.helper.make_node(kind, list(inputs), [name], name, **attributes)
        self._nodes.append(node)
        return name

    def constant(self, values: ArrayLike) -> str:
        """Numbers in float32; gives their name."""
        return self._kept(np.asarray(values, np.float32))

    def integers(self, values: Iterable[int]) -> str:
        """Whole numbers, such as sizes; gives their name."""
        return self._kept(np.asarray(list(values), np.int64))

    def _kept(self, array: NDArray[Any]) -> str:
        name = f"constant_{len(self._constants)}"
        kept = np.ascontiguousarray(array).reshape(array.shape)  # the former makes numbers rows
        self._constants.append(self._onnx.numpy_helper.from_array(kept, name))
        return name

    def model(self, result: str, metadata: Mapping[str, str]) -> bytes:
        """The finished file: ``image`` -> ``painted``, both (n,3,height,width) of float32."""
        helper, kind = self._onnx.helper, self._onnx.TensorProto.FLOAT
        nodes = [*self._nodes, helper.make_node("Identity", [result], [OUTPUT])]
        shape = ["n", 3, "height", "width"]
        sides = [helper.make_tensor_value_info(name, kind, shape) for name in (INPUT, OUTPUT)]
        graph = helper.make_graph(nodes, "stylenet", sides[:1], sides[1:], self._constants)
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="stylenet",
        )
        helper.set_model_props(model, dict(metadata))
        self._onnx.checker.check_model(model, full_check=True)
        written: bytes = model.SerializeToString()
        return written
