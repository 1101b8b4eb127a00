"""Which rows of a matrix are linear combinations of earlier ones, exactly.

Candidates are found modulo a prime, where elimination is cheap. Coefficients are read back
from their residues where they are simple; else, among few rows, solved for over the
rationals. Every combination is multiplied out and compared: an unlucky prime can cost
one, never make a wrong one.

pivot: a row that is independent of the rows before it
simple: numerator and denominator of at most 24 bits
"""

from __future__ import annotations

from math import isqrt
from typing import TYPE_CHECKING, Final

import numpy as np
from flint import fmpq, fmpz_mat, nmod_mat

from lumpver.exact.array import Exact, compact, equal, nonzero, rationals
from lumpver.exact.product import integer_multiple, matmul
from lumpver.exact.scalar import ZERO

if TYPE_CHECKING:
    from collections.abc import Sequence

Combinations = dict[int, dict[int, fmpq]]

PRIME: Final = 2**61 - 1  # what is independent modulo a prime is independent
_SIMPLE: Final = isqrt(PRIME) >> 6  # of a million random residues some 250 look as simple
_FEW: Final = 64  # pivots for which solving over the rationals takes well below a second


def combinations(rows: Exact) -> Combinations:
    """For rows that combine pivots before them: those pivots, with coefficients.

    A row of zeros combines none. Pivots themselves have no entry; among more than 64 pivots
    neither have rows whose coefficients are not simple.

    Examples
    --------
    >>> combinations(np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 1.0]]))
    {2: {0: 3, 1: 1/2}}
    """
    if 0 in rows.shape:
        return {v: {} for v in range(rows.shape[0])}
    whole = integer_multiple(rows)
    pivots, residues = _eliminated(whole.transpose())
    others = sorted(set(range(rows.shape[0])) - set(pivots))
    if not pivots or not others:
        return {v: {} for v in others}
    simple = {v: _simple([residues[i][v] for i in range(len(pivots))]) for v in others}
    found = _confirmed(rows, pivots, {v: row for v, row in simple.items() if row is not None})
    left = [v for v in others if v not in found]
    if left and len(pivots) <= _FEW:
        found |= _confirmed(rows, pivots, _solved(whole, pivots, left))
    return dict(sorted(found.items()))


def _eliminated(columns: fmpz_mat) -> tuple[list[int], list[list[int]]]:
    """The columns independent of those before them, and the reduced rows, modulo the prime."""
    reduced, rank = nmod_mat(columns, PRIME).rref()
    table = [[int(value) for value in row] for row in reduced.tolist()[:rank]]
    return [next(j for j, value in enumerate(row) if value) for row in table], table


def _simple(residues: Sequence[int]) -> list[fmpq] | None:
    """The simple rationals with these residues, if all have one."""
    found = []
    for residue in residues:
        value = _reconstructed(residue)
        if value is None:
            return None
        found.append(value)
    return found


def _reconstructed(residue: int) -> fmpq | None:
    """The simple rational with this residue, by the extended Euclidean algorithm."""
    if residue == 0:
        return ZERO
    above, below = (PRIME, 0), (residue, 1)
    while below[0] > _SIMPLE:
        step = above[0] // below[0]
        above, below = below, (above[0] - step * below[0], above[1] - step * below[1])
    top, bottom = below
    return fmpq(top, bottom) if 0 < abs(bottom) <= _SIMPLE else None


def _solved(whole: fmpz_mat, pivots: list[int], others: list[int]) -> dict[int, list[fmpq]]:
    """The coefficients of the pivots in other rows, from as many columns as pivots."""
    table = np.array(whole.tolist(), dtype=object)
    columns, _ = _eliminated(_matrix(table[pivots]))
    solution = _matrix(table[np.ix_(pivots, columns)].T).solve(
        _matrix(table[np.ix_(others, columns)].T)
    )
    return dict(zip(others, map(list, zip(*solution.tolist(), strict=True)), strict=True))


def _matrix(table: Exact) -> fmpz_mat:
    return fmpz_mat(table.shape[0], table.shape[1], table.ravel().tolist())


def _confirmed(rows: Exact, pivots: list[int], given: dict[int, list[fmpq]]) -> Combinations:
    """Those of the given rows of coefficients that hold, and combine earlier rows."""
    if not given:
        return {}
    coefficients = np.array(list(given.values()), dtype=object)
    product = matmul(compact(coefficients), rows[pivots])
    right = np.asarray(equal(product, rows[list(given)]).all(axis=1)).tolist()
    found = {
        v: {pivots[j]: row[j] for j in np.flatnonzero(nonzero(rationals(row)))}
        for v, row, holds in zip(given, coefficients, right, strict=True)
        if holds
    }
    return {v: row for v, row in found.items() if max(row, default=-1) < v}
