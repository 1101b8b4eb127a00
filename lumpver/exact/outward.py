"""Float arithmetic with a bound on its error: what is computed, and how far off it may be.

A sum of n products computed in any order, with or without fused multiply-add, is off by at most
n u / (1 - n u) times the sum of the magnitudes, u = 2^-53, and by what underflows (Higham,
*Accuracy and Stability of Numerical Algorithms*, 3.1; theory G.3). Every bound here is twice
that, which pays for computing it in floats, too. Nothing is asked of the order of sums, of
blocking or of threads; only that every product is formed and rounded to nearest, which BLAS
does, and that results are finite, which callers test.

magnitude: a number that the absolute value of an entry never exceeds
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from flint import fmpq

from lumpver.exact.array import Exact, as_float64, is_float

if TYPE_CHECKING:
    from lumpver.exact.floats import Floats

UNIT: Final = 2.0**-53
LARGEST: Final = 2.0**300  # of a magnitude: what underflows beside it is below TINY
TINY: Final = 2.0**-600
_LEAST: Final = 2.0**-1074
_ROOM: Final = 2**40  # products in one sum: more of them than memory holds


def nearest(a: Exact) -> Floats:
    """The nearest floats: each within 2^-53 of the number, relatively, or within 2^-1074.

    Numbers beyond all floats become infinite; none becomes 0 that is not.

    Examples
    --------
    >>> nearest(np.array([fmpq(1, 2), fmpq(10) ** 400], dtype=object))
    array([0.5, inf])
    """
    if is_float(a):
        return as_float64(a)
    flat = [as_float(value) for value in a.ravel().tolist()]
    return np.array(flat, dtype=np.float64).reshape(a.shape)


def as_float(value: fmpq) -> float:
    """The nearest float, as `nearest` has it."""
    try:
        found = int(value.p) / int(value.q)  # Python rounds quotients of integers to nearest
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")
    if found == 0 and value != 0:
        return _LEAST if value > 0 else -_LEAST
    return found


def below(value: fmpq) -> float:
    """The largest float that is no larger.

    Examples
    --------
    >>> below(fmpq(1, 10)) < 0.1 == above(fmpq(1, 10)), below(fmpq(1, 2)), above(fmpq(1, 2))
    (True, 0.5, 0.5)
    """
    found = as_float(value)
    if found == float("-inf") or (
        found != float("inf") and fmpq(*found.as_integer_ratio()) <= value
    ):
        return found
    return float(np.nextafter(found, -np.inf))


def above(value: fmpq) -> float:
    """The smallest float that is no smaller."""
    return -below(-value)


def lowered(a: Floats) -> Floats:
    """The floats before these: below what rounds to them."""
    return np.asarray(np.nextafter(a, -np.inf))


def raised(a: Floats) -> Floats:
    """The floats after these: above what rounds to them."""
    return np.asarray(np.nextafter(a, np.inf))


def slack(terms: int, size: Floats) -> Floats:
    """How far a sum of so many products may be off, the magnitudes of which add up to `size`.

    Ten more roundings are paid for: of factors that are themselves rounded, and of additions.

    Examples
    --------
    >>> float(slack(1, np.asarray(1.0))) < 2.0**-48
    True
    """
    if terms >= _ROOM:
        return np.full_like(size, np.inf)
    return np.asarray(2 * (terms + 10) * UNIT * size + TINY)
