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
from lumpver.io.onnx.read.activations import ACTIVATIONS
from lumpver.io.onnx.read.elementwise import ELEMENTWISE, linear, same
from lumpver.io.onnx.read.graph import SPREADS, Plan, Walk, attributes, dynamic, fit, numbers, only
from lumpver.io.onnx.read.load import label
from lumpver.io.onnx.read.rearranging import REARRANGING, rearrangement
from lumpver.io.onnx.read.tensors import FLOATS
from lumpver.model.names import Derived
from lumpver.model.network import Linear, Rearrange

if TYPE_CHECKING:
    from collections.abc import Callable

    from onnx import NodeProto

    from lumpver.io.onnx.read.tensors import Known

_BOOL: Final = 9
_WITH_MODE: Final = 12  # the first opset in which Dropout can be asked to train
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


def _identity(walk: Walk, node: NodeProto) -> Plan:
    return None if node.attribute else same(walk, node)


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
    return same(walk, node)


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
    return same(walk, node)


def _matmul(walk: Walk, node: NodeProto) -> Plan:
    if node.attribute or len(node.input) != 2:
        return None
    x = dynamic(walk, node, 0)
    if x is not None:
        W = numbers(walk, node, 1, x)
        if W is None or W.ndim != 2 or walk.rank(x) == 0:
            return None
        walk.last[node.output[0]] = int(W.shape[1]), 1
        return linear(walk, node, x, W.T, None, -1)
    x = dynamic(walk, node, 1)
    W = None if x is None else numbers(walk, node, 0, x)
    if x is None or W is None or W.ndim != 2 or not walk.rank(x):
        return None
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
    return [turn, Linear(label(node), turned, node.output[0], W, b, axis)]


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


_CONVERTERS: Final[dict[str, Callable[[Walk, NodeProto], Plan]]] = {
    "Cast": _cast,
    "Dropout": _dropout,
    "Gemm": _gemm,
    "Identity": _identity,
    "MatMul": _matmul,
    **ACTIVATIONS,
    **ELEMENTWISE,
}
