"""Whether two arrays are stored as the same bytes."""

from __future__ import annotations

from typing import Final

import numpy as np

from lumpver.exact.array import Exact, is_float

_BLOCK: Final = 2**20  # bytes that are compared at a time


def same_numbers(a: Exact | None, b: Exact | None) -> bool:
    """Whether two optional parameters are stored as the same bytes or both absent."""
    if a is None or b is None:
        return a is b
    if a is b:
        return True
    if not is_float(a) or a.dtype != b.dtype or a.shape != b.shape:
        return False
    a, b = np.atleast_1d(a), np.atleast_1d(b)
    if a.size == 0 or (a.strides == b.strides and a.ctypes.data == b.ctypes.data):
        return True
    if a.ndim == 2 and a.strides == b.strides and a.strides[0] < a.strides[1]:
        a, b = a.T, b.T  # as they lie in memory
    step = max(1, _BLOCK * len(a) // a.nbytes)
    return all(
        a[start : start + step].tobytes() == b[start : start + step].tobytes()
        for start in range(0, len(a), step)
    )
