"""Operators of ONNX that make one tensor of several: entry by entry, or side by side.

None means "opaque": an attribute, type or shape that the exact model does not cover.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lumpver.io.onnx.read.constants import tensor
from lumpver.io.onnx.read.load import label
from lumpver.io.onnx.read.operands import attributes, same
from lumpver.io.onnx.read.tensors import FLOATS
from lumpver.io.onnx.read.walk import FROM_THE_END, SPREADS, Plan, Walk
from lumpver.model.join import Join, certain, same_shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from onnx import NodeProto

    from lumpver.model.join import Operator

ALL_SPREAD: Final = 8  # the first opset in which those of Sum, Mean, Max and Min are, too
_MOST: Final = 2**10  # operands
_MATRIX: Final = 2  # axes
_NAMED: Final[dict[str, Operator]] = {
    "Add": "Add", "Sub": "Sub", "Mul": "Mul", "Div": "Div",
    "Sum": "Add", "Mean": "Mean", "Max": "Max", "Min": "Min",
}  # fmt: skip


def _floats(walk: Walk, names: Sequence[str]) -> bool:
    """Whether all are tensors of one type of floats."""
    tensors = [walk.tensor(name) for name in names]
    types = {"" if tensor is None else tensor.dtype for tensor in tensors}
    return len(names) <= _MOST and len(types) == 1 and types <= set(FLOATS.values())


def _operands(walk: Walk, node: NodeProto) -> tuple[str, ...] | None:
    """What is joined, constants as tensors; None if nothing varies, or types differ."""
    types = {"" if value is None else value.dtype for value in map(walk.value, node.input)}
    if len(types) != 1 or all(walk.tensor(name) is None for name in node.input):
        return None
    names = [tensor(walk, name) for name in node.input]
    found = tuple(name for name in names if name is not None)
    return found if len(found) == len(names) and _floats(walk, found) else None


def joined(walk: Walk, node: NodeProto) -> Plan:
    """One entry of each tensor joined to one: where it is certain which axes are repeated."""
    operator = _NAMED.get(node.op_type)
    names = None if operator is None or node.attribute else _operands(walk, node)
    if operator is None or names is None:
        return None
    shapes = [walk.shape(name) for name in names]
    spreads = SPREADS if node.op_type in ("Add", "Sub", "Mul", "Div") else ALL_SPREAD
    if not (certain(*shapes) if walk.opset >= spreads else same_shape(*shapes)):
        return None
    return [Join(label(node), names, node.output[0], operator)]


def multiplied(walk: Walk, node: NodeProto) -> Plan:
    """A matrix product of two tensors that are known to have two axes or more."""
    names = tuple(node.input)
    if any(walk.tensor(name) is None for name in names) or not _floats(walk, names):
        return None
    if min(walk.rank(name) or 0 for name in names) < _MATRIX:
        return None
    return [Join(label(node), names, node.output[0], "MatMul")]


def beside(walk: Walk, node: NodeProto) -> Plan:
    """A Concat, along an axis that all have; of one operand it does nothing."""
    values = attributes(node)
    if set(values) != {"axis"}:
        return None
    axis = values["axis"]
    if axis < 0 and walk.opset < FROM_THE_END:
        return None
    names = node.input[:] if len(node.input) == 1 else _operands(walk, node)
    if names is None:
        return None
    ranks = {walk.rank(name) if walk.tensor(name) is not None else None for name in names}
    [rank, *others] = ranks
    if others or (rank is not None and not -rank <= axis < rank):
        return None
    if len(names) == 1:
        return same(walk, node)
    if rank is None or not _floats(walk, names):
        return None
    return [Join(label(node), tuple(names), node.output[0], "Concat", axis % rank - rank)]
