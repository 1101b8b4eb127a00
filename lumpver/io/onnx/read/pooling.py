"""Pools of ONNX: windows over all positions, and reductions to one.

None means "opaque": an attribute, type or shape that the exact model does not cover.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, Any, Final

from lumpver.io.onnx.read.contracting import chained
from lumpver.io.onnx.read.convolutions import window
from lumpver.io.onnx.read.load import label
from lumpver.io.onnx.read.operands import attributes, dynamic, only, same
from lumpver.io.onnx.read.rearranging import integers
from lumpver.io.onnx.read.sums import totalled
from lumpver.io.onnx.read.walk import FROM_THE_END
from lumpver.model.activations import ABS
from lumpver.model.names import Derived
from lumpver.model.network import Pointwise
from lumpver.model.pool import Pool, fewest
from lumpver.model.rearrange import Rearrange

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from onnx import NodeProto

    from lumpver.io.onnx.read.walk import Plan, Walk
    from lumpver.model.tensor import Dimension
    from lumpver.model.window import Window

_WINDOWED: Final = {"MaxPool": "max", "AveragePool": "mean", "LpPool": "sum"}
_WHOLE: Final = {"GlobalMaxPool": "max", "GlobalAveragePool": "mean", "GlobalLpPool": "sum"}
_REDUCTIONS: Final = {"ReduceMax": "max", "ReduceMean": "mean", "ReduceSum": "sum"}
_NORMS: Final = ("LpPool", "GlobalLpPool")
_NOT: Final = b"NOTSET"
_MOST_TAPS: Final = 2**16
_IGNORES_THE_LAST: Final = 22  # the first opset that leaves out windows beside all entries


def operand(walk: Walk, node: NodeProto) -> tuple[str, tuple[Dimension, ...]] | None:
    """The tensor of floats that a node moves into its only output, with its shape."""
    x = dynamic(walk, node, 0)
    if x is None or not walk.is_float(x) or any(node.output[1:]):
        return None
    shape = walk.shape(x)
    return None if shape is None or 0 in shape else (x, shape)


def _windowed(walk: Walk, node: NodeProto) -> Plan:
    """MaxPool, AveragePool and LpPool whose windows all meet an entry."""
    found, values = operand(walk, node), _powers(walk, node)
    if values is None:
        return None
    counted, up = values.pop("count_include_pad", 0), values.pop("ceil_mode", 0)
    plain = values.pop("storage_order", 0) == 0 and counted in (0, 1) and up in (0, 1)
    names = ("auto_pad", "dilations", "kernel_shape", "pads", "strides")
    if found is None or not plain or not only(values, *names):
        return None
    x, shape = found
    given = values.get("kernel_shape", ())
    size = tuple(given) if isinstance(given, list) else ()
    if not size or len(shape) != 2 + len(size) or min(size) < 1 or prod(size) > _MOST_TAPS:
        return None
    over = window(values, size, shape[2:])
    if over is None or not _meets(over) or _pads_by_less(values, over):
        return None
    operator = _WINDOWED[node.op_type]
    whole = _rounded_up(over, shape[2:], walk.opset) if up else over
    beside = whole != over or any((*over.before, *over.after))
    counts = bool(counted) and operator == "mean" and beside
    odd = counts or operator == "sum" or values.get("auto_pad", _NOT) != _NOT
    if whole is None or (whole != over and odd):
        return None  # what is divided by, or how long it is, was not the same in all readers
    made = Pool(label(node), x, node.output[0], operator, -1 - len(size), whole, counts)
    pairs = zip(shape[2:], fewest(made), strict=True)
    sure = all(n == 1 or (isinstance(size, int) and size >= n) for size, n in pairs)
    return _magnified(node, made) if sure else None


def _powers(walk: Walk, node: NodeProto) -> dict[str, Any] | None:
    """The attributes of a node without the power of its norm, which is to be 1; else None."""
    values = attributes(node)
    power = values.pop("p", 2) if node.op_type in _NORMS else 1
    if power != 1:
        said = f"{node.op_type} with p = {power} takes a root, which is irrational: only p = 1 is"
        walk.unfit[node.output[0]] = f"{said} modelled"
        return None
    return values


def _magnified(node: NodeProto, made: Pool) -> Plan:
    """The pool; of magnitudes where it is a norm."""
    if node.op_type not in _NORMS:
        return [made]
    inner = Derived(f"operand of {made.output}, its magnitudes")
    return [Pointwise(made.name, made.input, inner, ABS), replace(made, input=inner)]


def _rounded_up(over: Window, lengths: tuple[Dimension, ...], opset: int) -> Window | None:
    """The window that makes a position more where one begins that is not whole.

    It is padded as far as that reaches; None where lengths that matter are not known, or readers
    differ in whether there is one that would begin behind all entries.
    """
    after = []
    for axis, (length, stride) in enumerate(zip(lengths, over.strides, strict=True)):
        low, high = over.before[axis], over.after[axis]
        reach = over.dilations[axis] * (over.size[axis] - 1) + 1
        if stride == 1:
            after.append(high)
            continue
        if not isinstance(length, int) or length + low + high < reach:
            return None
        last = -(-(length + low + high - reach) // stride) * stride
        if last >= length + low:
            if opset < _IGNORES_THE_LAST:
                return None
            last -= stride
        after.append(max(high, last + reach - length - low))
    return replace(over, after=tuple(after))


def _meets(over: Window) -> bool:
    """Whether the window always meets an entry, if it has no gaps or there are as many."""
    pads = zip(over.size, over.dilations, over.before, over.after, strict=True)
    return all(max(low, high) <= step * (size - 1) for size, step, low, high in pads)


def _pads_by_less(values: dict[str, Any], over: Window) -> bool:
    """Whether lengths that are to be kept may ask for padding below 0."""
    same = values.get("auto_pad", b"").startswith(b"SAME")
    return same and any(step > size for step, size in zip(over.strides, over.size, strict=True))


def _whole(walk: Walk, node: NodeProto) -> Plan:
    """GlobalMaxPool, GlobalAveragePool and GlobalLpPool."""
    found = operand(walk, node)
    if found is None or _powers(walk, node) != {} or len(found[1]) < 3:
        return None
    x, shape = found
    made = Pool(label(node), x, node.output[0], _WHOLE[node.op_type], 1 - len(shape))
    return _magnified(node, made)


def _reduced(walk: Walk, node: NodeProto) -> Plan:
    """ReduceMax, ReduceMean and ReduceSum: over units a sum, over all else a pool."""
    found, values = operand(walk, node), attributes(node)
    if found is None or not only(values, "axes", "keepdims", "noop_with_empty_axes"):
        return None
    x, shape = found
    axes = _axes(walk, node, values, len(shape))
    positions = list(range(2, len(shape)))
    if axes is None or values.get("keepdims", 1) not in (0, 1):
        return None
    if not axes:
        return same(walk, node)
    if axes != positions or not positions:
        if (units := _units_beside(walk, x, axes, len(shape))) is not None:
            return _pooled(walk, node, x, axes, units)
        mean = node.op_type == "ReduceMean"
        return None if node.op_type == "ReduceMax" else totalled(walk, node, x, axes, mean=mean)
    operator, y = _REDUCTIONS[node.op_type], node.output[0]
    if values.get("keepdims", 1):
        return [Pool(label(node), x, y, operator, 1 - len(shape))]
    kept = Derived(f"operand of {y}, pooled")
    squeeze = Rearrange(label(node), kept, y, "Squeeze", tuple(positions))
    return [Pool(label(node), x, kept, operator, 1 - len(shape)), squeeze]


def _units_beside(walk: Walk, x: str, axes: Sequence[int], rank: int) -> int | None:
    """The axis of units, from the front, if it stays and those that go have known lengths."""
    if not all(isinstance(walk.length(x, axis - rank), int) for axis in axes):
        return None
    left = [axis for axis in range(rank) if axis not in axes]
    units = walk.axes[x] + rank if x in walk.axes else max(left, default=None)
    return units if units in left else None


def _pooled(walk: Walk, node: NodeProto, x: str, axes: Sequence[int], units: int) -> Plan:
    """A pool over these axes, which are brought behind that of the units, and back."""
    rank = walk.rank(x) or 0
    others = [axis for axis in range(rank) if axis not in axes and axis != units]
    order = (*others, units, *axes)
    pool = Pool("", "", "", _REDUCTIONS[node.op_type], -1 - len(axes))
    plan: list[Rearrange | Pool] = [Rearrange("", "", "", "Transpose", order), pool]
    if order == tuple(range(rank)):
        plan = [pool]
    if attributes(node).get("keepdims", 1):
        back = tuple(order.index(axis) for axis in range(rank))
    else:
        gone = tuple(range(rank - len(axes), rank))
        plan.append(Rearrange("", "", "", "Squeeze", gone))
        left = (*others, units)
        back = tuple(left.index(axis) for axis in sorted(left))
    if back != tuple(range(len(back))):
        plan.append(Rearrange("", "", "", "Transpose", back))
    return chained(walk, node, x, plan)


def _axes(walk: Walk, node: NodeProto, values: dict[str, Any], rank: int) -> list[int] | None:
    """The axes to reduce, from the front in order; none where nothing is reduced."""
    if len(node.input) > 2 or ("axes" in values and len(node.input) > 1):
        return None
    named = "axes" in values or (len(node.input) > 1 and bool(node.input[1]))
    axes = integers(walk, node, values.get("axes")) if named else ()
    if axes is None or (min(axes, default=0) < 0 and walk.opset < FROM_THE_END):
        return None
    if any(not -rank <= axis < rank for axis in axes):
        return None
    found = {axis % rank for axis in axes}
    if len(found) < len(axes):
        return None
    if found:
        return sorted(found)
    return [] if values.get("noop_with_empty_axes", 0) else list(range(rank))


POOLING: Final[dict[str, Callable[[Walk, NodeProto], Plan]]] = {
    **dict.fromkeys(_WINDOWED, _windowed),
    **dict.fromkeys(_WHOLE, _whole),
    **dict.fromkeys(_REDUCTIONS, _reduced),
}
