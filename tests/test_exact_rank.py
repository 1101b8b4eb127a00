"""Tests for `lumpver.exact.rank`: the exact rank, never a guess."""

from __future__ import annotations

import numpy as np
import pytest
import sympy
from nasty import fractions, nasty

from lumpver.exact.array import array, divide, rationals
from lumpver.exact.rank import rank


@pytest.mark.parametrize("seed", range(15))
def test_rank(seed: int) -> None:
    """The rank is sympy's, on floats and on rationals."""
    rng = np.random.default_rng(seed)
    n, m = (int(x) for x in rng.integers(0, 6, 2))
    a = nasty(rng, (n, m), "f8") if seed % 2 else rng.integers(-1, 2, (n, m)).astype(float)
    if n > 1:
        a[-1] = a[0] * 0.5
    oracle = sympy.Matrix(n, m, [sympy.Rational(x) for x in fractions(a).ravel()]).rank()
    assert rank(a) == rank(rationals(a)) == oracle
    assert rank(divide(a, np.array([3.0]))) == oracle


def test_rank_modulo_the_prime_is_not_believed() -> None:
    """A matrix that is singular modulo 2^61 - 1 only still has full rank."""
    prime = 2**61 - 1
    assert rank(array([[prime, 0], [0, 1]])) == 2
    assert rank(array([[prime]])) == 1
