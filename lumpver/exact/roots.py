"""Square roots of rationals, where they are rational; nothing is ever approximated.

square: a positive number that something is to be divided by the root of
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.errors import NotRational
from lumpver.exact.array import Exact, compact, entry, equal, nonzero, rationals, zeros

if TYPE_CHECKING:
    import numpy.typing as npt
    from flint import fmpq

# What to take from 2^61 for a prime.
_PRIMES: Final = (1, 31, 45, 229, 259, 283, 339, 391, 403, 465, 531, 579, 675, 759, 799, 819)


def root(square: fmpq) -> fmpq | None:
    """The number, not negative, whose square this is; None if it is irrational.

    Examples
    --------
    >>> from flint import fmpq
    >>> root(fmpq(9, 4)), root(fmpq(2)), root(fmpq(0))
    (3/2, None, 0)
    """
    above, below = square.p, square.q
    if above < 0 or not (above.is_square() and below.is_square()):
        return None
    return type(square)(above.isqrt(), below.isqrt())


def residues(number: fmpq) -> int:
    """A hash of a positive number, the same for all whose ratio is the square of a rational.

    But for multiples of some large primes: it says modulo which of those the number is a square.

    Examples
    --------
    >>> from flint import fmpq
    >>> residues(fmpq(3)) == residues(fmpq(12, 25)), residues(fmpq(3)) == residues(fmpq(6))
    (True, False)
    """
    whole = number.p * number.q
    return sum((whole.jacobi(2**61 - below) > 0) << i for i, below in enumerate(_PRIMES))


def ratio(ours: fmpq, theirs: fmpq) -> fmpq | None:
    """sqrt(theirs / ours), both positive; None if it is irrational.

    Examples
    --------
    >>> from flint import fmpq
    >>> ratio(fmpq(3), fmpq(12)), ratio(fmpq(3), fmpq(6))
    (2, None)
    """
    return root(theirs / ours)


def ratios(ours: Exact, theirs: Exact) -> tuple[Exact, npt.NDArray[np.bool_]]:
    """sqrt(theirs / ours) of each pair of positive numbers, and where it is rational.

    Where it is not, 0 stands in its place.

    Examples
    --------
    >>> ratios(np.array([2.0, 3.0, 5.0]), np.array([8.0, 3.0, 1.0]))
    (array([2., 1., 0.]), array([ True,  True, False]))
    """
    found, rational = np.ones(ours.shape[0]), np.ones(ours.shape[0], dtype=bool)
    others = np.flatnonzero(~equal(ours, theirs))
    if not others.size:
        return found, rational
    exact = rationals(found)
    for v in others.tolist():
        factor = ratio(entry(ours, v), entry(theirs, v))
        rational[v] = factor is not None
        exact[v] = entry(zeros(1), 0) if factor is None else factor
    return compact(exact), rational


def scaled(x: Exact, squares: Exact, *, where: str) -> Exact:
    """Each row of x divided by the square root of its own square.

    Raises
    ------
    NotRational
        If that is irrational, and the row is not 0.

    Examples
    --------
    >>> scaled(np.array([[6.0], [0.0]]), np.array([9.0, 2.0]), where="n").tolist()
    [[2], [0]]
    """
    result = rationals(x).copy()
    moving = nonzero(x).any(axis=1)
    for v in np.flatnonzero(moving).tolist():
        found = root(entry(squares, v))
        if found is None:
            got = f"1/sqrt({entry(squares, v)}) in unit {v}"
            raise NotRational(where, expected="a rational value", got=got)
        result[v] = result[v] / found
    return result
