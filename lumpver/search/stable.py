"""Units that never switch, whatever the input: the sign-stable rule, and bounds.

What an activation like ReLU lets out is never negative. Behind it, a unit whose weights and
bias are all >= 0 is never negative either, so the next ReLU is the identity there: such
units merge by any exact linear dependence. One whose weights and bias are all <= 0 is never
positive: the next ReLU makes it 0. Behind an activation with other bounds, such as Clip, the
interval of a unit says the same.

still: a unit that never switches
up: units that every activation leaves alone
span: a class of units as a combination of classes before it, and a constant

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*, Section 5: fixed
weights of one sign. Serra, Kumar, Ramalingam: *Lossless Compression of Deep Neural
Networks*, for boxes instead of signs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.claim.facts import UNBOUNDED, Bounds
from lumpver.exact.array import Exact, array, entry, negative, nonzero, positive, rationals, zeros
from lumpver.exact.columns import weighted_sum
from lumpver.exact.dependence import combinations
from lumpver.exact.scalar import ZERO
from lumpver.model.functions import UNCHANGED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flint import fmpq

    from lumpver.exact.proportional import Rows
    from lumpver.model.activations import Activation
    from lumpver.model.functions import Range
    from lumpver.model.relabelling import Mask

Class = list[tuple[int, "fmpq"]]
_FIRST = 16
_ROWS = 64


@dataclass(frozen=True, slots=True)
class Span:
    """The first unit of a class: coefficients of the first units of other classes, and k."""

    coefficients: dict[int, fmpq]
    constant: fmpq


def bounds(known: Range, *rows: tuple[Exact, Exact]) -> Bounds:
    """The bounds of units whose weights and biases these are, on inputs between two numbers.

    Each pair is a way to write the same units; one that shows a bound is enough.

    Examples
    --------
    >>> R, b = np.array([[1.0, 2.0], [-1.0, 0.0], [1.0, -1.0]]), np.zeros(3)
    >>> [bounds((ZERO, None), (R, b)).of(v) for v in range(3)]
    [(0, None), (None, 0), (None, None)]
    >>> from lumpver.exact.scalar import ONE
    >>> [bounds((ZERO, ONE), (R, b)).of(v) for v in range(3)]
    [(0, 3), (-1, 0), (-1, 1)]
    """
    if known == (ZERO, None):
        below, above = (
            np.logical_or.reduce([_without(sign, R, b) for R, b in rows])
            for sign in (negative, positive)
        )
        return Bounds(below, above, zeros(below.size), zeros(below.size))
    found = [_interval(known, R, b) for R, b in rows]
    lows, highs = ([one[i] for one in found] for i in (0, 1))
    (low_known, lower), (high_known, upper) = _nearest(lows, max), _nearest(highs, min)
    return Bounds(low_known, high_known, lower, upper)


def _interval(known: Range, R: Exact, b: Exact) -> tuple[list[fmpq | None], list[fmpq | None]]:
    """Between which numbers each row of (R | b) is."""
    low, high = known
    ups: list[fmpq] = []
    downs: list[fmpq] = []
    for start in range(0, R.shape[0], _ROWS):
        part = R[start : start + _ROWS]
        part = part[:, nonzero(part).any(axis=0)]  # few columns are left where groups are apart
        ones = np.ones(part.shape[1])
        ups += _signed(part, positive(part), ones)
        downs += _signed(part, negative(part), ones)
    parts = list(zip(ups, downs, rationals(b).tolist(), strict=True))
    return (
        [_sum((p, low), (q, high), c) for p, q, c in parts],
        [_sum((p, high), (q, low), c) for p, q, c in parts],
    )


def _signed(part: Exact, chosen: Mask, ones: Exact) -> list[fmpq]:
    """The sum of the chosen entries of each row."""
    found: list[fmpq] = rationals(weighted_sum(np.where(chosen, part, 0 * part), ones)).tolist()
    return found


def _sum(
    one: tuple[fmpq, fmpq | None], other: tuple[fmpq, fmpq | None], total: fmpq
) -> fmpq | None:
    for factor, end in (one, other):
        if factor != 0:
            if end is None:
                return None
            total = total + factor * end
    return total


def _nearest(ends: Sequence[list[fmpq | None]], choose: Callable[..., fmpq]) -> tuple[Mask, Exact]:
    """Where there is an end in one of the lists, and the nearest one."""
    best = [
        choose((end for end in several if end is not None), default=None)
        for several in zip(*ends, strict=True)
    ]
    known = np.array([end is not None for end in best], dtype=bool)
    return known, array([ZERO if end is None else end for end in best])


def _without(sign: Callable[[Exact], Mask], R: Exact, b: Exact) -> Mask:
    """The rows of (R | b) with no entry of a sign; most that have one show it early."""
    found = ~sign(b) & ~sign(R[:, :_FIRST]).any(axis=1)
    rows = np.flatnonzero(found)
    for some in np.split(rows, range(_ROWS, rows.size, _ROWS)):
        found[some] = ~sign(R[some]).any(axis=1)
    return np.asarray(found, dtype=bool)


@dataclass(frozen=True, slots=True, eq=False)
class Still:
    """Units that never switch: those that all activations leave alone, and those made constant."""

    bounds: Bounds
    alone: Mask
    flat: Mask


MOVING: Final = Still(UNBOUNDED, np.zeros((), dtype=bool), np.zeros((), dtype=bool))


def still(known: Bounds, functions: Sequence[Sequence[Activation]]) -> Still:
    """What each unit's activations make of it, with these bounds.

    Examples
    --------
    >>> from lumpver.model.activations import RELU
    >>> found = still(bounds((ZERO, None), (np.array([[1.0], [-1.0]]), np.zeros(2))), 2 * [(RELU,)])
    >>> found.alone.tolist(), found.flat.tolist()
    ([True, False], [False, True])
    """
    kinds: dict[tuple[Range, Sequence[Activation]], tuple[bool, bool]] = {}
    alone, flat = (np.zeros(known.below.size, dtype=bool) for _ in range(2))
    for v in np.flatnonzero(known.below | known.above).tolist():
        ends = known.of(v)
        key = ends, functions[v]
        if key not in kinds:
            lines = [function.on(*ends) for function in functions[v]]
            kinds[key] = (
                all(line == UNCHANGED for line in lines),
                all(line is not None and line.slope == 0 for line in lines),
            )
        alone[v], flat[v] = kinds[key]
    return Still(known, alone, flat)


def spanned(classes: Sequence[Class], R: Exact, b: Exact, up: Mask) -> dict[int, Span]:
    """The classes whose units combine those of others, by their place; rows (R | b).

    Only classes that are never negative take part, all their members by themselves.

    Examples
    --------
    >>> classes = [[(0, 1)], [(1, 1)], [(2, 1)]]
    >>> R, b = np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 1.0]]), np.array([0.0, 0.0, 5.0])
    >>> found = spanned(classes, R, b, np.ones(3, dtype=bool))
    >>> found[2].coefficients, found[2].constant
    ({0: 3, 1: 1/2}, 5)
    """
    if not up.any():
        return {}
    able = [i for i, members in enumerate(classes) if all(up[v] for v, _ in members)]
    leads: Rows = np.array([classes[i][0][0] for i in able], dtype=np.int64)
    if leads.size < 2:
        return {}
    found = {}
    for place, row in combinations(R[leads]).items():
        constant = entry(b, int(leads[place]))
        for j, coefficient in row.items():
            constant -= coefficient * entry(b, int(leads[j]))
        found[able[place]] = Span({able[j]: c for j, c in row.items()}, constant)
    return found
