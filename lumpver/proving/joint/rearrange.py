"""Rearrangements in joint lumping: row-major order kept, or a transposition.

order: the permutation of the axes that are not of length 1
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lumpver.model.rearrange import moved_axis, permutation, spread_axis
from lumpver.proving.joint import laid
from lumpver.proving.joint.windows import spread_out
from lumpver.proving.layouts import Elsewhere, around, layout_of
from lumpver.proving.table import Moved
from lumpver.proving.values import Units, Whole, renamed

if TYPE_CHECKING:
    from collections.abc import Hashable

    from lumpver.model.network import Rearrange
    from lumpver.model.tensor import Shape
    from lumpver.proving.joint.sweep import Sweep
    from lumpver.proving.values import Value


def valued(sweep: Sweep, node: Rearrange) -> Value:
    """The value of the node's output: the same units along another axis, or a number."""
    value = sweep.values[node.input]
    shape = sweep.network.tensors[node.input].shape
    after = sweep.network.tensors[node.output].shape
    order = transposition(node, shape)
    step = (node.operator, node.parameters, node.zero_copies)
    if isinstance(value, Units) and not laid.parts(node, shape, after, value.axis):
        axis = moved_axis(node, shape, value.axis)
        if axis is not None:
            found = value if order is None else _transposed(sweep, value, shape, order)
            beside = _beside(node, None if after is None else len(after) + axis)
            return replace(found, axis=axis, layout=(value.layout, beside))
        if (taken := spread_axis(node, shape, value.axis)) is not None:
            entries = spread_out(sweep.table, value, shape, taken[1])
            if entries is not None:
                layout = around(after, taken[0], (value.layout, step))
                return replace(entries, axis=taken[0], layout=layout)
    if (found_laid := laid.rearranged(node, value, shape)) is not None:
        return found_laid
    whole = sweep.whole(node.input)
    layout = layout_of(after, (whole.layout, step))
    if order is None:
        return Whole(whole.number, layout)
    return Whole(sweep.table.number(("transpose", whole, order)), layout)


def _beside(node: Rearrange, place: int | None) -> Hashable:
    """What a node makes of the axes beside that of the units, which it leaves whole."""
    found = node.parameters
    if node.operator == "Reshape" and found is not None:
        found = tuple(size for i, size in enumerate(found) if i != place)
    return node.operator, place, found, node.zero_copies


def _transposed(sweep: Sweep, units: Units, shape: Shape, order: Hashable) -> Units:
    """The same forms over another spine, whose positions are transposed."""
    rest = around(shape, units.axis, units.layout)
    step = ("transposed", units.axis, order)
    spine = sweep.table.spine(Elsewhere(units.spine, rest, step, kept=(0,)), 0)
    names = [sweep.table.atom(Moved(spine, int(atom))) for atom in units.atoms]
    return renamed(units, spine, names)


def transposition(node: Rearrange, shape: Shape) -> Hashable:
    """None where the node keeps row-major order; else how it permutes the axes.

    Examples
    --------
    >>> from lumpver.model.network import Rearrange
    >>> node = Rearrange("t", "x", "y", "Transpose", (0, 2, 1))
    >>> transposition(node, (1, 1, 5)), transposition(node, (1, 3, 5))
    (None, (0, 2, 1))
    """
    if node.operator != "Transpose":
        return None
    if shape is None:
        return ("unknown", node.parameters)
    order = permutation(node, len(shape))
    long = [axis for axis in order if shape[axis] != 1]
    return None if long == sorted(long) else order
