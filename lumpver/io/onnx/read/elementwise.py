"""Operators of ONNX that work entry by entry: with a constant, or on one operand alone.

None means "opaque": an attribute, type, shape or broadcast that the exact model does not
cover.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.exact.array import Exact, divide, nonzero
from lumpver.io.onnx.read.load import label
from lumpver.io.onnx.read.operands import (
    attributes,
    dynamic,
    fit,
    linear,
    numbers,
    only,
    same,
    stored,
)
from lumpver.io.onnx.read.tensors import FLOATS
from lumpver.io.onnx.read.walk import FROM_THE_END, SPREADS, Plan, Walk
from lumpver.model.activations import RELU
from lumpver.model.join import Operator, same_shape
from lumpver.model.network import Join, Pointwise

if TYPE_CHECKING:
    from collections.abc import Callable

    from onnx import NodeProto

_ALL_SPREAD: Final = 8  # the first opset in which those of Max are, too


def _plus(walk: Walk, node: NodeProto) -> Plan:
    """Add, Sum, Sub, Mul and Div with one constant operand that varies along one axis at most.

    Before opset 7 a constant is repeated only where `broadcast` says so.
    """
    allowed = {"broadcast": 1} if walk.opset < SPREADS else {}
    if attributes(node) not in ({}, allowed) or len(node.input) != 2:
        return None
    first = dynamic(walk, node, 0) is not None
    if first and dynamic(walk, node, 1) is not None:
        return _of_two(walk, node)
    x = dynamic(walk, node, 0 if first else 1)
    c = None if x is None else numbers(walk, node, 1 if first else 0, x)
    if x is None or c is None:
        return None
    spread = _along_one_axis(walk, node, x, c)
    if spread is None:
        return None
    vector, axis = spread
    if node.op_type == "Div":
        return _quotient(walk, node, x, vector, axis) if first else None
    if node.op_type == "Mul":
        return linear(walk, node, x, vector, None, axis)
    if node.op_type in ("Add", "Sum"):
        return linear(walk, node, x, None, vector, axis)
    if first:
        return linear(walk, node, x, None, -vector, axis)
    return linear(walk, node, x, np.full(vector.shape, -1.0, vector.dtype), vector, axis)


def _of_two(walk: Walk, node: NodeProto) -> Plan:
    """Add, Sum and Sub of two tensors that surely have one shape and one type, both floats."""
    a, b = (walk.tensors[name] for name in node.input)
    alike = a.dtype == b.dtype and a.dtype in FLOATS.values() and same_shape(a.shape, b.shape)
    operator = {"Add": "Add", "Sum": "Add", "Sub": "Sub"}.get(node.op_type)
    if not alike or operator is None or node.attribute:
        return None
    sign: Operator = "Sub" if operator == "Sub" else "Add"
    return [Join(label(node), a.name, b.name, node.output[0], sign)]


def _along_one_axis(walk: Walk, node: NodeProto, x: str, c: Exact) -> tuple[Exact, int] | None:
    """A constant as one number per unit of an axis of x that it does not widen."""
    rank = walk.rank(x)
    if rank is None and x in walk.last:
        return _along_the_last(node, c, *walk.last[x])
    if rank is None or c.ndim > rank:
        return None
    varying = [i - c.ndim for i, size in enumerate(c.shape) if size != 1]
    if len(varying) > 1:
        return None
    axis = varying[0] if varying else walk.axes.get(x, -1)
    length = walk.length(x, axis)
    if not isinstance(length, int) or rank == 0:
        return None
    if varying and length == 1:
        return None
    if varying:
        fit(node, int(c.size), length)
    elif not walk.makes(length):
        return None
    return np.broadcast_to(c.reshape(-1), (length,)), axis


def _along_the_last(node: NodeProto, c: Exact, length: int, rank: int) -> tuple[Exact, int] | None:
    """The same for an x of at least this rank, of which only the last length is known."""
    along = c.shape[-1] if c.ndim else 1
    if c.ndim > rank or c.size != along or (length == 1 != along):
        return None
    if along != 1:
        fit(node, along, length)
    return np.broadcast_to(c.reshape(-1), (length,)), -1


def _quotient(walk: Walk, node: NodeProto, x: str, c: Exact, axis: int) -> Plan:
    """x / c, exactly; a runtime rounds each quotient once."""
    if not nonzero(c).all() or not walk.makes(c.size):
        return None
    return linear(walk, node, x, divide(np.ones(1), c), None, axis)


def _negative(walk: Walk, node: NodeProto) -> Plan:
    x = dynamic(walk, node, 0)
    if x is None or not walk.is_float(x) or not only(attributes(node), "consumed_inputs"):
        return None
    spread = _along_one_axis(walk, node, x, np.array(-1.0))
    return None if spread is None else linear(walk, node, x, spread[0], None, spread[1])


def _joined(walk: Walk, node: NodeProto) -> Plan:
    """A Concat of one operand, along an axis that it has."""
    values = attributes(node)
    if len(node.input) != 1 or set(values) != {"axis"}:
        return None
    x = dynamic(walk, node, 0)
    rank = None if x is None else walk.rank(x)
    axis = values["axis"]
    if rank is not None and not -rank <= axis < rank:
        return None
    return None if axis < 0 and walk.opset < FROM_THE_END else same(walk, node)


def _several(walk: Walk, node: NodeProto) -> Plan:
    """Sum, Max and Min of one operand; Max with 0; Sum with a constant."""
    if not only(attributes(node), "consumed_inputs"):
        return None
    if len(node.input) == 1:
        return same(walk, node)
    if len(node.input) != 2 or walk.opset < _ALL_SPREAD or node.op_type == "Min":
        return None
    return _plus(walk, node) if node.op_type == "Sum" else _positive(walk, node)


def _positive(walk: Walk, node: NodeProto) -> Plan:
    """Max with one number, 0, that does not add an axis."""
    first = dynamic(walk, node, 0) is not None
    x = dynamic(walk, node, 0 if first else 1)
    c = None if x is None else stored(walk, node, 1 if first else 0, x)
    if x is None or c is None or c.size != 1 or nonzero(c).any():
        return None
    least = walk.rank(x) if walk.rank(x) is not None else walk.last.get(x, (0, 0))[1]
    if least is None or c.ndim > least:
        return None
    return [Pointwise(label(node), x, node.output[0], RELU)]


ELEMENTWISE: Final[dict[str, Callable[[Walk, NodeProto], Plan]]] = {
    "Add": _plus,
    "Concat": _joined,
    "Div": _plus,
    "Max": _several,
    "Min": _several,
    "Mul": _plus,
    "Neg": _negative,
    "Sub": _plus,
    "Sum": _several,
}
