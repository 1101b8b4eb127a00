"""Rearrange nodes as operators of ONNX, anew or as the operator that they came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.errors import Unrepresentable
from lumpver.io.onnx.write.emitted import Emitted, Initializer

if TYPE_CHECKING:
    from onnx import NodeProto

    from lumpver.model.network import Rearrange

_WITH_AXES: Final = 13  # the first in which Squeeze and Unsqueeze are told their axes by one
_WITH_SHAPES: Final = 5  # the first opset in which Reshape is told its shape by a tensor


def rearrangement(out: Emitted, node: Rearrange) -> None:
    """Append the operator that the node is.

    Raises
    ------
    Unrepresentable
        If it is a Squeeze that does not say of what.
    """
    values = node.parameters
    if node.operator == "Squeeze" and values is None:  # it would be read as a Reshape
        raise Unrepresentable(f"node {node.name}", expected="axes of a Squeeze", got="none")
    if node.operator == "Transpose":
        out.node("Transpose", [node.input], node.output, perm=values)
    elif node.operator == "Flatten" and values is not None:
        out.node("Flatten", [node.input], node.output, axis=values[0])
    elif "queeze" in node.operator and out.opset < _WITH_AXES:
        out.node(node.operator, [node.input], node.output, axes=values)
    elif node.operator == "Reshape" and values is not None and out.opset < _WITH_SHAPES:
        out.node("Reshape", [node.input], node.output, shape=values)
    else:
        inputs = [node.input]
        if values is not None:
            inputs.append(out.name(f"{node.output}/parameters"))
            numbers = np.array(values, dtype=np.int64)
            out.initializers.append(Initializer(inputs[1], numbers, "int64"))
        extra = {} if node.zero_copies or node.operator != "Reshape" else {"allowzero": 1}
        out.node(node.operator, inputs, node.output, **extra)


def resized(out: Emitted, node: Rearrange, proto: NodeProto) -> NodeProto:
    """A Reshape with another number of units in its target, also of what was a Squeeze."""
    from onnx import helper  # noqa: PLC0415 heavy

    changed = type(proto)()
    changed.CopyFrom(proto)
    changed.op_type = "Reshape"
    if node.zero_copies:
        kept = [attribute for attribute in changed.attribute if attribute.name != "allowzero"]
        del changed.attribute[:]
        changed.attribute.extend(kept)
    target = np.array(node.parameters, dtype=np.int64)
    if out.opset < _WITH_SHAPES:
        del changed.attribute[:]
        changed.attribute.append(helper.make_attribute("shape", target.tolist()))
        return changed
    name = out.name(f"{node.output}/shape")
    out.initializers.append(Initializer(name, target, "int64"))
    changed.input[:] = [node.input, name]
    return changed
