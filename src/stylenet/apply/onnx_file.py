"""A net's two files as an ONNX graph, without torch: nets like those that ship.

The same bytes as of `onnx_layers.write_net`, which writes any net that torch has loaded.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file

from stylenet.apply import onnx_operators as operators
from stylenet.apply.onnx_graph import INPUT, Graph

KERNEL, BLOCKS, EPS = 9, 5, 1e-5
# all that an architecture may differ in: its width, and how its results become pixels
_KIND: dict[str, Any] = {
    "_target_": "stylenet.nets.TransformerNet",
    "padding": {
        "_target_": "stylenet.nets.Padding",
        "margin": 0,
        "mode": "reflect",
        "residual": 1,
    },
    "upsample": {"_target_": "stylenet.nets.BilinearUpsample", "_partial_": True},
    "norm": {"_target_": "stylenet.nets.InstanceNorm", "_partial_": True, "eps": EPS},
    "blocks": BLOCKS,
}
_OUTPUT = "stylenet.nets.ScaledTanh"


def is_known(file: Path) -> bool:
    """Whether `write_file` can write the net whose ``.safetensors`` file this is."""
    return _architecture(file) is not None


def write_file(file: Path, metadata: Mapping[str, str]) -> bytes:
    """The net of a ``.safetensors`` file, clamped to [0,1], as the bytes of an ``.onnx`` file.

    Args:
        file: of a net that `is_known`.
        metadata: what the file is to say of itself.

    Raises:
        StylenetError: onnx is not installed.
    """
    architecture = _architecture(file)
    assert architecture is not None
    net = _Net({name: np.asarray(v, np.float32) for name, v in load_file(file).items()})
    return net.written(architecture["output"]["scale"], architecture["output"]["centre"], metadata)


def _architecture(file: Path) -> dict[str, Any] | None:
    """What the description says of the net; None of one that is of another kind."""
    found = json.loads(file.with_suffix(".json").read_text())["architecture"]
    if not isinstance(found, dict) or not isinstance(output := found.get("output"), dict):
        return None
    same = {key: found.get(key) for key in _KIND} == _KIND
    known = found.keys() == {*_KIND, "width", "output"}
    own = output.keys() == {"_target_", "scale", "centre"} and output["_target_"] == _OUTPUT
    return found if same and known and own else None


class _Net:
    """The layers, in the order in which they are computed, by the names of their tensors."""

    def __init__(self, tensors: Mapping[str, operators.Array]) -> None:
        self.tensors = tensors
        self.graph = Graph()

    def written(self, scale: float, centre: float, metadata: Mapping[str, str]) -> bytes:
        graph = self.graph
        size = operators.size_of(graph, INPUT)
        x = operators.padded_to_multiple(graph, INPUT, size, 0)
        for number, (kernel, stride) in enumerate(((KERNEL, 1), (3, 2), (3, 2))):
            x = self._convolved(x, f"encoder.{number}.0", kernel // 2, stride)
            x = self._normed(x, f"encoder.{number}.1", rectified=True)
        for number in range(BLOCKS):
            x = self._block(x, f"residuals.{number}.body")
        for number in range(2):
            x = operators.doubled_and_blurred(
                graph, x, *self._pair(f"decoder.{number}.0"), 1, "replicate"
            )
            x = self._normed(x, f"decoder.{number}.1", rectified=True)
        x = operators.by_blocks(graph, x, *self._pair("decoder.2"), KERNEL // 2, "reflect")
        x = operators.scaled(graph, graph.add("Tanh", x), scale, centre)
        return graph.model(operators.clamped(graph, operators.cropped(graph, x, size)), metadata)

    def _block(self, x: str, name: str) -> str:
        inside = self._normed(self._convolved(x, f"{name}.0", 1), f"{name}.1", rectified=True)
        inside = self._normed(self._convolved(inside, f"{name}.3", 1), f"{name}.4")
        return self.graph.add("Add", x, inside)

    def _convolved(self, x: str, name: str, border: int, stride: int = 1) -> str:
        x = operators.padded(self.graph, x, border, "reflect")
        return operators.convolved(self.graph, x, *self._pair(name), stride=(stride, stride))

    def _normed(self, x: str, name: str, *, rectified: bool = False) -> str:
        x = operators.instance_normed(self.graph, x, *self._pair(name), EPS)
        return self.graph.add("Relu", x) if rectified else x

    def _pair(self, name: str) -> tuple[operators.Array, operators.Array]:
        return self.tensors[f"{name}.weight"], self.tensors[f"{name}.bias"]
