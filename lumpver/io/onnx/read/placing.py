"""Operators of ONNX that lay positions out anew: Pad, and nearest neighbours.

Each channel's positions are those of the operand, zeros around them or each repeated: sums of one
entry or of none; with another number around them, zeros around what that was subtracted from; or
picked, where a Pad mirrors them or cuts them off. None means "opaque": an attribute, type or shape
that the exact model does not cover.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lumpver.exact.array import equal
from lumpver.io.onnx.read.contracting import chained
from lumpver.io.onnx.read.load import label
from lumpver.io.onnx.read.operands import attributes, named, only, same, stored
from lumpver.io.onnx.read.pooling import operand
from lumpver.io.onnx.read.tensors import INT32, INT64
from lumpver.model.linear import Linear, shifts_only
from lumpver.model.pick import Pick
from lumpver.model.pool import Pool
from lumpver.model.weights import Identity
from lumpver.model.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from onnx import NodeProto

    from lumpver.exact.array import Exact
    from lumpver.io.onnx.read.walk import Plan, Walk
    from lumpver.model.network import Node
    from lumpver.model.tensor import Dimension

_CHANNELS: Final = 1  # the axis in front of the positions
_MOST: Final = 2**16  # zeros on a side, or repetitions
_BY_INPUTS: Final = 11  # the first opset in which Pad is told by tensors, and Resize by modes
_LENGTHS: Final = 3  # the input of a Resize that gives lengths
_ALIKE: Final = (b"half_pixel", b"pytorch_half_pixel", b"half_pixel_symmetric")
_RESIZING: Final = (
    "mode",
    "axes",
    "coordinate_transformation_mode",
    "nearest_mode",
    "keep_aspect_ratio_policy",
    "antialias",
    "cubic_coeff_a",
    "exclude_outside",
    "extrapolation_value",
)


def _pad(walk: Walk, node: NodeProto) -> Plan:
    """Pad with zeros around the positions, with what is there, or of less than there is."""
    found, values = operand(walk, node), attributes(node)
    if found is None or not only(values, "mode", "pads", "value"):
        return None
    x, shape = found
    pads = values.get("pads") if walk.opset < _BY_INPUTS else whole(walk, node, 1)
    spread = _over_axes(walk, node, pads, len(shape))
    if spread is None or any(not -_MOST <= n <= _MOST for n in spread):
        return None
    before, after = spread[: len(shape)], spread[len(shape) :]
    if not any(spread):
        return same(walk, node)
    first, mode = _CHANNELS + 1, values.get("mode", b"constant")
    if any((*before[:first], *after[:first])):
        return None
    if mode != b"constant" or max(spread) == 0:
        return _picked(walk, node, found, mode, list(zip(before, after, strict=True)))
    filler = _filler(walk, node, values, x)
    if min(spread) < 0 or filler is None:
        return None
    ones = (1,) * (len(shape) - first)
    over = Window(ones, ones, ones, tuple(before[first:]), tuple(after[first:]))
    axis = _CHANNELS - len(shape)
    zeros = Pool(label(node), x, node.output[0], "sum", axis, over)
    return _filled(walk, node, zeros, filler) if filler.any() else [zeros]


def _filled(walk: Walk, node: NodeProto, zeros: Pool, filler: Exact) -> Plan:
    """A Pad with another number: 0 around what it is subtracted from, and then it is added."""
    units = walk.length(zeros.input, zeros.axis)
    if not isinstance(units, int) or not walk.makes(2 * units):
        return None
    shifts = (np.full(units, sign * filler) for sign in (-1, 1))
    first, last = (Linear("", "", "", Identity(), b, zeros.axis) for b in shifts)
    return chained(walk, node, zeros.input, [first, zeros, last])


def still_filled(nodes: Sequence[Node], before: Sequence[Node]) -> bool:
    """Whether nodes put the number around positions that the nodes before them did."""
    match (*nodes, *before):
        case [Linear(), Pool() as zeros, Linear(), Linear(), Pool() as other, Linear()]:
            same = (zeros.operator, zeros.window) == (other.operator, other.window)
        case _:
            return False
    for new, old in zip(nodes, before, strict=True):
        if isinstance(new, Linear) and isinstance(old, Linear):
            if new.b is None or old.b is None or not shifts_only(new) or new.axis != old.axis:
                return False
            same = same and bool(equal(new.b, old.b[:1]).all())
    return same


def _picked(
    walk: Walk,
    node: NodeProto,
    found: tuple[str, tuple[Dimension, ...]],
    mode: bytes,
    pads: Sequence[tuple[int, int]],
) -> Plan:
    """What is at each place of a Pad that makes up nothing, of known lengths."""
    (x, shape), places = found, []
    for axis, (low, high) in enumerate(pads):
        if (low, high) == (0, 0):
            continue
        taken = _taken(mode, low, high, shape[axis])
        if not taken or not walk.makes(len(taken)):
            return None
        places.append((axis - len(shape), taken))
    return [Pick(label(node), x, node.output[0], tuple(places))]


def _taken(mode: bytes, low: int, high: int, size: Dimension) -> tuple[int, ...]:
    """The entries along an axis of that length at the places with these pads; none if unsure."""
    if not isinstance(size, int) or size == 0:
        return ()
    if max(low, high) <= 0:  # it cuts off, whatever else there would be
        return tuple(range(-low, size + high)) if mode == b"constant" else ()
    most = {b"edge": _MOST, b"reflect": size - 1, b"wrap": size}.get(mode, 0)
    if min(low, high) < 0 or max(low, high) > most:
        return ()
    along = range(-low, size + high)
    match mode:
        case b"edge":
            return tuple(min(max(i, 0), size - 1) for i in along)
        case b"reflect":
            return tuple(size - 1 - abs(size - 1 - abs(i)) for i in along)
        case b"wrap":
            return tuple(i % size for i in along)
        case _:
            return ()


def _filler(walk: Walk, node: NodeProto, values: dict[str, Any], x: str) -> Exact | None:
    """What is put around, if it is a number."""
    found: Exact | None = np.array(values.get("value", 0), dtype=np.float64)
    if named(node, 2):
        found = stored(walk, node, 2, x)
    if found is None or found.size != 1 or found.dtype == object or not np.isfinite(found).all():
        return None
    return found.reshape(())


def _over_axes(
    walk: Walk, node: NodeProto, pads: Sequence[int] | None, rank: int
) -> list[int] | None:
    """The pads of all axes, before and then after, of which some may be named."""
    axes = list(range(rank))
    if named(node, 3):
        some = whole(walk, node, 3)
        if some is None or any(not -rank <= axis < rank for axis in some):
            return None
        axes = [axis % rank for axis in some]
    if pads is None or len(pads) != 2 * len(axes) or len(set(axes)) < len(axes):
        return None
    found = [0] * (2 * rank)
    for i, axis in enumerate(axes):
        found[axis], found[rank + axis] = pads[i], pads[len(axes) + i]
    return found


def whole(walk: Walk, node: NodeProto, place: int) -> tuple[int, ...] | None:
    """The integers of a constant input."""
    known = walk.constant(named(node, place))
    if known is None or known.element_type not in (INT32, INT64) or len(known.shape) > 1:
        return None
    return tuple(int(value) for value in known.array().ravel())


def _upsample(walk: Walk, node: NodeProto) -> Plan:
    """Upsample to the nearest neighbour, by whole factors."""
    values = attributes(node)
    found = operand(walk, node)
    if found is None or values.get("mode", b"nearest") != b"nearest":
        return None
    given = values.get("scales") if len(node.input) == 1 else _scales(walk, node, 1)
    return _repeated(walk, node, given) if only(values, "mode", "scales") else None


def _resize(walk: Walk, node: NodeProto) -> Plan:
    """Resize to the nearest neighbour by whole factors, where that is each one repeated."""
    values, found = attributes(node), operand(walk, node)
    plain = values.get("mode", b"nearest") == b"nearest" and not values.get("antialias", 0)
    policy = values.get("keep_aspect_ratio_policy", b"stretch")
    if found is None or not plain or not only(values, *_RESIZING) or policy != b"stretch":
        return None
    if walk.opset < _BY_INPUTS:
        return _repeated(walk, node, _scales(walk, node, 1))
    given = _scales(walk, node, 2)
    if named(node, _LENGTHS):
        given = None if given else _factors(walk, node, found[1], values.get("axes"))
    elif given is not None and (axes := values.get("axes")) is not None:
        given = _named(given, axes, len(found[1]))
    if given is None or not all(_repeats(values, n) for n in given):
        return None
    return _repeated(walk, node, given)


def _repeats(values: dict[str, Any], factor: float) -> bool:
    """Whether position o of the output is o // factor of the operand."""
    way = values.get("coordinate_transformation_mode", b"half_pixel")
    rounds = values.get("nearest_mode", b"round_prefer_floor")
    if way in _ALIKE:  # (o + 1/2) / factor - 1/2 is never half-way between two
        return rounds in (b"round_prefer_floor", b"round_prefer_ceil")
    if way == b"asymmetric":
        return bool(rounds == b"floor" or (rounds == b"round_prefer_floor" and factor <= 2))
    return bool(way == b"tf_half_pixel_for_nn" and rounds == b"floor")


def _scales(walk: Walk, node: NodeProto, place: int) -> list[float] | None:
    """The factors that a constant input gives."""
    known = walk.constant(named(node, place))
    if known is None or not known.is_float or len(known.shape) != 1:
        return None
    return [float(n) for n in known.array().ravel()]


def _factors(
    walk: Walk, node: NodeProto, shape: tuple[Dimension, ...], axes: list[int] | None
) -> list[float] | None:
    """The factors that the lengths of the output ask for, where they are whole."""
    told, said = walk.lengths.get(named(node, _LENGTHS)), whole(walk, node, _LENGTHS)
    wanted: Sequence[Dimension] | None = said if told is None else told.entries
    places = list(range(len(shape))) if axes is None else axes
    if wanted is None or len(wanted) != len(places):
        return None
    found: list[float] = []
    for place, length in zip(places, wanted, strict=True):
        size = shape[place] if -len(shape) <= place < len(shape) else None
        if size is None or length is None:
            return None
        if size == length:
            found.append(1)
        elif isinstance(size, int) and isinstance(length, int) and length % size == 0:
            found.append(length // size)
        else:
            return None
    return found if axes is None else _named(found, axes, len(shape))


def _named(factors: Sequence[float], axes: Sequence[int], rank: int) -> list[float] | None:
    """The factors of all axes, of which some are named."""
    places = [axis % rank for axis in axes if -rank <= axis < rank]
    if len(places) != len(factors) or len(set(places)) < len(places):
        return None
    found = [1.0] * rank
    for place, factor in zip(places, factors, strict=True):
        found[place] = factor
    return found


def _repeated(walk: Walk, node: NodeProto, factors: Sequence[float] | None) -> Plan:
    """Each position as often as these factors say, of which the first two are 1."""
    found = operand(walk, node)
    if found is None or factors is None or len(factors) != len(found[1]):
        return None
    if any(n != int(n) or not 1 <= n <= _MOST for n in factors) or set(factors[:2]) > {1}:
        return None
    x, shape = found
    first = _CHANNELS + 1
    size = tuple(int(n) for n in factors[first:])
    if max(size, default=1) == 1:
        return same(walk, node)
    ones, pads = (1,) * len(size), tuple(n - 1 for n in size)
    over = Window(size, ones, ones, pads, pads, size)
    return [Pool(label(node), x, node.output[0], "sum", _CHANNELS - len(shape), over)]


PLACING: Final[dict[str, Callable[[Walk, NodeProto], Plan]]] = {
    "Pad": _pad,
    "Resize": _resize,
    "Upsample": _upsample,
}
