"""Products of ONNX with a constant matrix: MatMul and Gemm; MatMul of two tensors, too.

None means "opaque": an attribute, type or shape that the exact model does not cover. A
definite mismatch of shapes is an error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lumpver.errors import ShapeMismatch
from lumpver.exact.array import Exact, finite, is_float, multiply
from lumpver.io.onnx.read.joining import multiplied
from lumpver.io.onnx.read.load import label
from lumpver.io.onnx.read.operands import attributes, dynamic, fit, linear, numbers
from lumpver.io.onnx.read.sums import einsum, product
from lumpver.io.onnx.read.walk import SPREADS, Plan, Walk
from lumpver.model.names import Derived
from lumpver.model.network import Linear, Rearrange
from lumpver.model.weights import Matrix

if TYPE_CHECKING:
    from collections.abc import Callable

    from onnx import NodeProto


def _matmul(walk: Walk, node: NodeProto) -> Plan:
    if node.attribute or len(node.input) != 2:
        return None
    x = dynamic(walk, node, 0)
    if x is not None and dynamic(walk, node, 1) is not None:
        return multiplied(walk, node)
    if x is not None:
        W = numbers(walk, node, 1, x)
        if W is None or walk.rank(x) == 0:
            return None
        if W.ndim != 2:
            return product(walk, node, x, W, left=True)
        walk.last[node.output[0]] = int(W.shape[1]), 1
        return linear(walk, node, x, W.T, None, -1)
    x = dynamic(walk, node, 1)
    W = None if x is None else numbers(walk, node, 0, x)
    if x is None or W is None or not walk.rank(x):
        return None
    if W.ndim != 2:
        return product(walk, node, x, W, left=False)
    return linear(walk, node, x, W, None, -1 if walk.rank(x) == 1 else -2)


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
        return linear(walk, node, x, W, b, axis)
    turned = Derived(f"operand of {node.output[0]}, transposed")
    turn = Rearrange(label(node), x, turned, "Transpose", (1, 0))
    fit(node, int(W.shape[-1]), walk.length(x, -3 - axis))
    return [turn, Linear(label(node), turned, node.output[0], Matrix(W), b, axis)]


def _gemm_bias(
    walk: Walk, node: NodeProto, x: str, units: int, axis: int, values: dict[str, Any]
) -> tuple[Exact | None, bool]:
    """beta C as one number per unit, and whether it is that."""
    if len(node.input) < 3 or not node.input[2]:
        return None, True
    C = numbers(walk, node, 2, x)
    if C is None or C.ndim > 2:
        return None, False
    if walk.opset < SPREADS and not values.get("broadcast") and C.ndim != 2:
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


PRODUCTS: Final[dict[str, Callable[[Walk, NodeProto], Plan]]] = {
    "Einsum": einsum,
    "Gemm": _gemm,
    "MatMul": _matmul,
}
