"""Pools in joint lumping: channel by channel, each a multiple of one atom behind the pool.

The largest of a positive multiple is that multiple of the largest, a constant beside it passes.
Means and sums are linear; where padding counts, or the number of positions is not known, what
becomes of a constant is an atom of its own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

import numpy as np

from lumpver.exact.array import (
    alike,
    array,
    entry,
    is_float,
    multiply,
    nonzero,
    rationals,
    zeros,
)
from lumpver.exact.scalar import ZERO
from lumpver.model.functions import Curve, Pieces
from lumpver.model.pool import meets_padding, pooled, summed
from lumpver.proving.joint.pointwise import activated
from lumpver.proving.joint.windows import elsewhere, met, told
from lumpver.proving.layouts import Elsewhere, around, layout_of
from lumpver.proving.table import UNIT, Applied, Largest, Moved
from lumpver.proving.values import Whole, forms, gathered, renamed

if TYPE_CHECKING:
    from collections.abc import Hashable

    from flint import fmpq

    from lumpver.model.activations import Activation
    from lumpver.model.network import Pool
    from lumpver.model.tensor import Shape
    from lumpver.model.window import Window
    from lumpver.proving.joint.sweep import Sweep
    from lumpver.proving.table import Table
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
    """The largest of each unit's form, in units of its direction's; constants pass.

    Of a function that never falls it is that function of the largest, so that both orders agree.
    """
    table, (R, k) = sweep.table, units.dense
    spine = table.spine(key, 0)
    rising = _rising(table, units)
    made = _before(sweep, units, key, {atom for atom, _ in rising.values()})
    left = R.copy()
    left[list(rising)] = 0 if is_float(left) else ZERO
    directions, factors = table.directions(units.spine, units.atoms, left, zeros(k.size))
    rows: list[Combination] = []
    for v, constant in enumerate(rationals(k).tolist()):
        direction = int(directions[v])
        if v in rising:
            atom, scale = rising[v]
            row, shift = made[atom]
            rows.append(({j: scale * c for j, c in row.items()}, scale * shift + constant))
        elif direction < 0:
            rows.append(({}, constant))
        else:
            sign = 1 if factors[v] > 0 else -1
            rows.append(({table.atom(Largest(spine, direction, sign)): abs(factors[v])}, constant))
    return gathered(replace(units, spine=spine), rows)


def _rising(table: Table, units: Units) -> dict[int, tuple[int, fmpq]]:
    """The units that are positive multiples of a function that never falls: of what, how many."""
    R, found = units.dense[0], {}
    moving = nonzero(R)
    for v in np.flatnonzero(moving.sum(axis=1) == 1).tolist():
        j = int(np.argmax(moving[v]))
        atom, scale = table.atoms[int(units.atoms[j])], entry(R, v, j)
        if isinstance(atom, Applied) and scale > 0 and _never_falls(atom.function):
            found[v] = (int(units.atoms[j]), scale)
    return found


def _never_falls(function: Activation) -> bool:
    match function.mapping:
        case Pieces() as pieces:
            return pieces.meets and all(line.slope >= 0 for line in pieces.lines)
        case Curve() as curve:
            return curve.increasing
        case _:
            assert_never(function.mapping)


def _before(sweep: Sweep, units: Units, key: Elsewhere, atoms: set[int]) -> dict[int, Combination]:
    """For each of the atoms its function of the largest argument."""
    groups: dict[tuple[int, Activation], list[tuple[int, Applied]]] = {}
    for index in sorted(atoms):
        atom = sweep.table.atoms[index]
        if isinstance(atom, Applied):
            place = sweep.table.places[atom.direction][0]
            groups.setdefault((place, atom.function), []).append((index, atom))
    found: dict[int, Combination] = {}
    for (place, function), members in groups.items():
        layer = sweep.table.layers[place]
        rows = [sweep.table.places[atom.direction][1] for _, atom in members]
        factors = array([atom.factor for _, atom in members])
        M, k = multiply(layer.R[rows], factors[:, None]), multiply(layer.b[rows], factors)
        inner = replace(units, atoms=layer.atoms, relabelling=None, M=M, k=k)
        made = forms(activated(sweep, _largest(sweep, inner, key), function))
        found |= dict(zip((index for index, _ in members), made, strict=True))
    return found


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
