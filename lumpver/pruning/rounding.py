"""Biases that take up what weights gave: exact sums, rounded once to a number type."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from flint import fmpq

from lumpver.errors import Unrepresentable
from lumpver.exact.array import array, entry, rationals
from lumpver.exact.floats import FORMATS
from lumpver.exact.neighbours import above, below, largest

if TYPE_CHECKING:
    from lumpver.exact.array import Exact
    from lumpver.exact.floats import Floats
    from lumpver.model.relabelling import Mask


def added(b: Exact, weights: Exact, mean: Floats, mask: Mask, dtype: str) -> Exact:
    """Each bias plus the sum of w m over the weights that go, in the number type.

    A bias that nothing is added to stays as it is, whatever its type. Of another type than a
    float, sums are exact.

    Raises
    ------
    Unrepresentable
        If a sum is beyond all numbers of the type.

    Examples
    --------
    >>> half = np.array([[0.5, 0.5]])
    >>> both = np.array([[True, True]])
    >>> added(np.array([1.0]), half, np.array([[1.0, 2.0]]), both, "float32")
    array([2.5])
    """
    found = rationals(b).tolist()
    for unit in np.flatnonzero(mask.any(axis=1)).tolist():
        columns = np.flatnonzero(mask[unit])
        factors = rationals(weights[unit, columns]).tolist()
        means = rationals(np.asarray(mean[unit, columns], dtype=np.float64)).tolist()
        more = sum((w * m for w, m in zip(factors, means, strict=True)), start=fmpq(0))
        if more != 0:
            found[unit] = rounded(entry(b, unit) + more, dtype)
    return array(found)


def rounded(value: fmpq, dtype: str) -> fmpq:
    """The nearest number of a type, the lesser one of two; the value itself of other types.

    Raises
    ------
    Unrepresentable
        If it is beyond all.

    Examples
    --------
    >>> rounded(fmpq(1, 10), "float16"), rounded(fmpq(1, 10), "real"), rounded(fmpq(3), "float16")
    (819/8192, 1/10, 3)
    """
    if dtype not in FORMATS:
        return value
    if abs(value) > largest(dtype):
        got = "one beyond all others"
        raise Unrepresentable("bias", expected=f"a {dtype} number", got=got)
    low, high = below(value, dtype), above(value, dtype)
    near = [one for one in (low, high) if one is not None]
    return min(near, key=lambda one: abs(value - one))
