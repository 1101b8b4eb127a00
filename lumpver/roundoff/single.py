"""Arithmetic in binary32, seen from outside: how far off what it makes may be.

Statement. A sum of products, rounded to nearest with gradual underflow, in any order and with or
without fused multiply-add, is within `off(count, size)` of the real one, where no part of it is
rounded more than `count` times and the magnitudes of its parts add up to `size`; and nothing
overflows where `size` times the number of parts is below `LARGEST`.
Why. Each rounding multiplies by 1 + d with |d| <= u = 2^-24, but that a product which underflows
is off by 2^-150 at most instead; count of them make at most count u / (1 - count u) (Higham,
*Accuracy and Stability of Numerical Algorithms*, 3.1), and at most double what underflowed.
Sums that underflow are exact.

part: a product, or a constant, that is added up
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.exact.array import as_float64, is_float
from lumpver.exact.floats import representable

if TYPE_CHECKING:
    from lumpver.exact.array import Exact
    from lumpver.exact.floats import Floats

UNIT: Final = 2.0**-24
LEAST: Final = 2.0**-149
LARGEST: Final = 2.0**126
MOST: Final = 2**20  # parts of a sum


def above(x: Floats) -> Floats:
    """What is no less than sums and products of numbers that are not negative, computed as x.

    In binary64, of no more than `MOST` parts each, in a few steps.
    """
    return np.asarray(x * (1 + 2.0**-30) + 2.0**-900)


def off(count: int, size: Floats) -> Floats:
    """How far sums may be off, whose parts are rounded `count` times at most.

    Examples
    --------
    >>> 1 < float(off(1, np.asarray(1.0))) / UNIT < 1 + 2.0**-23
    True
    """
    if count > MOST:
        return np.full_like(size, np.inf)
    return above(count * UNIT / (1 - count * UNIT) * size + count * LEAST)


def held(numbers: Exact | None) -> bool:
    """Whether binary32 has all of these numbers."""
    if numbers is None:
        return True
    if not is_float(numbers):
        return all(_held(value) for value in numbers.ravel().tolist())
    return bool(representable(as_float64(numbers), "float32").all())


def _held(value: object) -> bool:
    """Whether binary32 has a rational."""
    p, q = int(value.p), int(value.q)  # type: ignore[attr-defined]
    if not p:
        return True
    low = (p & -p).bit_length() - q.bit_length()
    small = abs(p).bit_length() - (p & -p).bit_length() < 24
    return not q & (q - 1) and small and low >= -149 and abs(p).bit_length() - q.bit_length() < 128
