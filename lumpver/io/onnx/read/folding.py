"""Constant subgraphs, folded exactly.

A node all of whose inputs are constants and whose operator only moves, copies, casts or
adds numbers gives a constant. Anything else stays a node.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lumpver.exact.array import add, as_float64, multiply
from lumpver.exact.floats import representable
from lumpver.exact.scalar import ONE, ZERO
from lumpver.exact.stacks import product_shape, stacked
from lumpver.io.onnx.read.integers import PICKS, picked
from lumpver.io.onnx.read.operands import attributes
from lumpver.io.onnx.read.opsets import COPY
from lumpver.io.onnx.read.rearranging import rearrangement
from lumpver.io.onnx.read.tensors import Known, cast, known
from lumpver.io.onnx.read.unpacking import dense, dequantised
from lumpver.io.onnx.read.walk import MOST_AXES, SPREADS, Walk
from lumpver.model.activations import Activation
from lumpver.model.evaluation import apply
from lumpver.model.table import spelled

if TYPE_CHECKING:
    from collections.abc import Callable

    from onnx import NodeProto

    from lumpver.exact.array import Exact


def fold(walk: Walk, node: NodeProto) -> Known | None:
    """The constant that a node gives, or None where it is not folded."""
    if not node.output[0]:
        return None
    if node.op_type == "Constant":
        return _constant_node(walk, node)
    operands = [walk.constant(name) for name in node.input if name]
    if not operands or any(operand is None for operand in operands):
        return None
    values = [operand for operand in operands if operand is not None and operand.is_numeric]
    if len(values) != len(operands) or any(len(v.shape) > MOST_AXES for v in values):
        return None
    return _folded(walk, node, values)


def _folded(walk: Walk, node: NodeProto, values: list[Known]) -> Known | None:
    name = node.output[0]
    if node.op_type == COPY:
        return replace(values[0], name=name)
    if node.op_type == "Cast":
        target = attributes(node).get("to", 0)
        return cast(values[0], target, name=name) if walk.makes(values[0].size) else None
    change = _signs(walk, node)
    if change is not None and not node.attribute and len(values) == 1:
        return _signed(node, values[0], change) if walk.makes(values[0].size) else None
    if node.op_type in PICKS and not (values[0].is_float and node.op_type in _ARITHMETIC):
        return picked(walk, node, values)
    if node.op_type in _ARITHMETIC and len(values) == 2:
        return _arithmetic(walk, node, values[0], values[1])
    if node.op_type == "DequantizeLinear":
        return _dequantised(walk, node, values)
    return _moved(walk, node, values[0])


def _constant_node(walk: Walk, node: NodeProto) -> Known | None:
    values = attributes(node)
    name = node.output[0]
    if set(values) == {"value"}:
        return known(values["value"], name=name)
    if set(values) == {"sparse_value"}:
        return dense(walk, values["sparse_value"].sparse_tensor, name=name)
    kinds = {"value_float": (1, "<f4"), "value_floats": (1, "<f4"),
             "value_int": (7, "<i8"), "value_ints": (7, "<i8")}  # fmt: skip
    if len(values) != 1 or next(iter(values)) not in kinds:
        return None
    label, value = next(iter(values.items()))
    kind, dtype = kinds[label]
    entries = np.array(value, dtype=dtype)
    return Known(name, kind, entries.shape, entries=entries)


_MOST_BITS: Final = 2**12  # of a number that float64 does not hold
_ARITHMETIC: Final = ("Add", "MatMul", "Mul", "Sub")


def _signs(walk: Walk, node: NodeProto) -> Callable[[Exact], Exact] | None:
    """What the node makes of floats, if it changes signs at most."""
    if node.op_type == "Neg":
        return np.negative
    found = [row for row, _ in spelled(node.op_type, walk.opset) if not row.parameters]
    slope = Activation(found[0].name).slope if len(found) == 1 else None
    if slope not in {ZERO, ONE, -ONE}:
        return None
    factor = int(slope.p)
    return lambda x: np.where(np.asarray(x >= 0, dtype=bool), x, factor * x)


def _signed(node: NodeProto, value: Known, change: Callable[[Exact], Exact]) -> Known | None:
    """What changes signs at most, which no runtime rounds."""
    entries = value.array() if value.is_float else None
    if entries is None or not (entries.dtype == object or np.isfinite(entries).all()):
        return None
    recipe = value.recipe and _recipe(node, value)
    made = change(entries)
    made = made if made.dtype == object else made + 0.0
    return Known(node.output[0], value.element_type, value.shape, entries=made, recipe=recipe)


def _arithmetic(walk: Walk, node: NodeProto, a: Known, b: Known) -> Known | None:
    """Sums and products over the reals, exactly: no rounding to the stored type.

    None where they have more bits than anybody wants.
    """
    if not (a.is_float and b.is_float) or a.element_type != b.element_type or node.attribute:
        return None
    count = _entries(node, a, b)
    if count is None or not walk.makes(count):
        return None
    left, right = a.array(), b.array()
    if not all(part.dtype == object or np.isfinite(part).all() for part in (left, right)):
        return None
    if node.op_type == "MatMul":
        result = stacked(left, right)
    elif (left.shape != right.shape and walk.opset < SPREADS) or not _meet(left, right):
        return None
    elif node.op_type == "Mul":
        result = multiply(left, right)
    else:
        result = add(left, right if node.op_type == "Add" else -right)
    if result.dtype == object and _bits(result) > _MOST_BITS:
        return None
    recipe = b"" if _is_exact(node, a, b, result) else _recipe(node, a, b)
    return Known(node.output[0], a.element_type, result.shape, entries=result, recipe=recipe)


def _bits(numbers: Exact) -> int:
    """How many bits the longest of these rationals has."""
    flat = numbers.reshape(-1)
    return max((max(int(x.p).bit_length(), int(x.q).bit_length()) for x in flat), default=0)


def _entries(node: NodeProto, a: Known, b: Known) -> int | None:
    """How many numbers the result has at most, from the operands' shapes alone."""
    if node.op_type == "MatMul":
        made = product_shape(a.shape, b.shape)
        return None if made is None else prod(made)
    rank = max(len(a.shape), len(b.shape))
    padded = [(1,) * (rank - len(part.shape)) + part.shape for part in (a, b)]
    return int(prod(max(sizes) for sizes in zip(*padded, strict=True)))


def _dequantised(walk: Walk, node: NodeProto, values: list[Known]) -> Known | None:
    found = dequantised(walk, node, values)
    if found is None or representable(as_float64(found.array()), found.dtype).all():
        return found
    recipe = _recipe(node, *values) + repr(attributes(node).get("axis")).encode()
    return replace(found, recipe=recipe)


def _meet(a: Exact, b: Exact) -> bool:
    """Whether the shapes can be broadcast."""
    pairs = zip(reversed(a.shape), reversed(b.shape), strict=False)
    return all(x == y or 1 in (x, y) for x, y in pairs)


def _is_exact(node: NodeProto, a: Known, b: Known, result: Exact) -> bool:
    """Whether a runtime gets the same numbers: one sum each, of a type that holds it."""
    if node.op_type == "MatMul" or a.recipe or b.recipe or result.dtype == object:
        return False
    return bool(representable(as_float64(result), a.dtype).all())


def _recipe(node: NodeProto, *operands: Known) -> bytes:
    """A digest of the operator and its operands, byte for byte."""
    state = hashlib.sha256(node.op_type.encode())
    for operand in operands:
        constant = operand.as_constant()
        state.update(repr((constant.dtype, constant.shape)).encode())
        state.update(hashlib.sha256(constant.data).digest())
    return state.digest()


def _moved(walk: Walk, node: NodeProto, value: Known) -> Known | None:
    plan = rearrangement(walk, node)
    if plan is None or not walk.makes(value.size):
        return None
    entries: Any = value.array()
    moved = apply(plan, entries)
    recipe = value.recipe and _recipe(node, value) + repr(plan.parameters).encode()
    return Known(node.output[0], value.element_type, moved.shape, entries=moved, recipe=recipe)
