"""Arithmetic on the lengths of axes, as exports of `x.view(x.size(0), -1)` have it.

Shape of a tensor with symbolic axes is no constant, but what a Reshape makes of it often is:
a length that is copied, or the one that is left over.

lengths: a scalar or vector of integers, each a number, the symbol of an axis, or unknown
measured: a constant that follows from the shape of a tensor, which a smaller model changes
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lumpver.io.onnx.read.integers import bounds, combined, slices, whole
from lumpver.io.onnx.read.operands import attributes, only
from lumpver.io.onnx.read.opsets import COPY
from lumpver.io.onnx.read.tensors import INT32, INT64, Known
from lumpver.io.onnx.read.walk import FROM_THE_END, MOST_AXES, Lengths

if TYPE_CHECKING:
    from onnx import NodeProto

    from lumpver.io.onnx.read.walk import Walk
    from lumpver.model.network import Dimension, Shape


def measure(walk: Walk, node: NodeProto) -> Known | Lengths | None:
    """What a node makes of lengths: a constant if they are all numbers."""
    if not node.output[0]:
        return None
    found = _lengths(walk, node)
    if found is None or any(not isinstance(size, int) for size in found.entries):
        return found
    values = [size for size in found.entries if isinstance(size, int)]
    if any(not -(2**63) <= value < 2**63 for value in values):
        return None
    made = whole(values[0] if found.scalar else values, name=node.output[0])
    return replace(made, measured=True)


def _lengths(walk: Walk, node: NodeProto) -> Lengths | None:
    if node.op_type == "Shape":
        return _shape(walk, node)
    operands = [_operand(walk, name) for name in node.input]
    if not any(name in walk.lengths for name in node.input):
        return None
    first = operands[0] if operands else None
    values = attributes(node)
    if node.op_type == COPY:
        return first
    match node.op_type:
        case "Cast":
            return first if values.get("to") == INT64 and set(values) == {"to"} else None
        case "Unsqueeze" | "Squeeze" | "Reshape":
            return _moved(walk, node, first)
        case "Concat":
            return _joined(operands, values)
        case "Gather":
            return _picked(walk, node, first)
        case "Slice":
            return _sliced(walk, node, first)
        case "Add" | "Sub" | "Mul" | "Div":
            return _combined(node.op_type, operands) if not values else None
    return None


def _operand(walk: Walk, name: str) -> Lengths | None:
    """A short vector or scalar of int64, as far as it is known."""
    found = walk.value(name)
    if not isinstance(found, Known):
        return walk.lengths.get(name)
    if found.element_type != INT64 or len(found.shape) > 1 or found.size > MOST_AXES:
        return None
    return Lengths(tuple(int(n) for n in found.array().reshape(-1)), scalar=not found.shape)


def _shape(walk: Walk, node: NodeProto) -> Lengths | None:
    values = attributes(node)
    found = walk.value(node.input[0])
    if found is None or found.shape is None or not only(values, "start", "end"):
        return None
    rank = len(found.shape)
    start, end = values.get("start", 0), values.get("end", rank)
    taken = bounds(start, end, 1, rank)
    return Lengths(tuple(found.shape[i] for i in taken or ()), scalar=False)


def _moved(walk: Walk, node: NodeProto, x: Lengths | None) -> Lengths | None:
    """Between a scalar and a vector of one; a vector that stays one."""
    if x is None or not only(attributes(node), "axes", "allowzero", "shape"):
        return None
    said = attributes(node).get("axes", attributes(node).get("shape"))
    if said is None and len(node.input) > 1:
        operand = _operand(walk, node.input[1])
        said = None if operand is None else list(operand.entries)
    if node.op_type == "Unsqueeze":
        return Lengths(x.entries, scalar=False) if x.scalar and said in ([0], [-1]) else None
    if node.op_type == "Squeeze":
        all_ = said is None and len(node.input) == 1
        alone = len(x.entries) == 1 and not x.scalar and (all_ or said in ([0], [-1]))
        return Lengths(x.entries, scalar=True) if alone else None
    if said == [] and len(x.entries) == 1:
        return Lengths(x.entries, scalar=True)
    return Lengths(x.entries, scalar=False) if said in ([-1], [len(x.entries)]) else None


def _joined(operands: list[Lengths | None], values: dict[str, int]) -> Lengths | None:
    if values.get("axis") not in (0, -1):
        return None
    parts = [part for part in operands if part is not None and not part.scalar]
    entries = tuple(size for part in parts for size in part.entries)
    if len(parts) < len(operands) or len(entries) > MOST_AXES:
        return None
    return Lengths(entries, scalar=False)


def _picked(walk: Walk, node: NodeProto, x: Lengths | None) -> Lengths | None:
    places = walk.constant(node.input[1])
    if x is None or x.scalar or places is None or attributes(node).get("axis", 0) not in (0, -1):
        return None
    if places.element_type not in (INT32, INT64) or len(places.shape) > 1:
        return None
    length = len(x.entries)
    least = 0 if walk.opset < FROM_THE_END else -length
    chosen = [int(n) for n in places.array().reshape(-1)[: MOST_AXES + 1]]
    if len(chosen) > MOST_AXES or any(not least <= place < length for place in chosen):
        return None
    return Lengths(tuple(x.entries[place] for place in chosen), scalar=not places.shape)


def _sliced(walk: Walk, node: NodeProto, x: Lengths | None) -> Lengths | None:
    said = slices(walk, node, 1)
    if x is None or x.scalar or said is None:
        return None
    entries = x.entries
    for _, start, end, step in said:
        taken = bounds(start, end, step, len(entries))
        if taken is None:
            return None
        entries = tuple(entries[place] for place in taken)
    return Lengths(entries, scalar=False)


def _combined(operator: str, operands: list[Lengths | None]) -> Lengths | None:
    """Entry by entry; what is not certain becomes unknown."""
    a, b = operands
    if a is None or b is None:
        return None
    count = max(len(a.entries), len(b.entries))
    if {len(a.entries), len(b.entries)} - {1, count} or 0 in (len(a.entries), len(b.entries)):
        return None
    left, right = (part.entries * (count if len(part.entries) == 1 else 1) for part in (a, b))
    entries = tuple(_one(operator, x, y) for x, y in zip(left, right, strict=True))
    return Lengths(entries, scalar=a.scalar and b.scalar)


def _one(operator: str, x: Dimension, y: Dimension) -> Dimension:
    if isinstance(x, int) and isinstance(y, int):
        found = combined(operator, x, y)
        return found if found is not None and -(2**63) <= found < 2**63 else None
    neutral = 0 if operator in ("Add", "Sub") else 1
    if y == neutral:
        return x
    return y if x == neutral and operator in ("Add", "Mul") else None


def target(entries: tuple[Dimension, ...], shape: Shape) -> tuple[int, ...] | None:
    """The numbers that tell a Reshape of a tensor of this shape the same, if any do.

    A symbol becomes 0 where it is copied from its own place, else the one -1; nothing may
    be told that the lengths could belie.

    Examples
    --------
    >>> target(("N", -1), ("N", 3, 4)), target(("N", 12), ("N", 3, 4)), target(("M", 2), ("N", 2))
    ((0, -1), (0, 12), None)
    """
    if shape is None:
        return None
    found: list[int] = []
    for place, size in enumerate(entries):
        copied = isinstance(size, str) and place < len(shape) and shape[place] == size
        if isinstance(size, int):
            found.append(size)
        elif copied:
            found.append(0)
        elif isinstance(size, str) and size in shape:
            found.append(-1)
        else:
            return None
    if found.count(-1) > 1 or (0 in entries) or any(size < -1 for size in found):
        return None
    return tuple(found)
