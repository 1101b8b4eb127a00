"""Neighbours of rationals among floats, against numpy's own next numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from flint import fmpq
from hypothesis import given
from hypothesis import strategies as st

from lumpver.exact.neighbours import above, below, largest
from lumpver.exact.scalar import number

DTYPES = ("float16", "float32", "float64")


def exactly(value: Any) -> fmpq:
    """The number that a numpy float is."""
    return number(float(value))


@pytest.mark.parametrize("dtype", DTYPES)
def test_largest(dtype: str) -> None:
    """The largest finite number is numpy's."""
    assert largest(dtype) == exactly(np.finfo(dtype).max)
    assert largest("bfloat16") == fmpq(255) * fmpq(2) ** 120


@pytest.mark.parametrize("dtype", DTYPES)
@given(data=st.data())
def test_against_numpy(dtype: str, data: st.DataObject) -> None:
    """A number of the format stays; between it and the next lies nothing of the format."""
    width = int(dtype.removeprefix("float"))
    value = np.dtype(dtype).type(
        data.draw(st.floats(width=width, allow_nan=False, allow_infinity=False))
    )
    here = exactly(value)
    assert below(here, dtype) == here == above(here, dtype)
    with np.errstate(over="ignore"):
        after = np.nextafter(value, np.dtype(dtype).type(np.inf))
    if np.isfinite(after):
        part = fmpq(data.draw(st.integers(1, 999)), 1000)
        between = here + (exactly(after) - here) * part
        assert (below(between, dtype), above(between, dtype)) == (here, exactly(after))


@pytest.mark.parametrize("top", [1, 3, 7, 10**20, -(10**9) - 1])
def test_bfloat16_is_a_short_float32(top: int) -> None:
    """Its neighbours are numbers of float32 with 16 bits less."""
    value = fmpq(top, 10)
    low, high = below(value, "bfloat16"), above(value, "bfloat16")
    assert low is not None
    assert high is not None
    assert low <= value <= high
    patterns = [int(np.float32(int(end.p) / int(end.q)).view(np.uint32)) for end in (low, high)]
    assert [bits & 0xFFFF for bits in patterns] == [0, 0]
    assert abs(patterns[0] - patterns[1]) in (0, 0x10000)


def test_beyond_the_largest() -> None:
    """Above the largest there is none above, and the largest is below."""
    huge = fmpq(10) ** 400
    for dtype in DTYPES:
        assert (below(huge, dtype), above(huge, dtype)) == (largest(dtype), None)
        assert (below(-huge, dtype), above(-huge, dtype)) == (None, -largest(dtype))
        assert above(1 / huge, dtype) == exactly(np.finfo(dtype).smallest_subnormal)
        assert below(1 / huge, dtype) == 0
