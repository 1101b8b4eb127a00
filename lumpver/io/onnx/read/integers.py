"""Whole-number arithmetic of constants, and what picks entries of constants: exactly.

None where an operand is no constant, an index is outside, a number leaves its type, or the
result is more than there is room for.

References
----------
ONNX operator specification: Shape, Gather, Concat, Slice, ConstantOfShape, Range, and Add,
Sub, Mul and Div of integers.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lumpver.io.onnx.read.operands import attributes, named
from lumpver.io.onnx.read.tensors import BOOL, INT32, INT64, NUMPY, Known, known
from lumpver.io.onnx.read.walk import FROM_THE_END, MOST_AXES, SPREADS

if TYPE_CHECKING:
    from collections.abc import Callable

    from onnx import NodeProto

    from lumpver.io.onnx.read.walk import Walk

_WHOLE: Final = (INT32, INT64)
_BY_INPUTS: Final = 10  # the first opset in which Slice is told its bounds by tensors
_MOST: Final = 2**16  # numbers in one sum or product


def whole(values: Any, *, name: str) -> Known:
    """A constant of integers."""
    entries = np.array(values, dtype=NUMPY[INT64])
    return Known(name, INT64, entries.shape, entries=entries)


def picked(walk: Walk, node: NodeProto, values: list[Known]) -> Known | None:
    """The constant that one of these operators makes of constants."""
    if any(value.recipe for value in values) or len(values) != len(node.input):
        return None
    entries = _FOLDS[node.op_type](walk, node, values)
    if entries is None or entries.dtype == object:
        return None
    kind = values[0].element_type
    match node.op_type:
        case "ConstantOfShape":
            kind = _filler(node).element_type
        case "Equal":
            kind = BOOL
        case "Where":
            kind = values[1].element_type
    return Known(node.output[0], kind, entries.shape, entries=entries)


def bounds(start: int, end: int, step: int, length: int) -> range | None:
    """The places along an axis that a Slice takes; None where runtimes may differ.

    Examples
    --------
    >>> list(bounds(-3, 99, 1, 4)), list(bounds(9, 0, -2, 4)), list(bounds(2, -99, -1, 4))
    ([1, 2, 3], [3, 1], [2, 1, 0])
    """
    low, high = (0, length) if step > 0 else (-1, length - 1)
    first, last = (place + length if place < 0 else place for place in (start, end))
    if step < 0 and (first < 0 or length == 0):
        return None
    return range(min(max(first, 0), high), min(max(last, low), high), step)


def slices(walk: Walk, node: NodeProto, rank: int) -> list[tuple[int, int, int, int]] | None:
    """What a Slice of a tensor of this rank says, as (axis, start, end, step)."""
    if walk.opset < _BY_INPUTS:
        values = attributes(node)
        parts = [values.get(label) for label in ("starts", "ends", "axes")]
        steps: list[int] | None = None
    else:
        names = [named(node, place) for place in range(1, 5)]
        found = [_vector(walk.constant(name)) for name in names]
        if any(name and part is None for name, part in zip(names, found, strict=True)):
            return None
        *parts, steps = found
    starts, ends, axes = parts
    if starts is None or ends is None:
        return None
    axes = list(range(len(starts))) if axes is None else axes
    steps = [1] * len(starts) if steps is None else steps
    if not len(starts) == len(ends) == len(axes) == len(steps) or 0 in steps:
        return None
    if min(axes, default=0) < 0 and walk.opset < FROM_THE_END:
        return None
    if any(not -rank <= axis < rank for axis in axes):
        return None
    axes = [axis % rank for axis in axes]
    if len(set(axes)) != len(axes):
        return None
    return list(zip(axes, starts, ends, steps, strict=True))


def _vector(value: Known | None) -> list[int] | None:
    """The numbers of a short vector of integers."""
    if value is None or value.element_type not in _WHOLE or len(value.shape) != 1:
        return None
    return [int(n) for n in value.array()] if value.size <= MOST_AXES else None


def _gather(walk: Walk, node: NodeProto, values: list[Known]) -> Any:
    data, places = values
    axis, rank = attributes(node).get("axis", 0), len(data.shape)
    if places.element_type not in _WHOLE or not -rank <= axis < rank:
        return None
    axis %= rank
    shape = (*data.shape[:axis], *places.shape, *data.shape[axis + 1 :])
    if len(shape) > MOST_AXES or not walk.makes(prod(shape)):
        return None
    chosen = places.array()
    least = 0 if walk.opset < FROM_THE_END else -data.shape[axis]
    if ((chosen < least) | (chosen >= data.shape[axis])).any():
        return None
    return np.take(data.array(), chosen.astype(np.int64), axis=axis)


def _concat(walk: Walk, node: NodeProto, values: list[Known]) -> Any:
    axis, first = attributes(node).get("axis"), values[0]
    rank = len(first.shape)
    if axis is None or not -rank <= axis < rank or (axis < 0 and walk.opset < FROM_THE_END):
        return None
    others = {value.shape[: axis % rank] + value.shape[axis % rank + 1 :] for value in values}
    alike = all(len(v.shape) == rank and v.element_type == first.element_type for v in values)
    if len(others) != 1 or not alike or not walk.makes(sum(value.size for value in values)):
        return None
    return np.concatenate([value.array() for value in values], axis=axis)


def _slice(walk: Walk, node: NodeProto, values: list[Known]) -> Any:
    data = values[0]
    said = slices(walk, node, len(data.shape))
    if said is None or not walk.makes(data.size):
        return None
    entries = data.array()
    for axis, start, end, step in said:
        taken = bounds(start, end, step, data.shape[axis])
        if taken is None:
            return None
        entries = np.take(entries, np.array(taken, dtype=np.int64), axis=axis)
    return entries


def _filler(node: NodeProto) -> Known:
    value = attributes(node).get("value")
    if value is None:
        return Known("", 1, (1,), entries=np.zeros(1, dtype="<f4"))
    return known(value, name=node.output[0])


def _filled(walk: Walk, node: NodeProto, values: list[Known]) -> Any:
    shape, value = _vector(values[0]), _filler(node)
    if shape is None or values[0].element_type != INT64 or min(shape, default=0) < 0:
        return None
    if value.size != 1 or not value.is_numeric or not walk.makes(prod(shape)):
        return None
    if prod(n for n in shape if n) > 2**56:
        return None
    return np.full(shape, value.array().reshape(-1)[0])


def _range(walk: Walk, _: NodeProto, values: list[Known]) -> Any:
    kinds = {value.element_type for value in values}
    if len(kinds) != 1 or not kinds <= set(_WHOLE) or any(value.shape for value in values):
        return None
    start, limit, step = (int(value.array()) for value in values)
    if step == 0:
        return None
    taken = range(start, limit, step)
    count = (limit - start + step - (1 if step > 0 else -1)) // step
    return np.array(taken, dtype=NUMPY[kinds.pop()]) if walk.makes(max(count, 0)) else None


def _arithmetic(walk: Walk, node: NodeProto, values: list[Known]) -> Any:
    """Sums, differences, products and quotients that no runtime wraps or rounds."""
    a, b = values
    kind = a.element_type
    if kind != b.element_type or kind not in _WHOLE or node.attribute:
        return None
    if walk.opset < SPREADS and a.shape != b.shape:
        return None
    try:
        shape = np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        return None
    if prod(shape) > _MOST or not walk.makes(prod(shape)):
        return None
    left, right = (np.broadcast_to(v.array(), shape).ravel().tolist() for v in (a, b))
    found = [combined(node.op_type, x, y) for x, y in zip(left, right, strict=True)]
    limits = np.iinfo(NUMPY[kind])
    if any(n is None or not limits.min <= n <= limits.max for n in found):
        return None
    return np.array(found, dtype=NUMPY[kind]).reshape(shape)


def combined(operator: str, x: int, y: int) -> int | None:
    """One sum, difference, product or quotient; None for quotients that runtimes may round apart.

    Examples
    --------
    >>> combined("Div", 7, 2), combined("Div", -7, 2), combined("Div", -8, 2), combined("Div", 1, 0)
    (3, None, -4, None)
    """
    if operator == "Add":
        return x + y
    if operator == "Sub":
        return x - y
    if operator == "Mul":
        return x * y
    if y == 0 or ((x < 0) != (y < 0) and x % y):
        return None
    return x // y


def _expanded(walk: Walk, _: NodeProto, values: list[Known]) -> Any:
    data, given = values[0], _vector(values[1])
    if given is None or values[1].element_type != INT64 or min(given, default=1) < 0:
        return None
    return _repeated(walk, [data.array()], given)


def _tiled(walk: Walk, _: NodeProto, values: list[Known]) -> Any:
    data, given = values[0], _vector(values[1])
    if given is None or len(given) != len(data.shape) or min(given, default=0) < 0:
        return None
    return np.tile(data.array(), given) if walk.makes(data.size * prod(given)) else None


def _chosen(walk: Walk, _: NodeProto, values: list[Known]) -> Any:
    mask, a, b = values
    if mask.element_type != BOOL or a.element_type != b.element_type:
        return None
    parts = _repeated(walk, [value.array() for value in values])
    return None if parts is None else np.where(*parts)


def _equal(walk: Walk, _: NodeProto, values: list[Known]) -> Any:
    kinds = {value.element_type for value in values}
    parts = _repeated(walk, [value.array() for value in values])
    return parts[0] == parts[1] if parts is not None and kinds <= {*_WHOLE, BOOL} else None


def _repeated(walk: Walk, parts: list[Any], shape: list[int] | None = None) -> Any:
    """Arrays broadcast to one shape, or one to that of another, if there is room."""
    try:
        found = np.broadcast_shapes(*(part.shape for part in parts), tuple(shape or ()))
    except ValueError:
        return None
    if not walk.makes(len(parts) * prod(found)):
        return None
    made = [np.broadcast_to(part, found) for part in parts]
    return made[0] if shape is not None else made


_FOLDS: Final[dict[str, Callable[[Walk, NodeProto, list[Known]], Any]]] = {
    "Add": _arithmetic,
    "Concat": _concat,
    "ConstantOfShape": _filled,
    "Div": _arithmetic,
    "Equal": _equal,
    "Expand": _expanded,
    "Gather": _gather,
    "Mul": _arithmetic,
    "Range": _range,
    "Slice": _slice,
    "Sub": _arithmetic,
    "Tile": _tiled,
    "Where": _chosen,
}
PICKS: Final = frozenset(_FOLDS)
