"""Signs and bounds: units that never switch, for what they read is bounded.

Statement. Let l <= t <= u for the tensor that a linear node reads, and for its counterpart. A
unit w t + b is at least l times the sum of its weights above 0, plus u times that of those below,
plus b; at most the same with l and u exchanged. Where A is y itself between those two numbers, the
unit passes A unchanged, whatever its row; where A is one number there, the unit is that number.
Premises. The bounds of t hold for every unit of both models, and for 0 where a tap may be missed.
Where a row has several entries or a constant that no symmetry has, every block in it passes
unchanged, too: it has a unit that is the block, or a positive multiple where A(r y) = r A(y), and
the block's activation is that unit's. Where that is so of all that the counterpart has, it equals
its own activation, and may stand in the activation's place.
What has no numbers in either model hands on bounds of all units and columns, where all of these are
the same before and behind it.
Why. A combination of columns that equal their own activations equals its own activation:
`stable_units_pass` and `switched_off_units_go` in proofs/rocq/statements.v (theory D3) for
l = 0 and ReLU; sums of bounded products (Moore) for any bounds.
Attacks. An Identity whose counterpart is none, or whose columns are others. Input that is negative
somewhere (a graph input): nothing is known there. A block whose bound only one of two members has:
a multiple of it must. A shift that lifts a unit over 0 while its block still switches: the block is
asked too. LeakyReLU for a unit that is off: its slope is not 0. A bound of Clip's where another
Clip has it. A block whose activation is not the unit's. An activation left out where a column may
switch, or none of its units is the column.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from lumpver.checker.rules.residual import require
from lumpver.claim.facts import UNBOUNDED, Bounds
from lumpver.errors import reject
from lumpver.exact.array import (
    Exact,
    add,
    array,
    equal,
    multiply,
    negative,
    nonzero,
    positive,
    zeros,
)
from lumpver.exact.columns import weighted_sum
from lumpver.model.functions import UNCHANGED
from lumpver.model.several import image, kinds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flint import fmpq

    from lumpver.checker.rules.own import Own
    from lumpver.model.activations import Activation
    from lumpver.model.functions import Range
    from lumpver.model.relabelling import Mask, Relabelling
    from lumpver.model.several import Activations

    Functions = Sequence[Activation]


def bounds(known: Range, *rows: tuple[Exact, Exact]) -> Bounds:
    """The bounds of units whose weights and biases these are, on inputs between two numbers.

    Each pair is a way to write the same units; the nearest bound counts.
    """
    return reduce(Bounds.narrowed, (_of_rows(known, R, b) for R, b in rows))


def _of_rows(known: Range, R: Exact, b: Exact) -> Bounds:
    low, high = known
    if low == 0 and high is None:  # signs are enough, and quick
        return Bounds(_one_sign(R, b), _one_sign(-R, -b), zeros(b.size), zeros(b.size))
    ones = np.ones(R.shape[1])
    rises = weighted_sum(np.where(positive(R), R, 0 * R), ones)
    falls = weighted_sum(np.where(negative(R), R, 0 * R), ones)
    below, lower = _sum((rises, low), (falls, high), b)
    above, upper = _sum((rises, high), (falls, low), b)
    return Bounds(below, above, lower, upper)


def _one_sign(R: Exact, b: Exact) -> Mask:
    return np.asarray(~(negative(R).any(axis=1) | negative(b)), dtype=bool)


def _sum(
    one: tuple[Exact, fmpq | None], other: tuple[Exact, fmpq | None], total: Exact
) -> tuple[Mask, Exact]:
    """Two multiples added to a total, and where they are known."""
    known = np.ones(total.size, dtype=bool)
    for factors, end in (one, other):
        if end is None:
            known &= ~nonzero(factors)
        else:
            total = add(total, multiply(factors, array([end])))
    return known, total


def passed(known: Bounds, before: Relabelling | None, after: Relabelling | None) -> Bounds:
    """The bounds of what a run without numbers hands on: of all units, if columns are the same."""
    same = before is after or (
        before is not None
        and after is not None
        and (before.width, before.ghosts) == (after.width, after.ghosts)
        and not (before.mixed or after.mixed or before.off.size or after.off.size)
        and np.array_equal(before.block, after.block)
        and equal(before.scale, after.scale).all()
        and equal(before.constant, after.constant).all()
    )
    return Bounds.everywhere(*known.common) if same else UNBOUNDED


def behind(known: Bounds, given: Activations) -> Bounds:
    """The bounds behind an activation: what it makes of those of all units, or one sign."""
    low, high = image(given, *known.common)
    straight = all(function.homogeneous for function in kinds(given))
    if low is None and high is None and known.below.ndim and straight:
        return Bounds(_above_zero(known), np.zeros_like(known.below))
    return Bounds.everywhere(low, high)


def _above_zero(known: Bounds) -> Mask:
    return np.asarray(known.below & ~negative(known.lower), dtype=bool)


def switched_off(functions: Functions, name: str, known: Bounds, off: Mask) -> dict[int, fmpq]:
    """What its activation makes of each unit in blocks that are off: one number each."""
    found = {}
    for v in np.flatnonzero(off).tolist():
        line = functions[v].on(*known.of(v))
        if line is None or line.slope != 0:
            reject("switched off", name, f"a unit that {functions[v]} makes constant", "another", v)
        found[v] = line.constant
    return found


def require_steady(
    before: Relabelling, own: Own, name: str, known: Bounds, rows: Mask, held: Bounds
) -> None:
    """In these rows, of several entries or with a constant, nothing ever switches.

    `held` are bounds of columns that no unit is.
    """
    if not rows.any():
        return
    asked = set(before.block[rows & (before.block >= 0)].tolist()) | set(
        before.mixed.block.tolist()
    )
    safe, functions = _safe(before, own, known, asked, held), own.functions
    wrong = rows & ~np.array(
        [not row or _is_steady(functions[v], known, v) for v, row in enumerate(rows)]
    )
    single = np.flatnonzero(rows & (before.block >= 0))
    wrong[single] |= ~safe[before.block[single]]
    wrong[before.mixed.unit[~safe[before.mixed.block]]] = True
    expected = "one entry and no constant, or units that never switch"
    require(~wrong, "activation", name, expected, "a unit that may switch")


def require_straight(before: Relabelling, own: Own, name: str, known: Bounds, held: Bounds) -> None:
    """All that the counterpart has passes unchanged, so that it equals its own activation."""
    safe = _safe(before, own, known, set(range(before.width)), held)[: before.width]
    columns = np.flatnonzero(~safe)
    if columns.size:
        units = before.members(int(columns[0]))
        place = int(units[0]) if units.size else None
        reject("activation", name, "units that never switch, or one", "one that may switch", place)


def _safe(before: Relabelling, own: Own, known: Bounds, asked: set[int], held: Bounds) -> Mask:
    """The columns among those asked that pass unchanged, since a unit shows it, or bounds."""
    safe, functions = np.zeros(before.columns, dtype=bool), own.functions
    if held.below.ndim and len(own.kinds) == 1:
        for j in range(held.below.size):
            safe[j] = j in asked and _is_steady(own.kinds[0], held, j)
    for v in np.flatnonzero(own.agree & _pure(before, functions)).tolist():
        column = int(before.block[v])
        if column in asked and not safe[column]:
            safe[column] = _is_steady(functions[v], known, v)
    safe[before.off] = False
    return safe


def _pure(before: Relabelling, functions: Functions) -> Mask:
    """The units that are their block, or a positive multiple where the activation allows it."""
    able = np.array([function.homogeneous for function in functions], dtype=bool)
    whole = np.where(able, before.scale > 0, equal(before.scale, np.ones(before.units)))
    return np.asarray((before.block >= 0) & ~nonzero(before.constant) & whole, dtype=bool)


def _is_steady(function: Activation, known: Bounds, unit: int) -> bool:
    return function.on(*known.of(unit)) == UNCHANGED
