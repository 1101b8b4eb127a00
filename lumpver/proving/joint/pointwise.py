"""Activations in joint lumping: units become atoms, multiples one wherever they may.

Units that never switch stay what they are, and constants are evaluated where that can be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.errors import NotRational
from lumpver.exact.array import array, entry, is_float
from lumpver.exact.scalar import ONE, ZERO
from lumpver.model.activations import IDENTITY
from lumpver.model.functions import EVEN
from lumpver.proving.intervals import idempotent
from lumpver.proving.steady import steady
from lumpver.proving.table import Applied, Irrational
from lumpver.proving.values import Whole, combined, single

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flint import fmpq

    from lumpver.model.activations import Activation
    from lumpver.model.network import Pointwise
    from lumpver.proving.joint.sweep import Relate, Sweep
    from lumpver.proving.table import Table
    from lumpver.proving.values import Combination, Units, Value

_MOST_SPREAD: Final = 2**12  # units told apart where no weights tell how many there are


def valued(sweep: Sweep, node: Pointwise) -> Value:
    """The value of the node's output: atoms, or a number where its units are not known."""
    value = sweep.values[node.input]
    if isinstance(value, Whole):
        found = _by_axis(sweep, node.input)
        if found is None:
            if sweep.made.get(value.number) == node.activation and idempotent(node.activation):
                return value
            number = sweep.table.number(("activate", node.activation, value.number))
            sweep.made[number] = node.activation
            return Whole(number, value.layout)
        value = found
    if node.activation == IDENTITY:
        return value
    return activated(sweep.table, value, node.activation, merged=sweep.merged, relate=sweep.relate)


def _by_axis(sweep: Sweep, name: str) -> Units | None:
    axis = sweep.network.axes.get(name, -1)
    shape = sweep.network.tensors[name].shape
    if shape is None or len(shape) < -axis:
        return None
    width = shape[axis]
    if not isinstance(width, int) or width > _MOST_SPREAD:
        return None
    return sweep.along(name, axis, width)


def activated(
    table: Table,
    units: Units,
    function: Activation,
    *,
    merged: Mapping[int, Combination],
    relate: Relate | None,
) -> Units:
    """What `function` makes of units: multiples of atoms, or what those were merged with.

    `relate` is called with the atoms that are met, and may add to `merged`.
    """
    R, b = units.dense
    fixed = steady(table, units, function)
    if fixed:
        R = R.copy()
        R[list(fixed)] = 0 if is_float(R) else ZERO
    directions, factors = table.directions(units.spine, units.atoms, R, b)
    constants = np.full(R.shape[0], ZERO, dtype=object)
    atoms, scales = [], []
    for v, (direction, factor) in enumerate(zip(directions, factors, strict=True)):
        scale = ONE
        if v in fixed:
            index = -1
        elif direction < 0:
            index, constants[v] = _constant(table, units.spine, function, entry(b, v))
        else:
            atom, scale = _normal(units.spine, function, int(direction), factor)
            index = table.atom(atom)
        atoms.append(index)
        scales.append(scale)
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
    if not function.homogeneous:
        return Applied(spine, function, direction, factor), ONE
    up = factor > 0 or function.symmetry == EVEN
    return Applied(spine, function, direction, ONE if up else -ONE), abs(factor)
