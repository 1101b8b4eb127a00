"""Convolutions of ONNX with constant weights.

None means "opaque": an attribute, type or shape that the exact model does not cover. A
definite mismatch of shapes is an error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lumpver.errors import ShapeMismatch
from lumpver.io.onnx.read.load import label
from lumpver.io.onnx.read.operands import attributes, dynamic, fit, numbers, only
from lumpver.model.linear import Linear
from lumpver.model.weights import Kernel, Matrix, Weights
from lumpver.model.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from onnx import NodeProto

    from lumpver.exact.array import Exact
    from lumpver.io.onnx.read.walk import Plan, Walk
    from lumpver.model.tensor import Dimension

_SAME: Final = (b"SAME_UPPER", b"SAME_LOWER")
_ATTRIBUTES: Final = ("auto_pad", "dilations", "group", "kernel_shape", "pads", "strides")
_OF_TRANSPOSED: Final = ("output_padding", "output_shape")


def _conv(walk: Walk, node: NodeProto) -> Plan:
    """Conv whose weights and bias are constants."""
    values = attributes(node)
    x = dynamic(walk, node, 0)
    W = None if x is None else _filters(walk, node, x)
    if x is None or W is None or not only(values, *_ATTRIBUTES):
        return None
    shape = walk.shape(x)
    found = window(values, W.shape[2:], None if shape is None else shape[2:])
    return None if found is None else _kernel(walk, node, x, W.reshape(W.shape[0], -1), found)


def _transposed(walk: Walk, node: NodeProto) -> Plan:
    """ConvTranspose: the convolution with its taps in reverse over entries that lie apart."""
    values = attributes(node)
    x = dynamic(walk, node, 0)
    W = None if x is None else _filters(walk, node, x)
    groups = values.get("group", 1)
    if x is None or W is None or not only(values, *_ATTRIBUTES, *_OF_TRANSPOSED):
        return None
    shape = walk.shape(x)
    found = transposed(values, W.shape[2:], None if shape is None else shape[2:])
    if found is None or groups < 1 or W.shape[0] % groups:
        return None
    axes = tuple(range(3, W.ndim + 1))
    apart = W.reshape(groups, W.shape[0] // groups, *W.shape[1:]).swapaxes(1, 2)
    numbers = np.flip(apart, axes).reshape(groups * W.shape[1], -1)
    return _kernel(walk, node, x, numbers, found)


def _filters(walk: Walk, node: NodeProto, x: str) -> Exact | None:
    """The weights, one axis for each of x; x has as many axes as they have."""
    W = numbers(walk, node, 1, x)
    rank = walk.rank(x)
    if W is None or W.ndim < 3 or rank is None or W.size == 0:
        return None
    if rank != W.ndim:
        raise ShapeMismatch(f"node {label(node)}", expected=f"{W.ndim} axes", got=str(rank))
    return W


def _kernel(walk: Walk, node: NodeProto, x: str, flat: Exact, over: Window) -> Plan:
    """The node with these numbers, a row for each unit of y, of its groups and with its bias."""
    b, units, groups = None, int(flat.shape[0]), attributes(node).get("group", 1)
    if groups < 1 or units % groups or not walk.spreads(flat.size, groups):
        return None
    if len(node.input) > 2 and node.input[2]:
        b = numbers(walk, node, 2, x)
        if b is None or b.shape != (units,):
            return None
    axis = -1 - over.axes
    fit(node, int(flat.shape[1]) // over.taps * groups, walk.length(x, axis))
    point = over.is_point and groups == 1
    weights: Weights = Matrix(flat) if point else Kernel(flat, over, groups)
    return [Linear(label(node), x, node.output[0], weights, b, axis)]


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


def transposed(
    values: dict[str, Any], size: tuple[int, ...], lengths: tuple[Dimension, ...] | None
) -> Window | None:
    """The window of a ConvTranspose, where padding does not depend on unknown lengths."""
    names = ("kernel_shape", "strides", "dilations")
    said = {name: given for name, given in values.items() if name in names}
    plain = window(said, size, None)
    more = values.get("output_padding", (0,) * len(size))
    if plain is None or not _whole(more, len(size)) or min(more) < 0:
        return None
    reach = [step * (taps - 1) for taps, step in zip(size, plain.dilations, strict=True)]
    cut = _cut(values, plain, more, reach, lengths)
    if cut is None:
        return None
    axes = len(size)
    before = tuple(far - low for far, low in zip(reach, cut[:axes], strict=True))
    after = tuple(far - high + n for far, high, n in zip(reach, cut[axes:], more, strict=True))
    if min(*before, *after) < 0:
        return None  # it would cut off what entries make by themselves
    ones = (1,) * axes
    spacing = () if plain.strides == ones else plain.strides
    return Window(size, ones, plain.dilations, before, after, spacing)


def _whole(given: Any, count: int) -> bool:
    """Whether something is so many integers."""
    return (
        isinstance(given, list | tuple)
        and len(given) == count
        and all(isinstance(n, int) for n in given)
    )


def _cut(
    values: dict[str, Any],
    plain: Window,
    more: Sequence[int],
    reach: Sequence[int],
    lengths: tuple[Dimension, ...] | None,
) -> tuple[int, ...] | None:
    """What is cut off on all axes, before and then after; None where readers of ONNX may differ."""
    kind, axes = values.get("auto_pad", b"NOTSET"), plain.axes
    wanted = values.get("output_shape")
    if wanted is None and kind in (b"NOTSET", b"", b"VALID"):
        pads = values.get("pads", (0,) * 2 * axes)
        valid = kind == b"VALID" and "pads" in values
        return None if valid or not _whole(pads, 2 * axes) or min(pads) < 0 else tuple(pads)
    if "pads" in values or (wanted is not None and not _whole(wanted, axes)):
        return None
    if kind not in (*_SAME, b"NOTSET", b""):
        return None
    totals = []
    for axis, stride in enumerate(plain.strides):
        length = None if lengths is None else lengths[axis]
        total = more[axis] + reach[axis] + 1 - stride
        if wanted is not None:
            if not isinstance(length, int):
                return None
            total += stride * length - wanted[axis]
        totals.append(total)
    less, rest = [n // 2 for n in totals], [n - n // 2 for n in totals]
    if min(totals) >= 0:
        return (*less, *rest) if kind == b"SAME_UPPER" else (*rest, *less)
    if kind in _SAME or max(totals) > 0:
        return None
    return (*(0,) * axes, *totals)  # what is wanted is longer: nothing is cut off


CONVOLUTIONS: Final[dict[str, Callable[[Walk, NodeProto], Plan]]] = {
    "Conv": _conv,
    "ConvTranspose": _transposed,
}
