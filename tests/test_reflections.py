"""Tests for `search.reflections`: rows that reflect each other are never missed."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumpver.exact.array import array
from lumpver.model.network import Network
from lumpver.search.reflections import reflects


def seen(W: np.ndarray, b: np.ndarray) -> bool:
    """Whether two units of a layer with these weights look as if they reflect each other."""
    network = Network.from_layers([(W, b), (np.ones((1, len(W))), None)])
    return reflects(network.segments[:1])


@pytest.mark.parametrize("shape", [(0, 3), (1, 3), (2, 0)])
def test_too_few(shape: tuple[int, int]) -> None:
    """No rows, one row, rows of nothing."""
    assert not reflects(Network.from_layers([(np.ones(shape), np.zeros(shape[0]))]).segments)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("factor", [-1.0, -3.0, -0.375, 5.0])
def test_multiples_are_seen(dtype: type, factor: float) -> None:
    """Of either sign, in every type, whatever is 0 in them; not where one number differs."""
    rng = np.random.default_rng(5)
    for share in (0.0, 0.5, 0.9):
        W = rng.integers(-9, 10, (12, 7)).astype(dtype)
        W[rng.random(W.shape) < share] = 0
        W[4, 6], b = 1, rng.integers(-9, 10, 12).astype(dtype)
        W[9], b[9] = W[4] * dtype(factor), b[4] * dtype(factor)
        assert seen(W, b)
    W = np.linspace(1, 2, 35).reshape(5, 7).astype(dtype) ** 2
    assert not seen(W, np.zeros(5, dtype))


def multiples(one: list[Fraction], other: list[Fraction]) -> bool:
    """Whether rows other than 0 are multiples of each other."""
    lead = next(i for i, value in enumerate(one) if value)
    return all(v * other[lead] == w * one[lead] for v, w in zip(one, other, strict=True))


@given(st.data())
def test_none_is_missed(data: st.DataObject) -> None:
    """Wherever two rows are multiples of each other, exactly, some are seen."""
    size = data.draw(st.integers(1, 6))
    small = st.sampled_from([0.0, -0.0, 1.0, -1.0, 2.0, 3.0, 1e300, -1e300, 5e-324, 1e-320])
    drawn = st.lists(small, min_size=size, max_size=size)
    W = np.array(data.draw(st.lists(drawn, min_size=2, max_size=5)))
    b = np.array(data.draw(st.lists(small, min_size=len(W), max_size=len(W))))
    rows = [[Fraction(float(v)) for v in row] for row in np.column_stack([W, b])]
    moving = [row for row in rows if any(row[:-1])]
    some = any(multiples(one, other) for i, one in enumerate(moving) for other in moving[:i])
    assert seen(W, b) or not some


def test_rationals_may_be_anything() -> None:
    """What no float holds is left for others to find out."""
    rows = array([["1/3", 1], [1, 2]])
    assert seen(rows, np.zeros(2))
