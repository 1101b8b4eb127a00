"""Units that never switch, whatever the input: the sign-stable rule.

What an activation like ReLU lets out is never negative. Behind it, a unit whose weights and
bias are all >= 0 is never negative either, so the next ReLU is the identity there: such
units merge by any exact linear dependence. One whose weights and bias are all <= 0 is never
positive: the next ReLU makes it 0.

up: units that are never negative
span: a class of units as a combination of classes before it, and a constant

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*, Section 5: fixed
weights of one sign. Serra, Kumar, Ramalingam: *Lossless Compression of Deep Neural
Networks*, for boxes instead of signs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lumpver.claim.facts import Bounds
from lumpver.exact.array import Exact, entry, negative, positive
from lumpver.exact.dependence import combinations

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flint import fmpq

    from lumpver.exact.proportional import Rows
    from lumpver.model.relabelling import Mask

Class = list[tuple[int, "fmpq"]]
_FIRST = 16
_ROWS = 64


@dataclass(frozen=True, slots=True)
class Span:
    """The first unit of a class: coefficients of the first units of other classes, and k."""

    coefficients: dict[int, fmpq]
    constant: fmpq


def bounds(*rows: tuple[Exact, Exact]) -> Bounds:
    """The bounds of units whose weights and biases these are, on inputs that are never negative.

    Each pair is a way to write the same units; one that shows a bound is enough.

    Examples
    --------
    >>> found = bounds((np.array([[1.0, 2.0], [-1.0, 0.0], [1.0, -1.0]]), np.zeros(3)))
    >>> found.up.tolist(), found.down.tolist()
    ([True, False, False], [False, True, False])
    """
    below = [_without(negative, R, b) for R, b in rows]
    above = [_without(positive, R, b) for R, b in rows]
    return Bounds(np.logical_or.reduce(below), np.logical_or.reduce(above))


def _without(sign: Callable[[Exact], Mask], R: Exact, b: Exact) -> Mask:
    """The rows of (R | b) with no entry of a sign; most that have one show it early."""
    found = ~sign(b) & ~sign(R[:, :_FIRST]).any(axis=1)
    rows = np.flatnonzero(found)
    for some in np.split(rows, range(_ROWS, rows.size, _ROWS)):
        found[some] = ~sign(R[some]).any(axis=1)
    return np.asarray(found, dtype=bool)


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
