"""For which versions of each operator the reader's converters hold.

An operator's meaning may change with any version that has an entry of its own in ONNX's
tables; only those below were read and compared. What a version does not have (attributes,
inputs, outputs) is foreign to it, and a node that has it is left unmodelled.

since: the operator set in which a version of an operator begins

References
----------
ONNX operator schemas, domain ai.onnx, as the package `onnx` holds them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from lumpver.io.onnx.read.tensors import FLOATS
from lumpver.model.activations import IDENTITY
from lumpver.model.table import versions

if TYPE_CHECKING:
    from collections.abc import Callable

    from onnx import NodeProto
    from onnx.defs import OpSchema

_TYPE_WIDENED: Final = (21, 23, 24, 25)  # versions that only admit more element types
SINCE: Final[dict[str, tuple[int, ...]]] = {
    "Add": (1, 6, 7, 13, 14),
    "AveragePool": (1, 7, 10, 11, 19, 22),
    "BatchNormalization": (6, 7, 9, 14, 15),
    "Cast": (6, 9, 13, 19, *_TYPE_WIDENED, 28),
    "Concat": (4, 11, 13),
    "Conv": (1, 11, 22),
    "ConvTranspose": (1, 11, 22),
    "Constant": (1, 9, 11, 12, 13, 19, *_TYPE_WIDENED),
    "ConstantOfShape": (9, 20, *_TYPE_WIDENED),
    "DepthToSpace": (1, 11, 13, 28),
    "DequantizeLinear": (10, 13, 19, *_TYPE_WIDENED, 28),
    "Div": (1, 6, 7, 13, 14),
    "Dropout": (1, 6, 7, 10, 12, 13, 22),
    "Einsum": (12, 28),
    "Equal": (7, 11, 13, 19),
    "Expand": (8, 13),
    "Flatten": (1, 9, 11, 13, *_TYPE_WIDENED),
    "Gather": (1, 11, 13),
    "Gemm": (1, 6, 7, 9, 11, 13),
    "GlobalAveragePool": (1, 22),
    "GlobalLpPool": (2, 22),
    "GlobalMaxPool": (1, 22),
    "LpPool": (2, 11, 18, 22),
    "MatMul": (1, 9, 13),
    "Max": (1, 6, 8, 12, 13),
    "Mean": (1, 6, 8, 13),
    "MaxPool": (1, 8, 10, 11, 12, 22),
    "Min": (1, 6, 8, 12, 13),
    "Mul": (1, 6, 7, 13, 14),
    "Neg": (1, 6, 13),
    "Pad": (2, 11, 13, 18, 19, *_TYPE_WIDENED),
    "Pow": (1, 7, 12, 13, 15),
    "Range": (11, 27),
    "ReduceMax": (1, 11, 12, 13, 18, 20),
    "ReduceMean": (1, 11, 13, 18),
    "ReduceSum": (1, 11, 13),
    "Reshape": (1, 5, 13, 14, 19, *_TYPE_WIDENED),
    "Resize": (10, 11, 13, 18, 19),
    "Shape": (1, 13, 15, 19, *_TYPE_WIDENED),
    "Slice": (1, 10, 11, 13),
    "SpaceToDepth": (1, 13, 28),
    "Split": (2, 11, 13, 18),
    "Squeeze": (1, 11, 13, *_TYPE_WIDENED),
    "Sub": (1, 6, 7, 13, 14),
    "Sum": (1, 6, 8, 13),
    "Tile": (6, 13),
    "Transpose": (1, 13, *_TYPE_WIDENED),
    "Unsqueeze": (1, 11, 13, *_TYPE_WIDENED),
    "Upsample": (7, 9),
    "Where": (9, 16),
    **versions(),
}
COPY: Final = IDENTITY.row.onnx[0].operator  # of tensors of any type


def foreign(node: NodeProto, opset: int) -> str | None:
    """What in a standard node is not of its operator at that opset; "" if it is all known.

    None for operators that have no converter at all.

    Examples
    --------
    >>> from onnx import helper
    >>> foreign(helper.make_node("Reshape", ["x", "s"], ["y"], shape=[2, 3]), 13)
    'Reshape of opset 13 has no attribute shape'
    >>> foreign(helper.make_node("Relu", ["x"], ["y"]), 13)
    ''
    """
    if node.op_type not in SINCE:
        return None
    found = schema(node.op_type, opset)
    place = f"{node.op_type} of opset {opset}"
    if found is None or found.since_version not in SINCE[node.op_type]:
        return f"{place} is not known"
    if not found.min_input <= len(node.input) <= found.max_input:
        return f"{place} has no {len(node.input)} inputs"
    if not 1 <= len(node.output) <= found.max_output:
        return f"{place} has no {len(node.output)} outputs"
    return _odd_attribute(node, found, place)


_FLOATS: Final = {"tensor(bfloat16)", "tensor(double)", "tensor(float)", "tensor(float16)"}


def floating(node: NodeProto, opset: int, is_float: Callable[[str], bool]) -> set[str]:
    """The outputs of a standard node that are floats whatever else is given to it.

    `is_float` says of its inputs whether they are.

    Examples
    --------
    >>> from onnx import helper
    >>> floating(helper.make_node("Softmax", ["x"], ["y"]), 13, lambda _: False)
    {'y'}
    >>> floating(helper.make_node("Max", ["x", "z"], ["y"]), 13, lambda _: False)
    set()
    """
    found = schema(node.op_type, opset)
    if found is None:
        return set()
    if node.op_type == "Cast":
        targets = [attribute.i for attribute in node.attribute if attribute.name == "to"]
        return {name for name in node.output if all(kind in FLOATS for kind in targets or [0])}
    given = {
        formal.type_str for formal, name in zip(found.inputs, node.input, strict=False)
        if name and is_float(name)
    }  # fmt: skip
    return {
        name
        for formal, name in zip(found.outputs, node.output, strict=False)
        if formal.type_str in given or set(formal.types) <= _FLOATS
    }


def schema(operator: str, opset: int) -> OpSchema | None:
    """The operator as it is at that opset, if ONNX's tables have it there."""
    from onnx import defs  # noqa: PLC0415 heavy: only where a model is read

    if not 1 <= opset <= defs.onnx_opset_version() or not defs.has(operator, opset):
        return None
    return defs.get_schema(operator, opset)


def _odd_attribute(node: NodeProto, schema: OpSchema, place: str) -> str:
    """Each attribute is there once, itself a value, of the type that its name has."""
    seen: set[str] = set()
    for attribute in node.attribute:
        name = attribute.name
        known: Any = schema.attributes.get(name)
        if known is None:
            return f"{place} has no attribute {name}"
        if name in seen:
            return f"{place} has attribute {name} once"
        if attribute.ref_attr_name or attribute.type != int(known.type):
            return f"{place} has another type of attribute {name}"
        seen.add(name)
    return ""
