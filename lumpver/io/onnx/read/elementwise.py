"""Operators of ONNX that work entry by entry: with a constant, or on one operand alone.

None means "opaque": an attribute, type, shape or broadcast that the exact model does not
cover.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from flint import fmpq

from lumpver.exact.array import Exact, divide, nonzero
from lumpver.io.onnx.read.broadcasting import along_one_axis
from lumpver.io.onnx.read.choosing import chosen
from lumpver.io.onnx.read.composing import composed
from lumpver.io.onnx.read.joining import ALL_SPREAD, beside, joined
from lumpver.io.onnx.read.load import label
from lumpver.io.onnx.read.operands import (
    attributes,
    dynamic,
    linear,
    numbers,
    only,
    same,
    stored,
)
from lumpver.io.onnx.read.walk import SPREADS, Plan, Walk
from lumpver.model.activations import SQUARE, at_least, at_most
from lumpver.model.network import Pointwise

if TYPE_CHECKING:
    from collections.abc import Callable

    from onnx import NodeProto


def _plus(walk: Walk, node: NodeProto) -> Plan:
    """Add, Sum, Sub, Mul and Div with one constant operand that varies along one axis at most.

    Before opset 7 a constant is repeated only where `broadcast` says so.
    """
    allowed = {"broadcast": 1} if walk.opset < SPREADS else {}
    if attributes(node) not in ({}, allowed) or len(node.input) != 2:
        return None
    first = dynamic(walk, node, 0) is not None
    if first and dynamic(walk, node, 1) is not None:
        return composed(walk, node) or joined(walk, node)
    x = dynamic(walk, node, 0 if first else 1)
    c = None if x is None else numbers(walk, node, 1 if first else 0, x)
    if x is None or c is None:
        return None
    spread = along_one_axis(walk, node, x, c)
    if spread is None or (node.op_type == "Div" and not first):
        return joined(walk, node)
    vector, axis = spread
    if node.op_type == "Div":
        return _quotient(walk, node, x, vector, axis)
    if node.op_type == "Mul":
        return linear(walk, node, x, vector, None, axis)
    if node.op_type in ("Add", "Sum"):
        return linear(walk, node, x, None, vector, axis)
    if first:
        return linear(walk, node, x, None, -vector, axis)
    return linear(walk, node, x, np.full(vector.shape, -1.0, vector.dtype), vector, axis)


def _quotient(walk: Walk, node: NodeProto, x: str, c: Exact, axis: int) -> Plan:
    """x / c, exactly; a runtime rounds each quotient once."""
    if not nonzero(c).all() or not walk.makes(c.size):
        return None
    return linear(walk, node, x, divide(np.ones(1), c), None, axis)


def _negative(walk: Walk, node: NodeProto) -> Plan:
    x = dynamic(walk, node, 0)
    if x is None or not walk.is_float(x) or not only(attributes(node), "consumed_inputs"):
        return None
    spread = along_one_axis(walk, node, x, np.array(-1.0))
    return None if spread is None else linear(walk, node, x, spread[0], None, spread[1])


def _several(walk: Walk, node: NodeProto) -> Plan:
    """Sum, Mean, Max and Min of one operand or of tensors; of a number, too, but for Mean."""
    if not only(attributes(node), "consumed_inputs"):
        return None
    if len(node.input) == 1:
        return same(walk, node)
    if all(walk.tensor(name) is not None for name in node.input):
        return joined(walk, node)
    if walk.opset < ALL_SPREAD:
        return None
    known = len(node.input) == 2
    match node.op_type:
        case "Sum" if known:
            return _plus(walk, node)
        case "Max" | "Min" if known:
            return _bounded(walk, node) or joined(walk, node)
    return joined(walk, node)


def _bounded(walk: Walk, node: NodeProto) -> Plan:
    """Max or Min with one number that does not add an axis."""
    first = dynamic(walk, node, 0) is not None
    x = dynamic(walk, node, 0 if first else 1)
    c = None if x is None else stored(walk, node, 1 if first else 0, x)
    if x is None or c is None or c.size != 1 or not _adds_no_axis(walk, x, c):
        return None
    number = c.reshape(-1)[0]
    if not isinstance(number, fmpq) and not np.isfinite(number):
        return None
    bound = at_least(number) if node.op_type == "Max" else at_most(number)
    return [Pointwise(label(node), x, node.output[0], bound)]


def _squared(walk: Walk, node: NodeProto) -> Plan:
    """Pow of floats with the exponent 2, of any type, that does not add an axis."""
    x = dynamic(walk, node, 0)
    known = walk.constant(node.input[1]) if len(node.input) == 2 else None
    if x is None or not walk.is_float(x) or known is None or not known.is_numeric:
        return None
    if node.attribute or known.size != 1 or walk.opset < SPREADS:
        return None
    c = np.asarray(known.array())
    if c.reshape(-1)[0] != 2 or not _adds_no_axis(walk, x, c):
        return None
    return [Pointwise(label(node), x, node.output[0], SQUARE)]


def _adds_no_axis(walk: Walk, x: str, c: Exact) -> bool:
    """Whether a tensor surely has at least as many axes as a constant."""
    least = walk.rank(x) if walk.rank(x) is not None else walk.last.get(x, (0, 0))[1]
    return least is not None and c.ndim <= least


ELEMENTWISE: Final[dict[str, Callable[[Walk, NodeProto], Plan]]] = {
    "Add": _plus,
    "Concat": beside,
    "Div": _plus,
    "Max": _several,
    "Mean": _several,
    "Min": _several,
    "Mul": _plus,
    "Neg": _negative,
    "Pow": _squared,
    "Sub": _plus,
    "Sum": _several,
    "Where": chosen,
}
