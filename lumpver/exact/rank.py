"""The exact rank of a matrix over the rationals, where deciding it takes bounded time.

Below: the rank modulo a prime, where elimination is cheap, never exceeds the rank. Above:
neither do the rows that are left without zeros, multiples of others, and combinations that
were multiplied out. Where both meet, that is the rank; else elimination without fractions
over the integers decides, which takes long among many rows.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from flint import nmod_mat

from lumpver.exact.array import Exact, is_float, negative, nonzero, zeros
from lumpver.exact.dependence import combinations
from lumpver.exact.product import integer_multiple
from lumpver.exact.proportional import proportional_rows

MOST: Final = 256  # rows, or columns, for which a rank takes no longer than a reduction
_FEW: Final = 64  # entries, or rows, among which elimination over the integers takes milliseconds
_PRIME: Final = 2**31 - 1  # products of two residues fit 64 bits
_ROWS: Final = 64


def rank(a: Exact, *, most: int | None = None) -> int | None:
    """The exact rank of a matrix over the rationals, never an estimate.

    None where it is not known after work in proportion to the number of entries and `most`.

    Examples
    --------
    >>> from lumpver.exact.array import array
    >>> rank(array([[1, 2], [2, 4], ["1/3", 1]]))
    2
    """
    if most is not None and min(a.shape) > most:
        return None
    if a.size <= _FEW:
        return int(integer_multiple(a).rank()) if a.size else 0
    below = _modular(a)
    if below == min(a.shape):
        return below
    core = _distinct(_distinct(a).T).T
    if below == min(core.shape):
        return below
    rows = core if core.shape[0] <= core.shape[1] else core.T
    if below == rows.shape[0] - len(combinations(rows)):
        return below
    if most is not None and rows.shape[0] > _FEW:
        return None
    return int(integer_multiple(rows).rank())


def _modular(a: Exact) -> int:
    """The rank modulo the prime of a matrix of floats, or of a multiple of another."""
    if not is_float(a):
        return int(nmod_mat(integer_multiple(a), _PRIME).rank())
    entries: list[int] = []
    for start in range(0, a.shape[0], _ROWS):
        entries += residues(a[start : start + _ROWS]).ravel().tolist()
    return int(nmod_mat(int(a.shape[0]), int(a.shape[1]), entries, _PRIME).rank())


def residues(a: Exact) -> np.ndarray:
    """Floats modulo the prime, to which 2 is a unit: m 2^e is the residue of m times 2^e's.

    Examples
    --------
    >>> residues(np.array([3.0, -1.0, 0.5])).tolist()
    [3, 2147483646, 1073741824]
    """
    mantissa, exponent = np.frexp(np.asarray(a, dtype=np.float64))
    whole = np.ldexp(mantissa, 53).astype(np.int64) % _PRIME
    used, place = np.unique(exponent, return_inverse=True)
    powers = np.array([pow(2, int(e) - 53, _PRIME) for e in used], dtype=np.int64)
    return np.asarray(whole * powers[place.reshape(a.shape)] % _PRIME)


def _distinct(a: Exact) -> Exact:
    """One row of each class of rows that are multiples of each other, of either sign."""
    moving = np.flatnonzero(nonzero(a).any(axis=1))
    rows = a[moving]
    if not moving.size:
        return rows
    pivots = np.argmax(nonzero(rows), axis=1)
    turned = negative(rows[np.arange(moving.size), pivots])
    rows[turned] = -rows[turned]
    classes = proportional_rows(rows, zeros(moving.size), np.arange(moving.size))
    return rows[[members[0][0] for members in classes]]
