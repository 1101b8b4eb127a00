"""Join nodes as operators of ONNX, anew or as the operator that they came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onnx import NodeProto

    from lumpver.io.onnx.write.emitted import Emitted
    from lumpver.model.network import Join


def join(out: Emitted, node: Join) -> None:
    """Append the operator that the node is."""
    extra = {} if node.axis is None else {"axis": node.axis}
    operator = node.operator
    several = operator == "Add" and len(node.operands) != 2
    out.node("Sum" if several else operator, [*node.operands], node.output, **extra)


def of_fewer(node: Join, proto: NodeProto) -> NodeProto:
    """The operator with only the operands that are left."""
    changed = type(proto)()
    changed.CopyFrom(proto)
    changed.input[:] = node.operands
    return changed
