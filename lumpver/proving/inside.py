"""Points inside of boxes whose ends are any numbers, beside those that a search in floats finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from flint import fmpq

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumpver.exact.floats import Floats


def inside(
    x: Floats, ranges: Sequence[tuple[fmpq, fmpq]]
) -> tuple[tuple[fmpq, ...], tuple[fmpq, ...]]:
    """Points of a box next to this one: of float32 wherever one is there; else the nearest.

    The floats with which a box is searched may be outside of its ends, which are any numbers.

    Examples
    --------
    >>> near, exact = inside(np.array([0.1]), [(fmpq(1, 10), fmpq(1))])
    >>> near[0] >= fmpq(1, 10), exact[0] >= fmpq(1, 10), float(near[0].p) / float(near[0].q)
    (True, True, 0.10000000149011612)
    """
    near, exact = [], []
    for value, (low, high) in zip(x.tolist(), ranges, strict=True):
        own = min(max(fmpq(*value.as_integer_ratio()), low), high)
        nearest = np.float32(value)
        steps = (nearest, *(np.nextafter(nearest, np.float32(end)) for end in (np.inf, -np.inf)))
        single = (fmpq(*float(one).as_integer_ratio()) for one in steps if np.isfinite(one))
        near.append(next((one for one in single if low <= one <= high), own))
        exact.append(own)
    return tuple(near), tuple(exact)
