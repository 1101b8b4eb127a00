"""One function per ONNX operator that lumpver models: NodeProto to nodes, or None.

None means "opaque": an attribute, type, shape or broadcast that the exact model does not
cover. A definite mismatch of shapes is an error.

References
----------
ONNX operator specification, domain ai.onnx, opsets 1 to 25.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lumpver.errors import ShapeMismatch
from lumpver.exact.array import Exact, finite, is_float, multiply
from lumpver.io.onnx.activating import ACTIVATIONS
from lumpver.io.onnx.graph import Plan, Walk, attributes, dynamic, fit, numbers, only
from lumpver.io.onnx.load import label
from lumpver.io.onnx.rearranging import REARRANGING, rearrangement
from lumpver.io.onnx.tensors import FLOATS
from lumpver.names import Derived
from lumpver.network import Affine, Rearrange

if TYPE_CHECKING:
    from collections.abc import Callable

    from onnx import NodeProto

    from lumpver.io.onnx.tensors import Known

_BOOL: Final = 9
_WITH_MODE: Final = 12  # the first opset in which Dropout can be asked to train
_SPREADS: Final = 7  # the first opset in which operands are broadcast unasked
_WIDENS: Final = {
    ("float16", "float32"), ("float16", "float64"), ("float32", "float64"),
    ("bfloat16", "float32"), ("bfloat16", "float64"),
}  # fmt: skip


def model(walk: Walk, node: NodeProto) -> Plan:
    """The nodes that compute what a NodeProto of domain ai.onnx does, or None."""
    if not node.input or not node.output or not node.output[0]:
        return None
    if node.op_type in REARRANGING:
        dynamic = walk.tensor(node.input[0]) is not None
        plan = rearrangement(walk, node) if dynamic else None
        return None if plan is None else [plan]
    convert = _CONVERTERS.get(node.op_type)
    return None if convert is None else convert(walk, node)


def _affine(walk: Walk, node: NodeProto, x: str, W: Exact | None, b: Exact | None, axis: int
            ) -> Plan:  # fmt: skip
    if W is not None:
        fit(node, int(W.shape[-1]), walk.length(x, axis))
    return [Affine(label(node), x, node.output[0], W, b, axis)]


def _identity(walk: Walk, node: NodeProto) -> Plan:
    return None if node.attribute else _same(walk, node)


def _same(walk: Walk, node: NodeProto) -> Plan:
    """What computes the identity, along the axis of what is above; scalars have none."""
    x = dynamic(walk, node, 0)
    if x is None or walk.rank(x) == 0:
        return None
    return _affine(walk, node, x, None, None, walk.axes.get(x, -1))


def _dropout(walk: Walk, node: NodeProto) -> Plan:
    values = attributes(node)
    if not only(values, "consumed_inputs", "is_test", "ratio", "seed"):
        return None
    if walk.opset < 7 and not values.get("is_test"):
        return None
    if walk.opset < _WITH_MODE and len(node.input) > 1:
        return None
    if len(node.output) > 1 and node.output[1]:
        return None
    ratio, mode = (node.input[i] if i < len(node.input) else "" for i in (1, 2))
    if ratio and not _is_scalar(walk.constant(ratio), *FLOATS):
        return None
    if mode and not _is_scalar(walk.constant(mode), _BOOL, numbers=(0,)):
        return None
    return _same(walk, node)


def _is_scalar(value: Known | None, *types: int, numbers: tuple[int, ...] | None = None) -> bool:
    """Whether a constant is one number of such a type, and one of `numbers` if given."""
    if value is None or value.element_type not in types or value.shape != ():
        return False
    return numbers is None or value.array().item() in numbers


def _cast(walk: Walk, node: NodeProto) -> Plan:
    """A Cast that widens, or that returns to the type its affine run was widened from."""
    x = dynamic(walk, node, 0)
    values = attributes(node)
    target = FLOATS.get(values.get("to", 0)) if walk.opset >= 6 else None
    if x is None or target is None or not only(values, "round_mode", "saturate", "to"):
        return None
    dtype = walk.tensors[x].dtype
    if dtype != target and (dtype, target) not in _WIDENS and walk.wide.get(x) != target:
        return None
    walk.typed[node.output[0]] = target
    if walk.wide.get(x, target) != target:
        walk.wide[node.output[0]] = walk.wide[x]
    elif x not in walk.wide and dtype != target:
        walk.wide[node.output[0]] = dtype
    return _same(walk, node)


def _matmul(walk: Walk, node: NodeProto) -> Plan:
    if node.attribute or len(node.input) != 2:
        return None
    x = dynamic(walk, node, 0)
    if x is not None:
        W = numbers(walk, node, 1, x)
        if W is None or W.ndim != 2 or walk.rank(x) == 0:
            return None
        walk.last[node.output[0]] = int(W.shape[1]), 1
        return _affine(walk, node, x, W.T, None, -1)
    x = dynamic(walk, node, 1)
    W = None if x is None else numbers(walk, node, 0, x)
    if x is None or W is None or W.ndim != 2 or not walk.rank(x):
        return None
    return _affine(walk, node, x, W, None, -1 if walk.rank(x) == 1 else -2)


def _gemm(walk: Walk, node: NodeProto) -> Plan:
    values = attributes(node)
    flags = [values.get(name, 0) for name in ("transA", "transB", "broadcast")]
    if not all(flag in (0, 1) for flag in flags):
        return None
    left = dynamic(walk, node, 0) is not None
    x = dynamic(walk, node, 0 if left else 1)
    W = None if x is None else numbers(walk, node, 1 if left else 0, x)
    if x is None or W is None or W.ndim != 2:
        return None
    if walk.rank(x) != 2:
        if walk.rank(x) is not None:
            got = str(walk.shape(x))
            raise ShapeMismatch(f"node {label(node)}", expected="2 axes", got=got)
        if values.get("transA" if left else "transB", 0):
            return None
    stored_by_row = values.get("transB", 0) if left else not values.get("transA", 0)
    W = W if stored_by_row else W.T
    W = _scaled(values.get("alpha", 1.0), W)
    axis = -1 if left else -2
    b, fits = _gemm_bias(walk, node, x, int(W.shape[0]), axis, values)
    if not fits or not all(part is None or is_float(part) for part in (W, b)):
        return None
    if not values.get("transA" if left else "transB", 0):
        if left:
            walk.last[node.output[0]] = int(W.shape[0]), 2
        return _affine(walk, node, x, W, b, axis)
    turned = Derived(f"operand of {node.output[0]}, transposed")
    turn = Rearrange(label(node), x, turned, "Transpose", (1, 0))
    fit(node, int(W.shape[-1]), walk.length(x, -3 - axis))
    return [turn, Affine(label(node), turned, node.output[0], W, b, axis)]


def _gemm_bias(
    walk: Walk, node: NodeProto, x: str, units: int, axis: int, values: dict[str, Any]
) -> tuple[Exact | None, bool]:
    """beta C as one number per unit, and whether it is that."""
    if len(node.input) < 3 or not node.input[2]:
        return None, True
    C = numbers(walk, node, 2, x)
    if C is None or C.ndim > 2:
        return None, False
    if walk.opset < 7 and not values.get("broadcast") and C.ndim != 2:
        return None, False
    grid = C.reshape((1,) * (2 - C.ndim) + C.shape)
    across = grid.shape[-3 - axis]
    along = grid.shape[axis]
    if across != 1:
        return None, False
    if along not in (1, units):
        fit(node, units, along)
    vector = np.broadcast_to(grid.reshape(-1), (units,))
    return _scaled(values.get("beta", 1.0), vector), True


def _scaled(factor: float, numbers: Exact) -> Exact:
    if factor == 1.0:
        return numbers
    return multiply(finite(np.array([factor], dtype=np.float32), where="Gemm factor"), numbers)


def _plus(walk: Walk, node: NodeProto) -> Plan:
    """Add, Sub and Mul with one constant operand that varies along one axis at most.

    Before opset 7 a constant is repeated only where `broadcast` says so.
    """
    allowed = {"broadcast": 1} if walk.opset < _SPREADS else {}
    if attributes(node) not in ({}, allowed) or len(node.input) != 2:
        return None
    first = dynamic(walk, node, 0) is not None
    x = dynamic(walk, node, 0 if first else 1)
    c = None if x is None else numbers(walk, node, 1 if first else 0, x)
    if x is None or c is None:
        return None
    spread = _along_one_axis(walk, node, x, c)
    if spread is None:
        return None
    vector, axis = spread
    if node.op_type == "Mul":
        return _affine(walk, node, x, vector, None, axis)
    if node.op_type == "Add":
        return _affine(walk, node, x, None, vector, axis)
    if first:
        return _affine(walk, node, x, None, -vector, axis)
    return _affine(walk, node, x, np.full(vector.shape, -1.0, vector.dtype), vector, axis)


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


_CONVERTERS: Final[dict[str, Callable[[Walk, NodeProto], Plan]]] = {
    "Add": _plus,
    "Cast": _cast,
    "Dropout": _dropout,
    "Gemm": _gemm,
    "Identity": _identity,
    "MatMul": _matmul,
    "Mul": _plus,
    "Sub": _plus,
    **ACTIVATIONS,
}
