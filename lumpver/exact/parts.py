"""Numbers as sums of floats: what one float does not hold, several together may.

part: a float array of a type; the parts of an array add up to it exactly
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lumpver.exact.array import nonzero, rationals

if TYPE_CHECKING:
    from lumpver.exact.array import Exact

_TYPES: Final = ("float16", "float32", "float64")


def parts(numbers: Exact, dtype: str, *, most: int) -> tuple[Exact, ...] | None:
    """At most so many arrays of a type that add up to `numbers`, the largest first.

    None where it takes more. Each part is a float near what the parts before it leave, so that
    what is left gets smaller by the bits of a float each time; sums of products of floats of
    moderate exponents take two or three.

    Examples
    --------
    >>> from lumpver.exact.array import array
    >>> [part.tolist() for part in parts(array([1.5, 1 + 2**-30]), "float32", most=3)]
    [[1.5, 1.0], [0.0, 9.313225746154785e-10]]
    >>> parts(array(["1/3"]), "float32", most=3) is None
    True
    """
    if dtype not in _TYPES:
        return None
    found: list[Exact] = []
    left: Any = rationals(numbers)
    for _ in range(most):
        part = _near(left, dtype)
        if part is None:
            return None
        found.append(part)
        left = left - rationals(part)
        if not nonzero(left).any():
            return tuple(found)
    return None


def _near(numbers: Exact, dtype: str) -> Exact | None:
    """A float of the type near each number; None where one is beyond them all."""
    try:
        near = [int(value.p) / int(value.q) for value in numbers.ravel()]
    except OverflowError:
        return None
    with np.errstate(over="ignore", under="ignore"):
        rounded = np.array(near, dtype=np.float64).astype(dtype)
    return rounded.reshape(numbers.shape) if np.isfinite(rounded).all() else None
