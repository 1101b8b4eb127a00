"""Carried: columns of the counterpart that no unit of the original is, and those held twice.

Statement. Let every column of what a linear node's counterpart reads be between two numbers, by
units of the original that are a multiple of it, or by this rule. Each row of the counterpart is
then at least the sum of its weights times the nearer ends, and its bias; so is the column that it
makes. Two columns with equal rows and biases are equal, and so are they behind one activation:
what reads them may have any factors whose sums are the same.
Premises. Ends are those of units along the same axis, divided by scales other than 0, or common to
tensor and counterpart. Activations are one and the same for all columns. No window.
Why. Sums of bounded products (Moore); a function of equals is equal. Columns that are bounded so
that they pass their activation unchanged carry what reads them as those do that units are: a row of
several is a combination of columns that equal their own activations (`stable_units_pass` in
proofs/rocq/statements.v).
Attacks. A bias that leaves a column below 0 on the box. A unit that may switch, written by such
columns. A part that is off by its last bit, or missing. Rows that differ in an entry or in their
bias, read as if equal. A claim of a wider box. Columns behind activations of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from flint import fmpq

from lumpver.claim.facts import Bounds
from lumpver.exact.array import array, entry, nonzero, rationals
from lumpver.exact.columns import lump_columns
from lumpver.exact.scalar import ONE, ZERO
from lumpver.model.functions import UNCHANGED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lumpver.exact.array import Exact
    from lumpver.model.activations import Activation
    from lumpver.model.functions import Range
    from lumpver.model.relabelling import Indices, Mask, Relabelling

    Ends = tuple[list[fmpq | None], list[fmpq | None]]


def alone(after: Relabelling) -> Mask:
    """The columns that the counterpart holds and no unit is a multiple of."""
    single = (after.block >= 0) & (after.block < after.width) & ~nonzero(after.constant)
    found = np.ones(after.width, dtype=bool)
    found[after.block[single]] = False
    return found


def columns(given: Relabelling | None, units: Bounds, held: Bounds, count: int) -> Ends:
    """Between which numbers each column of an operand's counterpart is; None where none is known.

    `units` are the bounds of the operand's units, `held` those of columns that are known already.
    """
    lows, highs = ([_of(held, c)[side] for c in range(count)] for side in (0, 1))
    for v in range(count if given is None else given.units):
        column, scale = v, ONE
        if given is not None:
            column, scale = int(given.block[v]), entry(given.scale, v)
            if not 0 <= column < count or entry(given.constant, v) != 0 or scale == 0:
                continue
        low, high = _of(units, v)
        low, high = (low, high) if scale > 0 else (high, low)
        for ends, end, nearer in ((lows, low, max), (highs, high, min)):
            known = ends[column]
            if end is not None:
                ends[column] = end / scale if known is None else nearer(known, end / scale)
    return lows, highs


def _of(known: Bounds, unit: int) -> Range:
    return known.of(unit) if known.below.ndim == 0 or unit < known.below.size else (None, None)


def bounded(W: Exact, c: Exact, ends: Ends, rows: Mask) -> Bounds:
    """The bounds of some rows of a counterpart; of others none are known."""
    found: list[Range] = [(None, None)] * rows.size
    for j in np.flatnonzero(rows).tolist():
        used = np.flatnonzero(nonzero(W[j])).tolist()
        factors = list(zip(used, rationals(W[j][used]).tolist(), strict=True))
        found[j] = _sum(factors, *ends, entry(c, j)), _sum(factors, *ends[::-1], entry(c, j))
    below, above = (np.array([ends_[i] is not None for ends_ in found]) for i in (0, 1))
    lower, upper = (array([ends_[i] or ZERO for ends_ in found]) for i in (0, 1))
    return Bounds(below, above, lower, upper)


def _sum(
    factors: Iterable[tuple[int, fmpq]],
    up: list[fmpq | None],
    down: list[fmpq | None],
    total: fmpq,
) -> fmpq | None:
    """The sum with one list's ends for factors above 0, the other's for those below."""
    for column, factor in factors:
        end = up[column] if factor > 0 else down[column]
        if end is None:
            return None
        total = total + factor * end
    return total


def alike(W: Exact, c: Exact, rows: Mask) -> Indices | None:
    """For each column the first that has an equal row, of these rows; itself for others.

    None where no two are equal.
    """
    found, seen = np.arange(rows.size), dict[tuple[fmpq, ...], int]()
    for j in np.flatnonzero(rows).tolist():
        found[j] = seen.setdefault((*rationals(W[j]).tolist(), entry(c, j)), j)
    return None if (found == np.arange(rows.size)).all() else found


def folded(W: Exact, equals: Indices | None) -> Exact:
    """The matrix with the factors of equal columns added up in the first of them."""
    if equals is None:
        return W
    more = np.arange(equals.size, W.shape[1])  # ghosts stay as they are
    block = np.concatenate([equals, more])
    return lump_columns(W, block, np.ones(block.size), block.size)


def unchanged(held: Bounds, function: Activation) -> Bounds:
    """The bounds of columns behind an activation that leaves them alone; of others none."""
    if held.below.ndim == 0:
        return held
    same = np.array([function.on(*held.of(j)) == UNCHANGED for j in range(held.below.size)])
    return Bounds(held.below & same, held.above & same, held.lower, held.upper)
