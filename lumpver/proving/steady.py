"""Units that never switch: over atoms that are never negative, a row of one sign.

An activation with A(y) = y for y >= 0 leaves such a unit as it is, or makes it 0. Left as it
is only where it reaches back a few levels: else forms grow with the depth of a network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

import numpy as np

from lumpver.exact.array import Exact, entry, negative, nonzero
from lumpver.exact.scalar import ZERO
from lumpver.proving.table import (
    UNIT,
    Applied,
    Divided,
    Irrational,
    Joined,
    Largest,
    Moved,
    Variable,
    Weighed,
)
from lumpver.proving.table import row as form

if TYPE_CHECKING:
    from lumpver.exact.proportional import Rows
    from lumpver.model.activations import Activation
    from lumpver.proving.table import Table
    from lumpver.proving.values import Combination, Units


_REACH: Final = 64


def steady(table: Table, units: Units, function: Activation) -> dict[int, Combination]:
    """What `function` makes of the units that never switch.

    Rows without atoms are constants and no business of this.
    """
    R, b = units.dense
    if function.slope is None:
        return {}
    above = [_never_negative(table, int(atom)) for atom in units.atoms]
    moving = nonzero(R)
    safe = moving.any(axis=1) & ~moving[:, ~np.array(above, dtype=bool)].any(axis=1)
    rows = np.flatnonzero(safe)
    found = {
        int(v): _form(units, R, b, int(v))
        for v in rows[_one_sign(R[rows], b[rows])]
        if _reach(table, units.atoms[moving[v]]) <= _REACH
    }
    if function.slope == 0:
        down: Rows = rows[_one_sign(-R[rows], -b[rows])]
        found |= {int(v): ({}, ZERO) for v in down}
    return found


def _never_negative(table: Table, atom: int) -> bool:
    """Whether an atom is; what it becomes elsewhere is no less, as padding is 0."""
    found = table.atoms[atom]
    while isinstance(found, Moved) and found.atom != UNIT:
        found = table.atoms[found.atom]
    match found:
        case Applied() | Irrational():
            return found.function.nonnegative
        case Moved():
            return True
        case Largest():
            return found.sign > 0 and _all_up(table, found.direction)
        case Variable() | Divided() | Joined() | Weighed():
            return False
        case _:
            assert_never(found)


def _all_up(table: Table, direction: int) -> bool:
    """Whether a direction is a sum of multiples above 0 of atoms that are never negative."""
    row, _ = form(table, direction)
    return all(c > 0 and _never_negative(table, atom) for atom, c in row.items())


def _reach(table: Table, atoms: Rows) -> int:
    """How many levels a form spans: the same for the same form, whichever network has it."""
    levels = [table.levels[atom] for atom in atoms.tolist()]
    span: int = max(levels) - min(levels)
    return 1 + span


def _one_sign(R: Exact, b: Exact) -> Rows:
    return np.flatnonzero(~(negative(R).any(axis=1) | negative(b)))


def _form(units: Units, R: Exact, b: Exact, v: int) -> Combination:
    used = np.flatnonzero(nonzero(R[v]))
    return {int(units.atoms[j]): entry(R, v, int(j)) for j in used}, entry(b, v)
