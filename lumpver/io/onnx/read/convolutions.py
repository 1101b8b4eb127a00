"""Convolutions of ONNX with constant weights.

None means "opaque": an attribute, type or shape that the exact model does not cover. A
definite mismatch of shapes is an error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from lumpver.errors import ShapeMismatch
from lumpver.io.onnx.read.load import label
from lumpver.io.onnx.read.operands import attributes, dynamic, fit, numbers, only
from lumpver.model.linear import Linear
from lumpver.model.weights import Kernel, Matrix, Weights
from lumpver.model.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable

    from onnx import NodeProto

    from lumpver.io.onnx.read.walk import Plan, Walk
    from lumpver.model.tensor import Dimension

_SAME: Final = (b"SAME_UPPER", b"SAME_LOWER")
_ATTRIBUTES: Final = ("auto_pad", "dilations", "group", "kernel_shape", "pads", "strides")


def _conv(walk: Walk, node: NodeProto) -> Plan:
    """Conv whose weights and bias are constants."""
    values = attributes(node)
    x = dynamic(walk, node, 0)
    W = None if x is None else numbers(walk, node, 1, x)
    groups = values.get("group", 1)
    if x is None or W is None or not only(values, *_ATTRIBUTES) or groups < 1:
        return None
    rank = walk.rank(x)
    if W.ndim < 3 or rank != W.ndim or W.size == 0:
        if rank is not None and rank != W.ndim >= 3:
            raise ShapeMismatch(f"node {label(node)}", expected=f"{W.ndim} axes", got=str(rank))
        return None
    b, units, read = None, int(W.shape[0]), int(W.shape[1]) * groups
    if units % groups or not walk.spreads(W.size, groups):
        return None
    if len(node.input) > 2 and node.input[2]:
        b = numbers(walk, node, 2, x)
        if b is None or b.shape != (units,):
            return None
    size = tuple(int(n) for n in W.shape[2:])
    shape = walk.shape(x)
    found = window(values, size, None if shape is None else shape[2:])
    if found is None:
        return None
    fit(node, read, walk.length(x, 1 - rank))
    flat = W.reshape(units, -1)
    point = found.is_point and groups == 1
    weights: Weights = Matrix(flat) if point else Kernel(flat, found, groups)
    return [Linear(label(node), x, node.output[0], weights, b, 1 - rank)]


def window(
    values: dict[str, Any], size: tuple[int, ...], lengths: tuple[Dimension, ...] | None
) -> Window | None:
    """The window that attributes describe, where padding does not depend on unknown lengths."""
    ones = (1,) * len(size)
    lists = [values.get(name, ones) for name in ("strides", "dilations")]
    lists += [values.get("kernel_shape", size), values.get("pads", ())]
    if not all(isinstance(part, list | tuple) for part in lists):
        return None
    if not all(isinstance(n, int) for part in lists for n in part):
        return None
    strides, dilations, given, _ = map(tuple, lists)
    if given != size or not len(strides) == len(dilations) == len(size):
        return None
    if min(*strides, *dilations) < 1:
        return None
    pads = _pads(values, size, strides, dilations, lengths)
    if pads is None or min(pads) < 0:
        return None
    return Window(size, strides, dilations, pads[: len(size)], pads[len(size) :])


def _pads(
    values: dict[str, Any],
    size: tuple[int, ...],
    strides: tuple[int, ...],
    dilations: tuple[int, ...],
    lengths: tuple[Dimension, ...] | None,
) -> tuple[int, ...] | None:
    """The padding of all axes, before and then after; None where readers of ONNX may differ."""
    kind = values.get("auto_pad", b"NOTSET")
    if kind in (b"NOTSET", b""):
        pads = tuple(values.get("pads", (0,) * 2 * len(size)))
        return pads if len(pads) == 2 * len(size) else None
    if "pads" in values:
        return None
    if kind == b"VALID":
        return (0,) * 2 * len(size)
    if kind not in _SAME or max(dilations) > 1:
        return None
    needed = []
    for axis, (taps, stride, step) in enumerate(zip(size, strides, dilations, strict=True)):
        reach, length = step * (taps - 1) + 1, None if lengths is None else lengths[axis]
        if stride == 1:
            needed.append(reach - 1)
        elif isinstance(length, int):
            needed.append(max(0, (-(-length // stride) - 1) * stride + reach - length))
        else:
            return None
    less, more = [n // 2 for n in needed], [n - n // 2 for n in needed]
    return (*less, *more) if kind == b"SAME_UPPER" else (*more, *less)


CONVOLUTIONS: Final[dict[str, Callable[[Walk, NodeProto], Plan]]] = {"Conv": _conv}
