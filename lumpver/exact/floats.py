"""Float hardware, used only where its result is proved exact.

Each function says which operations it relies on and why no rounding happens,
or returns a mask of the entries where it might have.

low bit: the value of the least significant bit that is set, 2^k
fast two-sum: s = fl(a+b) and e = b - (s - a) with a + b = s + e exactly, for |a| >= |b|
two-product: p = fl(ab) and e with ab = p + e exactly (Dekker 1971, Veltkamp split)
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_MANTISSA: Final = np.int64((1 << 52) - 1)
_SPLIT: Final = float(2**27 + 1)
# With |a|, |b| inside these bounds no product, partial product or error term of
# Dekker's algorithm leaves the normal range of float64.
_LEAST: Final = 2.0**-400
_MOST: Final = 2.0**400
_COARSE: Final = 2.0**10

FORMATS: Final = {
    "float16": (11, -24, 16),
    "bfloat16": (8, -133, 128),
    "float32": (24, -149, 128),
    "float64": (53, -1074, 1024),
}


def inexact_sum(a: Floats, b: Floats) -> tuple[Floats, Mask]:
    """fl(a + b), and where it differs from a + b or overflowed.

    Where |a| >= |b|, fl(a + b) - a is computed exactly (Dekker's fast two-sum), so that it is
    b where nothing was lost, and only there; where |b| > |a|, the same with both exchanged.
    An infinite sum leaves an infinity, which is neither.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        total = a + b
        inexact: Mask = (total - a != b) | (total - b != a)
    return total, inexact


def product_is_easy(a: npt.NDArray[np.floating], b: npt.NDArray[np.floating]) -> bool:
    """Whether fl(ab) in float64 is exact for all entries, by their formats alone.

    Two significands of at most 24 bits make at most 48; exponents of float32 add up
    to between -298 and 256, inside the normal range of float64.
    """
    return a.dtype.itemsize <= 4 and b.dtype.itemsize <= 4


def factors_are_easy(a: npt.NDArray[np.floating], factors: Floats) -> bool:
    """Whether fl(a f) in float64 is exact for all entries a and all `factors` f.

    A significand of at most 24 bits (a is float32 or smaller) and one of at most 29 bits
    make at most 53; the factors' exponents keep products in the normal range.
    """
    if a.dtype.itemsize > 4 or not in_range(factors).all():
        return False
    return bool((np.abs(factors) < low_bit(factors) * 2.0**29).all())


def inexact_product(a: Floats, b: Floats) -> tuple[Floats, Mask]:
    """fl(ab), and where it may differ from ab.

    Dekker's two-product is exact inside the bounds above; outside them, where a
    factor is no zero and no power of two times the other, the entry is masked.
    """
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        product = a * b
        error = two_product_error(a, b, product)
    zero = (a == 0) | (b == 0)
    return product, ~zero & ((error != 0) | ~in_range(a) | ~in_range(b))


def in_range(a: Floats) -> Mask:
    """Where |a| is zero or far enough from underflow and overflow to be multiplied."""
    size = np.abs(a)
    inside: Mask = (size == 0) | ((size >= _LEAST) & (size <= _MOST))
    return inside


def two_product_error(a: Floats, b: Floats, product: Floats) -> Floats:
    """ab - fl(ab), exactly, for factors that are `in_range`."""
    a_high, a_low = _halves(a)
    b_high, b_low = _halves(b)
    error: Floats = a_low * b_low - (
        ((product - a_high * b_high) - a_low * b_high) - a_high * b_low
    )
    return error


def _halves(a: Floats) -> tuple[Floats, Floats]:
    shifted = _SPLIT * a
    high = shifted - (shifted - a)
    return high, a - high


def low_bit(a: Floats) -> Floats:
    """The low bit of every entry, 0 for 0: a is an odd multiple of it.

    Clearing the lowest set bit of a normal significand leaves a float with the same
    exponent, so the subtraction is exact. Subnormals are answered with 2^-1074.
    """
    bits = np.ascontiguousarray(a).view(np.int64)
    mantissa = bits & _MANTISSA
    cleared = np.where(mantissa == 0, np.int64(0), bits & (bits - 1)).view(np.float64)
    lowest: Floats = np.abs(a - cleared)
    subnormal = (np.abs(a) < np.finfo(np.float64).tiny) & (a != 0)
    if subnormal.any():
        lowest[subnormal] = 2.0**-1074
    return lowest


def representable(a: Floats, dtype: str) -> Mask:
    """Where a float64 is a number of the format `dtype` too.

    Where there is no hardware conversion: an odd multiple m 2^e with |m| < 2^precision,
    e and magnitude inside the format's range; zero always.
    """
    if dtype != "bfloat16":
        with np.errstate(over="ignore", under="ignore"):
            return np.asarray(a.astype(dtype) == a, dtype=bool)  # comparing widens exactly
    precision, lowest, highest = FORMATS[dtype]
    size = np.abs(a)
    low = low_bit(a)
    short = size < low * 2.0**precision
    result: Mask = (size == 0) | (short & (low >= 2.0**lowest) & (size < 2.0**highest))
    return result


def blas_is_exact(a: Floats, b: Floats) -> bool:
    """Whether the float64 product matrix a @ b has no rounding, in any order.

    With every entry of a a multiple of 2^i and every entry of b one of 2^j, all terms
    and partial sums are multiples of 2^(i+j); if the sum of their magnitudes stays
    below 2^(i+j+53), each is a float64, also under fused multiply-add.
    """
    if a.size == 0 or b.size == 0:
        return True
    grid_a, most_a = _grid(a)
    grid_b, most_b = _grid(b)
    if grid_a == 0 or grid_b == 0:
        return True
    if min(grid_a, grid_b) < _LEAST or max(most_a, most_b) > _MOST:
        return False
    return bool((most_a / grid_a) * (most_b / grid_b) * a.shape[-1] < 2.0**52)


def _grid(a: Floats) -> tuple[float, float]:
    """A power of two that all entries are multiples of, and the largest magnitude."""
    most = float(np.abs(a).max())
    if most < _MOST:
        scaled = a * _COARSE  # exact: a power of two, and far from overflow
        if bool((scaled == np.rint(scaled)).all()):
            return (1 / _COARSE if most else 0.0), most
    low = low_bit(a)
    used = low[low > 0]
    if used.size == 0:
        return 0.0, 0.0
    return float(used.min()), most


def inexact_quotient(a: Floats, divisor: Floats) -> tuple[Floats, Mask]:
    """fl(a / divisor), and where it may differ from the quotient.

    The quotient q is exact if q * divisor is a without error, which two-product decides.
    """
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        quotient = a / divisor
        product = quotient * divisor
        error = two_product_error(quotient, divisor, product)
    wrong = (product != a) | (error != 0) | ~in_range(quotient) | ~in_range(divisor)
    return quotient, wrong & (a != 0)
