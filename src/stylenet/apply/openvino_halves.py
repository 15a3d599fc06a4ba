"""A net for OpenVINO in two halves, of which the first is computed exactly and the second in bf16.

What bf16 loses at the beginning of a net grows on its way: by the first convolution's inputs and
weights alone, rounded, `wave`'s painting of a photograph is up to 18 levels of 255 off, by all of
those after the second residual block 1.4 (benchmarks/README.md). OpenVINO has no such choice for
single layers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stylenet.errors import StylenetError

BLOCKS = 2  # residual blocks of the first half


def halves(openvino: Any, model: Any) -> tuple[Any, Any]:
    """What computes all up to the end of the second residual block, and what computes the rest.

    Args:
        openvino: the package.
        model: of one image (N,3,H,W), of any height and width; it is taken apart.

    Returns:
        Two models; the second one's inputs are the first one's outputs, in this order.

    Raises:
        StylenetError: the net has fewer blocks.
    """
    ends = list(_ends_of_blocks(model))[:BLOCKS]
    if len(ends) < BLOCKS:
        raise StylenetError(
            f"Got the precision mixed for a net of {len(ends)} residual blocks, expected "
            f"{BLOCKS} at the least.",
            'Use precision="f32" or "bf16".',
        )
    first = _all_before(ends[-1])
    opset = openvino.opset13
    results, inputs = [], []
    for node in first.values():
        for output in [] if node.get_type_name() == "Constant" else node.outputs():
            outside = [t for t in output.get_target_inputs() if _name(t.get_node()) not in first]
            if outside:
                given = opset.parameter(output.get_partial_shape(), output.get_element_type())
                for target in outside:
                    target.replace_source_output(given.output(0))
                inputs.append(given)
                results.append(opset.result(output))
    rest = openvino.Model(model.get_results(), inputs, "second")
    return openvino.Model(results, model.get_parameters(), "first"), rest


def _ends_of_blocks(model: Any) -> Iterator[Any]:
    """Additions of two images of features; biases have one value a channel."""
    for node in model.get_ordered_ops():
        if node.get_type_name() == "Add":
            shapes = [given.get_partial_shape() for given in node.inputs()]
            if all(shape.rank.get_length() == 4 and shape[2].is_dynamic for shape in shapes):
                yield node


def _all_before(node: Any) -> Mapping[str, Any]:
    """``node`` and what it is computed from, by name."""
    found: dict[str, Any] = {}
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if _name(one) not in found:
            found[_name(one)] = one
            waiting += [given.get_source_output().get_node() for given in one.inputs()]
    return found


def _name(node: Any) -> str:
    return str(node.get_friendly_name())
