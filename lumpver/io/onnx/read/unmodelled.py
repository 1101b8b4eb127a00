"""What ONNX says of the outputs of operators that are not modelled: types, and some shapes.

Only of operators of its own, in a version that its tables have; nothing that a file declares.

first: the first output has the shape of the first operand
broadcast: all operands are broadcast to one shape

References
----------
ONNX operator specification, domain ai.onnx, opsets 1 to 28.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from lumpver.io.onnx.read.opsets import schema
from lumpver.io.onnx.read.tensors import FLOATS
from lumpver.io.onnx.read.walk import SPREADS
from lumpver.model.table import versions

if TYPE_CHECKING:
    from onnx import NodeProto

    from lumpver.io.onnx.read.walk import Walk
    from lumpver.model.opaque import Shaped

_FIRST: Final = frozenset({
    *("Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "Ceil", "Cos", "Cosh", "Floor", "IsInf"),
    *("IsNaN", "Log", "Neg", "Not", "Reciprocal", "Round", "Sin", "Sinh", "Sqrt", "Tan"),
    *("Hardmax", "LogSoftmax", "Softmax", *versions()),
    *("BatchNormalization", "GroupNormalization", "InstanceNormalization", "LayerNormalization"),
    *("LpNormalization", "LRN", "MeanVarianceNormalization", "RMSNormalization"),
    *("Cast", "CastLike", "CumProd", "CumSum", "DequantizeLinear", "Dropout"),
    *("QuantizeLinear", "ReverseSequence", "Scatter", "ScatterElements", "ScatterND", "Trilu"),
})  # fmt: skip
_BROADCAST: Final = frozenset({
    *("Add", "And", "BitShift", "BitwiseAnd", "BitwiseOr", "BitwiseXor", "Div", "Equal", "Greater"),
    *("GreaterOrEqual", "Less", "LessOrEqual", "Max", "Mean", "Min", "Mod", "Mul", "Or", "Pow"),
    *("Sub", "Sum", "Where", "Xor"),
})  # fmt: skip
_ALL_SPREAD: Final = 8  # the first opset in which those of Max and its like are, too


def shaped(node: NodeProto, opset: int) -> Shaped:
    """What is known of the shape of the first output of a standard node.

    Examples
    --------
    >>> from onnx import helper
    >>> shaped(helper.make_node("Pow", ["x", "e"], ["y"]), 13)
    'broadcast'
    >>> shaped(helper.make_node("Pow", ["x", "e"], ["y"], broadcast=1), 6)
    'first'
    """
    if schema(node.op_type, opset) is None:
        return ""
    if node.op_type in _FIRST:
        return "first"
    if node.op_type == "MatMul":
        return "product"
    if node.op_type not in _BROADCAST:
        return ""
    if opset >= _ALL_SPREAD:
        return "broadcast"
    several = node.op_type in ("Max", "Mean", "Min", "Sum")
    return "broadcast" if opset >= SPREADS and not several else "first"


def typed(walk: Walk, node: NodeProto) -> dict[str, str]:
    """The element type of each output that one of the operands', or the operator, decides."""
    found = schema(node.op_type, walk.opset)
    if found is None:
        return {}
    if node.op_type == "Cast":
        targets = [FLOATS.get(a.i, str(a.i)) for a in node.attribute if a.name == "to" and a.i]
        return dict.fromkeys(filter(None, node.output[:1]), *targets) if len(targets) == 1 else {}
    known: dict[str, str] = {}
    for i, name in enumerate(node.input):
        formal: Any = found.inputs[min(i, len(found.inputs) - 1)] if found.inputs else None
        value = walk.value(name) if name and formal is not None else None
        if value is not None and value.dtype and formal.is_homogeneous:
            known.setdefault(formal.type_str, value.dtype)
    made = {}
    for i, name in enumerate(node.output):
        formal = found.outputs[min(i, len(found.outputs) - 1)]
        if name and formal.is_homogeneous and formal.type_str in known:
            made[name] = known[formal.type_str]
    return made
