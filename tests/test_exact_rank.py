"""Tests for `lumpver.exact.rank`: the exact rank, never a guess."""

from __future__ import annotations

import numpy as np
import pytest
import sympy
from nasty import fractions, nasty

from lumpver.exact.array import array, divide, rationals
from lumpver.exact.rank import rank, residues

PRIMES = (2**31 - 1, 2**61 - 1)


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


def test_the_prime_is_not_believed() -> None:
    """A matrix that is singular modulo a prime only still has full rank."""
    for prime in PRIMES:
        assert rank(array([[prime, 0], [0, 1]])) == 2
        assert rank(array([[prime]])) == 1
        assert rank(array([[prime, 1], [0, 1], [prime, 2]])) == 2
    both = array([[PRIMES[0] * PRIMES[1], 0, 0], [0, 1, 1], [0, 1, 2]])
    assert rank(both) == 3
    large = np.eye(20, dtype=object)  # more than is eliminated over the integers at once
    large[0, 0] = PRIMES[0] * PRIMES[1]
    assert rank(array(large.tolist())) == 20


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_residues(dtype: str) -> None:
    """A float's residue times its denominator is its numerator, subnormals included."""
    data = nasty(np.random.default_rng(7), (60,), dtype)
    for found, value in zip(residues(data).tolist(), fractions(data), strict=True):
        assert 0 <= found < PRIMES[0]
        assert (found * value.denominator - value.numerator) % PRIMES[0] == 0


def _of_rank(r: int, n: int, m: int, most: int) -> np.ndarray:
    """Integers of a rank that is almost surely r."""
    rng = np.random.default_rng(r)
    left, right = rng.integers(-most, most + 1, (n, r)), rng.integers(-most, most + 1, (r, m))
    return (left @ right).astype(float)


@pytest.mark.parametrize("shape", [(90, 90), (90, 200), (200, 90)])
def test_what_bounds_it_from_above(shape: tuple[int, int]) -> None:
    """Zeros, multiples of either sign and simple combinations lower the rank, exactly."""
    a = np.random.default_rng(1).integers(-9, 10, shape) / 8.0
    full = min(shape)
    a[3], a[4], a[5] = 0, -3 * a[0], 5 * a[1]
    assert rank(a, most=full) == full - 3 * (shape[0] <= shape[1])
    a = a[:90, :90]
    a[:, 7] = 0
    a[6] = a[8] - 2 * a[9]
    assert rank(a, most=full) == 86


def test_unknown_where_it_takes_long() -> None:
    """Coefficients of hundreds of digits are not looked for unless asked to."""
    hard = _of_rank(70, 80, 80, 1000)
    assert rank(hard, most=80) is None
    assert rank(hard) == 70
    assert rank(_of_rank(30, 40, 40, 1000), most=40) == 30
    assert rank(np.eye(9), most=8) is None
    assert rank(np.ones((9, 3)), most=8) == 1


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0), (2, 3)])
def test_nothing(shape: tuple[int, int]) -> None:
    """No rows, no columns, or only zeros of both signs: rank 0."""
    assert rank(np.full(shape, -0.0)) == rank(rationals(np.zeros(shape))) == 0


def test_the_matrix_is_left_alone() -> None:
    """Turning rows around turns a copy."""
    a = np.array([[-1.0, 2.0], [1.0, -2.0]])
    kept = a.copy()
    assert rank(a) == 1
    assert (a == kept).all()
