"""Shape operators of ONNX whose parameters are constants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lumpver.io.onnx.graph import Walk, attributes, only
from lumpver.io.onnx.load import label
from lumpver.network import Rearrange

if TYPE_CHECKING:
    from onnx import NodeProto

    from lumpver.io.onnx.tensors import Known

REARRANGING: Final = ("Transpose", "Flatten", "Reshape", "Squeeze", "Unsqueeze")


def rearrangement(walk: Walk, node: NodeProto) -> Rearrange | None:
    """The Rearrange that a shape operator is, if its parameters are constants."""
    values = attributes(node)
    name, x, y = label(node), node.input[0], node.output[0]
    if len(node.output) != 1:
        return None
    if node.op_type == "Transpose" and only(values, "perm"):
        order = values.get("perm")
        return Rearrange(name, x, y, "Transpose", None if order is None else tuple(order))
    if node.op_type == "Flatten" and only(values, "axis"):
        return Rearrange(name, x, y, "Flatten", (values.get("axis", 1),))
    if node.op_type == "Reshape" and only(values, "shape", "allowzero"):
        target = _integers(walk, node, values.get("shape"))
        zero_copies = not values.get("allowzero", 0)
        return None if target is None else Rearrange(name, x, y, "Reshape", target, zero_copies)
    if node.op_type in ("Squeeze", "Unsqueeze") and only(values, "axes"):
        axes = _integers(walk, node, values.get("axes"))
        if axes is None and (node.op_type == "Unsqueeze" or len(node.input) > 1):
            return None
        return Rearrange(name, x, y, node.op_type, axes)
    return None


def _integers(walk: Walk, node: NodeProto, attribute: list[int] | None) -> tuple[int, ...] | None:
    if attribute is not None:
        return tuple(attribute)
    known: Known | None = walk.constant(node.input[1]) if len(node.input) == 2 else None
    if known is None or known.element_type != 7:
        return None
    return tuple(int(value) for value in known.array().ravel())
