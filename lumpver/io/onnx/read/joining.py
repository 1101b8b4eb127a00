"""Operators of ONNX that make one tensor of several: entry by entry, or side by side.

None means "opaque": an attribute, type or shape that the exact model does not cover.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lumpver.io.onnx.read.constants import node_of
from lumpver.io.onnx.read.load import label
from lumpver.io.onnx.read.operands import attributes, same
from lumpver.io.onnx.read.tensors import FLOATS
from lumpver.io.onnx.read.walk import FROM_THE_END, SPREADS, Plan, Walk
from lumpver.model.join import Join, certain, same_shape
from lumpver.model.network import Tensor

if TYPE_CHECKING:
    from onnx import NodeProto

    from lumpver.model.join import Operator
    from lumpver.model.network import Opaque, Shape

ALL_SPREAD: Final = 8  # the first opset in which those of Sum, Mean, Max and Min are, too
_MOST: Final = 2**10  # operands
_MATRIX: Final = 2  # axes
_NAMED: Final[dict[str, Operator]] = {
    "Add": "Add", "Sub": "Sub", "Mul": "Mul", "Div": "Div",
    "Sum": "Add", "Mean": "Mean", "Max": "Max", "Min": "Min",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Operands:
    """What is joined: tensors, their shapes, and the nodes that make tensors of constants."""

    names: tuple[str, ...]
    shapes: tuple[Shape, ...]
    made: tuple[Opaque, ...]


def _operands(walk: Walk, node: NodeProto) -> _Operands | None:
    """What a node joins; None if nothing varies, or types differ or are no floats."""
    values = [walk.value(name) for name in node.input]
    types = {"" if value is None else value.dtype for value in values}
    if len(types) != 1 or not types <= set(FLOATS.values()) or len(values) > _MOST:
        return None
    if not any(isinstance(value, Tensor) for value in values):
        return None
    made: dict[str, Opaque] = {}
    for name in node.input:
        if walk.tensor(name) is None:
            found = made.get(name) or node_of(walk, name)
            if found is None:
                return None
            made[name] = found
    names = tuple(made[name].outputs[0] if name in made else name for name in node.input)
    shapes = tuple(value.shape for value in values if value is not None)
    new = (one for one in made.values() if walk.tensor(one.outputs[0]) is None)
    return _Operands(names, shapes, tuple(new))


def joined(walk: Walk, node: NodeProto) -> Plan:
    """One entry of each tensor joined to one: where it is certain which axes are repeated."""
    operator = _NAMED.get(node.op_type)
    found = None if operator is None or node.attribute else _operands(walk, node)
    if operator is None or found is None:
        return None
    spreads = SPREADS if node.op_type in ("Add", "Sub", "Mul", "Div") else ALL_SPREAD
    if not (certain if walk.opset >= spreads else same_shape)(*found.shapes):
        return None
    return [*found.made, Join(label(node), found.names, node.output[0], operator)]


def multiplied(walk: Walk, node: NodeProto) -> Plan:
    """A matrix product of two tensors that are known to have two axes or more."""
    found = _operands(walk, node)
    if found is None or found.made:
        return None
    if any(shape is None or len(shape) < _MATRIX for shape in found.shapes):
        return None
    return [Join(label(node), found.names, node.output[0], "MatMul")]


def beside(walk: Walk, node: NodeProto) -> Plan:
    """A Concat, along an axis that all have; of one operand it does nothing."""
    values = attributes(node)
    if set(values) != {"axis"}:
        return None
    axis = values["axis"]
    if axis < 0 and walk.opset < FROM_THE_END:
        return None
    if len(node.input) == 1:
        x = walk.tensor(node.input[0])
        rank = None if x is None or x.shape is None else len(x.shape)
        return None if rank is not None and not -rank <= axis < rank else same(walk, node)
    found = _operands(walk, node)
    ranks = {None if shape is None else len(shape) for shape in found.shapes} if found else set()
    [rank, *others] = ranks or {None}
    if found is None or others or rank is None or not -rank <= axis < rank:
        return None
    place = axis % rank - rank
    return [*found.made, Join(label(node), found.names, node.output[0], "Concat", place)]
