"""Pools in joint lumping: channel by channel, each a multiple of one atom behind the pool.

The largest of a positive multiple is that multiple of the largest, a constant beside it passes.
Means and sums are linear; where padding counts, or the number of positions is not known, what
becomes of a constant is an atom of its own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lumpver.exact.array import alike, array, multiply, nonzero, rationals, zeros
from lumpver.model.pool import meets_padding, pooled, summed
from lumpver.proving.joint.windows import elsewhere, met, told
from lumpver.proving.layouts import Elsewhere, around, layout_of
from lumpver.proving.table import UNIT, Largest, Moved
from lumpver.proving.values import Whole, gathered, renamed

if TYPE_CHECKING:
    from collections.abc import Hashable

    from lumpver.model.network import Pool
    from lumpver.model.tensor import Shape
    from lumpver.model.window import Window
    from lumpver.proving.joint.sweep import Sweep
    from lumpver.proving.values import Combination, Units, Value


def valued(sweep: Sweep, node: Pool) -> Value:
    """The value of the output: units behind the pool, or a number that only the same pool has."""
    units = sweep.counted(node.input, node.axis)
    shape = sweep.network.tensors[node.input].shape
    if units is None:
        return _whole(sweep, node)
    rest, window = told(shape, units, node.window)
    if window is not None and window.is_point:
        return units
    if window is not None and window.taps == 1 and not meets_padding(node):
        found = _picked(sweep, units, shape, node.window or window)
    elif node.operator == "max":
        found = _largest(sweep, units, Elsewhere(units.spine, rest, ("max", window)))
    else:
        found = _summed(sweep, node, units, rest, window)
    otherwise = (units.layout, node.operator, window)
    return replace(found, layout=around(pooled(node, shape), node.axis, otherwise))


def _whole(sweep: Sweep, node: Pool) -> Value:
    """A number for what the pool makes of a tensor of which only its number is known."""
    before = sweep.whole(node.input)
    key = (node.operator, node.axis, node.window, node.counts_padding)
    number = sweep.table.number(("pool", key, before))
    shape = sweep.network.tensors[node.output].shape
    return Whole(number, layout_of(shape, (before.layout, key)))


def _picked(sweep: Sweep, units: Units, shape: Shape, window: Window) -> Units:
    """Units behind a window of one tap: some of the positions."""
    found = met(sweep.table, units, shape, window)
    names = [elsewhere(sweep.table, found.spine, int(atom), 0) for atom in units.atoms]
    return renamed(units, found.spine, names)


def _largest(sweep: Sweep, units: Units, key: Elsewhere) -> Units:
    """The largest of each unit's form, in units of its direction's; constants pass."""
    table, (R, k) = sweep.table, units.dense
    spine = table.spine(key, 0)
    directions, factors = table.directions(units.spine, units.atoms, R, zeros(k.size))
    rows: list[Combination] = []
    constants = rationals(k).tolist()
    for direction, factor, constant in zip(directions.tolist(), factors, constants, strict=True):
        if direction < 0:
            rows.append(({}, constant))
            continue
        atom = table.atom(Largest(spine, direction, 1 if factor > 0 else -1))
        rows.append(({atom: abs(factor)}, constant))
    return gathered(replace(units, spine=spine), rows)


def _summed(sweep: Sweep, node: Pool, units: Units, rest: Hashable, window: Window | None) -> Units:
    """Means of the atoms; a sum is a mean times the number of positions, where that is known."""
    table = sweep.table
    count = summed(node, sweep.network.tensors[node.input].shape)
    padded = window is not None and any((*window.before, *window.after))
    counts = meets_padding(node) and padded
    step = ("sum", window) if count is None else ("mean", window, counts)
    spine = table.spine(Elsewhere(units.spine, rest, step, adds=count is None), 0)
    names = [table.atom(Moved(spine, int(atom))) for atom in units.atoms]
    (R, k), n = units.dense, array([count or 1])
    R, k = multiply(R, n), multiply(k, n)
    if (counts or count is None) and nonzero(k).any():
        names.append(table.atom(Moved(spine, UNIT)))
        R, k = np.concatenate(alike(R, k[:, None]), axis=1), zeros(k.size)
    return renamed(replace(units, relabelling=None, M=R, k=k), spine, names)
