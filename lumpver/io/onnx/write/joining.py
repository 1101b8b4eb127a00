"""Join nodes as operators of ONNX, anew or as the operator that they came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumpver.errors import Unrepresentable
from lumpver.io.onnx.read.walk import FROM_THE_END

if TYPE_CHECKING:
    from onnx import NodeProto

    from lumpver.io.onnx.write.emitted import Emitted
    from lumpver.model.network import Join, Shape


def join(out: Emitted, node: Join, shape: Shape) -> None:
    """Append the operator that the node is, which makes a tensor of this shape.

    Raises
    ------
    Unrepresentable
        If an axis has to be counted from the first on, and it is not known how many there are.
    """
    axis = node.axis
    if axis is not None and out.opset < FROM_THE_END:
        if shape is None:
            raise Unrepresentable(
                f"node {node.name}", expected="a known number of axes", got="none"
            )
        axis += len(shape)
    operator = node.operator
    several = operator == "Add" and len(node.operands) != 2
    extra = {} if axis is None else {"axis": axis}
    out.node("Sum" if several else operator, [*node.operands], node.output, **extra)


def of_fewer(node: Join, proto: NodeProto) -> NodeProto:
    """The operator with only the operands that are left."""
    changed = type(proto)()
    changed.CopyFrom(proto)
    changed.input[:] = node.operands
    return changed
