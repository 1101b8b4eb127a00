"""The neighbours of a rational among the numbers of a floating-point format, below and above.

Nothing here uses float hardware: a number of a format is a multiple of its low bit, which is
chosen by the exponent, and of which there are few enough.
"""

from __future__ import annotations

from flint import fmpq

from lumpver.exact.floats import FORMATS
from lumpver.exact.scalar import power_below


def largest(dtype: str) -> fmpq:
    """The largest finite number of a format.

    Examples
    --------
    >>> largest("float16")
    65504
    """
    precision, _, highest = FORMATS[dtype]
    return fmpq(2) ** highest - fmpq(2) ** (highest - precision)


def below(value: fmpq, dtype: str) -> fmpq | None:
    """The largest finite number of a format that is at most `value`; None below them all.

    Examples
    --------
    >>> below(fmpq(1, 3), "float16"), below(fmpq(-1, 3), "float16"), below(fmpq(5), "float16")
    (1365/4096, -683/2048, 5)
    >>> below(fmpq(10) ** 5, "float16"), below(fmpq(-(10**5)), "float16")
    (65504, None)
    """
    most = largest(dtype)
    if value > most:
        return most
    if value < -most:
        return None
    if value == 0:
        return value
    precision, lowest, _ = FORMATS[dtype]
    grid = power_below(abs(value)) / fmpq(2) ** (precision - 1)
    grid = max(grid, fmpq(2) ** lowest)
    return fmpq((value / grid).floor()) * grid


def above(value: fmpq, dtype: str) -> fmpq | None:
    """The least finite number of a format that is at least `value`; None above them all.

    Examples
    --------
    >>> above(fmpq(1, 3), "float16"), above(fmpq(1, 10**30), "float16")
    (683/2048, 1/16777216)
    """
    found = below(-value, dtype)
    return None if found is None else -found
