"""Activations in joint lumping: units become atoms, multiples one wherever they may.

Units that never switch stay what they are, and constants are evaluated where that can be.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lumpver.errors import NotRational
from lumpver.exact.array import (
    Exact,
    add,
    array,
    compact,
    entry,
    is_float,
    negative,
    nonzero,
    rationals,
)
from lumpver.exact.scalar import ONE, ZERO
from lumpver.model.activations import IDENTITY
from lumpver.model.several import Several, kinds
from lumpver.proving.intervals import idempotent
from lumpver.proving.joint.boxed import settled
from lumpver.proving.joint.standing import made_there
from lumpver.proving.steady import steady
from lumpver.proving.table import Applied, Irrational
from lumpver.proving.values import Laid, Units, Whole, combined, forms, forms_of, gathered, single

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flint import fmpq

    from lumpver.model.activations import Activation
    from lumpver.model.laws import Symmetry as Row
    from lumpver.model.network import Pointwise
    from lumpver.proving.joint.sweep import Sweep
    from lumpver.proving.table import Table
    from lumpver.proving.values import Combination, Value


def valued(sweep: Sweep, node: Pointwise) -> Value:
    """The value of the node's output: atoms, or a number where its units are not known."""
    value, function = sweep.values[node.input], node.activation
    if isinstance(value, Laid) and not isinstance(function, Several):
        made = value.units if function == IDENTITY else activated(sweep, value.units, function)
        return replace(value, units=made)
    if isinstance(function, Several):
        return _each(sweep, node, function)
    if not isinstance(value, Units):
        found = sweep.counted(node.input, sweep.network.axes.get(node.input, -1))
        if found is None:
            whole = sweep.whole(node.input)
            if sweep.made.get(whole.number) == function and idempotent(function):
                return whole
            number = sweep.table.number(("activate", function, whole.number))
            sweep.made[number] = function
            return Whole(number, whole.layout)
        value = found
    if function == IDENTITY:
        return value
    return settled(sweep, node, value, activated(sweep, value, function))


def _each(sweep: Sweep, node: Pointwise, given: Several) -> Units:
    """What activations of their own make of a tensor's units along their axis."""
    units = sweep.along(node.input, given.axis, len(given.functions))
    some = kinds(given)
    if len(some) == 1:
        return settled(sweep, node, units, activated(sweep, units, some[0]))
    made: dict[int, Combination] = {}
    for function in some:
        own = np.array([v for v, one in enumerate(given.functions) if one == function])
        part = activated(sweep, gathered(units, forms_of(units, own)), function)
        made |= dict(zip(own.tolist(), forms(part), strict=True))
    return settled(sweep, node, units, gathered(units, [made[v] for v in range(units.width)]))


def activated(sweep: Sweep, units: Units, function: Activation) -> Units:
    """What `function` makes of units: multiples of atoms, or what those were merged with.

    Of a unit that stands elsewhere it is what it makes there, so that both orders agree.
    """
    made = made_there(sweep.table, units, lambda inner: activated(sweep, inner, function))
    if not made:
        return _activated(sweep, units, function)
    left = np.array([v for v in range(units.width) if v not in made], dtype=np.int64)
    rest = _activated(sweep, gathered(units, forms_of(units, left)), function)
    made |= dict(zip(left.tolist(), forms(rest), strict=True))
    return gathered(units, [made[v] for v in range(units.width)])


def _activated(sweep: Sweep, units: Units, function: Activation) -> Units:
    """What `function` makes of units where they are."""
    table, merged, relate = sweep.table, sweep.merged, sweep.relate
    R, b = units.dense
    fixed = steady(table, units, function)
    if fixed:
        R = R.copy()
        R[list(fixed)] = 0 if is_float(R) else ZERO
    R, b, back = _reflected(R, b, function)
    directions, factors = table.directions(units.spine, units.atoms, R, b)
    constants = np.full(R.shape[0], ZERO, dtype=object)
    atoms, scales = [], []
    for v, (direction, factor) in enumerate(zip(directions, factors, strict=True)):
        scale, (sign, shift) = ONE, back.get(v, (ONE, ZERO))
        if v in fixed:
            index = -1
        elif direction < 0:
            index, constants[v] = _constant(table, units.spine, function, entry(b, v))
        else:
            atom, scale = _normal(units.spine, function, int(direction), factor)
            index = table.atom(atom)
        atoms.append(index)
        scales.append(sign * scale)
        constants[v] = sign * constants[v] + shift
    if relate is not None:
        relate(sorted({atom for atom in atoms if atom >= 0}))
    if fixed or any(atom in merged for atom in atoms):
        parts = zip(atoms, scales, constants, strict=True)
        rows = [_substituted(merged, *part) for part in parts]
        return combined(units, [fixed.get(v, row) for v, row in enumerate(rows)])
    return single(units, atoms, array(scales), array(constants))


def _constant(table: Table, spine: int, function: Activation, value: fmpq) -> tuple[int, fmpq]:
    """The atom, or -1 and the number, that an activation makes of a number."""
    try:
        return -1, function(value)
    except NotRational:
        return table.atom(Irrational(spine, function, value)), ZERO


def _substituted(
    merged: Mapping[int, Combination], atom: int, scale: fmpq, constant: fmpq
) -> Combination:
    """The multiple of an atom, or of what it was merged with, plus a number."""
    row, rest = merged.get(atom, ({atom: ONE} if atom >= 0 else {}, ZERO))
    return {j: scale * c for j, c in row.items()}, scale * rest + constant


def _normal(spine: int, function: Activation, direction: int, factor: fmpq) -> tuple[Applied, fmpq]:
    """The atom and the scale with which `function` of factor times a direction is one."""
    law = function.law
    if law.degree is None or law.centre:
        return Applied(spine, function, direction, factor), ONE
    sign = ONE if factor > 0 else -ONE
    return Applied(spine, function, direction, sign), abs(factor) ** law.degree


def _reflected(R: Exact, b: Exact, function: Activation) -> tuple[Exact, Exact, dict[int, Row]]:
    """The rows, those reflected that begin below 0 (or are numbers below the centre).

    And for each of these s and k: the function of the row before is s times that of the row now,
    plus k.
    """
    law = function.law
    if law.reflection is None:
        return R, b, {}
    below = negative(add(b, array([-law.centre] * b.size)))
    if R.shape[1]:
        moving = nonzero(R)
        leads = R[np.arange(R.shape[0]), moving.argmax(axis=1)]
        below = np.where(moving.any(axis=1), negative(leads), below)
    rows = np.flatnonzero(below)
    if not rows.size:
        return R, b, {}
    R, b = R.copy(), (b if law.centre == 0 and is_float(b) else rationals(b)).copy()
    R[rows], b[rows] = -R[rows], -b[rows]
    if law.centre:
        b[rows] = b[rows] + 2 * law.centre
    return R, compact(b), dict.fromkeys(rows.tolist(), law.reflection)
