"""Exact evaluation of networks by patterns: the same numbers as `evaluation`, in less time.

What is not alike at many positions is laid out, and evaluated as there.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, Final, assert_never

import numpy as np

from lumpver.errors import TooLarge
from lumpver.exact.array import add, array, divide, is_float, rationals
from lumpver.exact.product import matmul
from lumpver.model import join, linear, pick, pointwise
from lumpver.model.evaluation import apply
from lumpver.model.linear import Linear, moving
from lumpver.model.network import Join, Opaque, Pick, Pointwise, Pool, Rearrange
from lumpver.model.pool import divisors, pooled, spans
from lumpver.model.rearrange import moved_axis, permutation, rearranged
from lumpver.model.weights import times
from lumpver.proving.patterns import Pattern, pattern, together

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.exact.array import Exact
    from lumpver.model.network import Modelled, Network
    from lumpver.model.relabelling import Indices
    from lumpver.model.weights import Kernel

    Known = Pattern | Exact

MOST: Final = 2**36  # multiplications of one node


def outputs(network: Network, values: Mapping[str, Exact]) -> dict[str, Exact]:
    """The values of the outputs that depend on no opaque node, by name.

    Raises
    ------
    NotRational
        If an activation or a normalization has no rational value there.
    TooLarge
        If too many positions are different.
    """
    known: dict[str, Known] = {}
    for tensor in network.inputs:
        x, axis = values[tensor.name], network.axes.get(tensor.name, -1)
        known[tensor.name] = pattern(x, axis) if x.ndim >= -axis else x
    last = {name: i for i, node in enumerate(network.nodes) for name in node.inputs}
    kept = {tensor.name for tensor in network.outputs}
    for i, node in enumerate(network.nodes):
        match node:
            case Opaque():
                if node.value is not None:
                    known[node.outputs[0]] = node.value
            case Linear() | Pointwise() | Pool() | Rearrange() | Pick() | Join():
                if all(name in known for name in node.inputs):
                    known[node.output] = behind(node, [known[name] for name in node.inputs])
            case _:
                assert_never(node)
        for name in {*node.inputs} - kept:
            if last[name] == i:
                known.pop(name, None)
    return {name: laid_out(known[name]) for name in kept if name in known}


def work(network: Network) -> tuple[int, int]:
    """About how many multiplications evaluation takes, and the entries of the largest tensor.

    Lengths that are not known count as 1.
    """
    products, most = 0, 0
    for node in network.nodes:
        for name in node.outputs:
            tensor = network.tensors.get(name)
            shape = () if tensor is None or tensor.shape is None else tensor.shape
            entries = prod(size for size in shape if isinstance(size, int))
            most = max(most, entries)
            if isinstance(node, Linear) and node.W is not None and node.W.ndim == 2:
                products += entries * int(node.W.shape[1])
    return products, most


def laid_out(x: Known) -> Exact:
    """The tensor itself."""
    return x.dense if isinstance(x, Pattern) else x


def behind(node: Modelled, given: list[Known]) -> Known:
    """A node's output for what is known of what it reads."""
    x = given[0]
    match node:
        case Linear() if (kernel := moving([node])) is not None:
            return _convolved(node, kernel, _along(x, node.axis))
        case Linear() if isinstance(x, Pattern) and x.axis == node.axis:
            return x.over(linear.value(replace(node, axis=-2), x.columns))
        case Pointwise() if isinstance(x, Pattern) and node.axis in {None, x.axis}:
            return x.over(pointwise.value(pointwise.along(node, -2), x.columns))
        case Pool():
            return _pooled(node, _along(x, node.axis))
        case Rearrange() if isinstance(x, Pattern):
            return _rearranged(node, x)
        case Pick() if isinstance(x, Pattern):
            return _picked(node, x)
        case Join():
            return _joined(node, given)
        case Linear() | Pointwise() | Rearrange() | Pick():
            return apply(node, laid_out(x))
        case _:
            assert_never(node)


def _along(x: Known, axis: int) -> Pattern:
    return x if isinstance(x, Pattern) and x.axis == axis else pattern(laid_out(x), axis)


def _met(x: Pattern, taps: Indices) -> Indices:
    """For each tap and place the column that is met, -1 for none; places count all leading axes.

    `taps` has for each tap and position of the result the position that it meets, or -1.
    """
    lead = prod(x.which.shape[: x.place])
    flat = x.which.reshape(lead, -1)
    flat = np.concatenate([flat, np.full((lead, 1), -1, dtype=np.int64)], axis=1)
    found = np.moveaxis(flat[:, taps], 1, 0)
    return found.reshape(taps.shape[0], lead * taps.shape[1])


def _beside(columns: Exact) -> Exact:
    """The columns, and one of zeros behind them, for padding."""
    nothing = np.zeros((columns.shape[0], 1))
    return np.concatenate([columns, nothing if is_float(columns) else rationals(nothing)], axis=1)


def _convolved(node: Linear, kernel: Kernel, x: Pattern) -> Pattern:
    positions = x.which.shape[x.place :]
    met = _met(x, kernel.window.met(positions))
    codes, first = together(met.shape[1], met)
    if kernel.numbers.size * first.size > MOST:
        expected = "an input that is alike at most positions"
        got = f"{first.size:,} columns that differ"
        raise TooLarge(f"node {node.name}", expected=expected, got=got)
    read = _beside(x.columns)[:, met[:, first]]
    made = times(kernel, read.reshape(-1, first.size))
    made = made if node.b is None else add(made, node.b[:, None])
    lengths = kernel.window.lengths(positions)
    shape = (*x.which.shape[: x.place], *(int(size or 0) for size in lengths))
    return Pattern(made, codes.reshape(shape), x.axis)


def _pooled(node: Pool, x: Pattern) -> Pattern:
    lead, positions = x.which.shape[: x.place], x.which.shape[x.place :]
    behind_ = (pooled(node, x.shape) or ())[x.place + 1 :]
    made = tuple(int(size or 0) for size in behind_)
    met = _met(x, _spanned(spans(node, positions), positions))
    below = np.broadcast_to(np.array(divisors(node, positions)), (*lead, *made)).reshape(-1)
    codes, first = together(met.shape[1], [*met, below])
    met, width = met[:, first], x.columns.shape[1]
    if node.operator == "max":
        columns = x.columns if is_float(x.columns) else rationals(x.columns)
        found = np.empty((columns.shape[0], first.size), dtype=columns.dtype)
        for place in range(first.size):
            seen = np.unique(met[:, place])
            found[:, place] = np.maximum.reduce(columns[:, seen[seen >= 0]], axis=1)
    else:
        counts = np.zeros((width + 1, first.size))
        np.add.at(counts, (met, np.arange(first.size)), 1)
        found = matmul(x.columns, counts[:width])
        found = divide(found, array(below[first])) if node.operator == "mean" else found
    return Pattern(found, codes.reshape(*lead, *made), x.axis)


def _spanned(met: list[list[range]], lengths: tuple[int, ...]) -> Indices:
    """For each tap and position of the result the entry that is met, -1 for none."""
    found = np.zeros((1, 1), dtype=np.int64)
    for parts, size in zip(met, lengths, strict=True):
        taps = max(map(len, parts))
        at = np.array([[*part, *[-1] * (taps - len(part))] for part in parts]).T
        whole = found[:, None, :, None] * size + at[None, :, None, :]
        inside = (found[:, None, :, None] >= 0) & (at >= 0)[None, :, None, :]
        shape = (found.shape[0] * at.shape[0], found.shape[1] * at.shape[1])
        found = np.where(inside, whole, -1).reshape(shape)
    return found


def _rearranged(node: Rearrange, x: Pattern) -> Known:
    """The same columns at other positions where units stay apart, else the entries laid out."""
    axis, target = moved_axis(node, x.shape, x.axis), rearranged(node, x.shape)
    if axis is None or target is None:
        return apply(node, x.dense)
    if node.operator == "Transpose":
        order = [i - (i > x.place) for i in permutation(node, len(x.shape)) if i != x.place]
        return Pattern(x.columns, x.which.transpose(order), axis)
    place = len(target) + axis
    around = [int(size or 0) for size in (*target[:place], *target[place + 1 :])]
    return Pattern(x.columns, x.which.reshape(around), axis)


def _picked(node: Pick, x: Pattern) -> Pattern:
    """Some rows of the columns, some of the positions."""
    pick.behind(node, x.shape)
    columns, which = x.columns, x.which
    for axis, places in node.places:
        if axis == x.axis:
            columns = columns[list(places)]
            continue
        place = len(x.shape) + axis
        which = np.take(which, np.array(places), axis=place - (place > x.place))
    return Pattern(columns, which, x.axis)


def _joined(node: Join, given: list[Known]) -> Known:
    """Columns joined where those of all operands are the same, else the entries."""
    parts = [x for x in given if isinstance(x, Pattern)]
    alike = len(parts) == len(given) and len({(x.axis, x.which.ndim) for x in parts}) == 1
    if not alike or node.axis not in {None, parts[0].axis}:
        return apply(node, *map(laid_out, given))
    which = np.broadcast_arrays(*(x.which for x in parts))
    codes, first = together(which[0].size, (row.reshape(-1) for row in which))
    pairs = zip(parts, which, strict=True)
    columns = [x.columns[:, row.reshape(-1)[first]] for x, row in pairs]
    made = join.value(replace(node, axis=None if node.axis is None else -2), *columns)
    return Pattern(made, codes.reshape(which[0].shape), parts[0].axis)
