"""Tests for `lumpver.exact.sparse`: products of matrices that are mostly zeros."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from nasty import DTYPES, fractions, nasty, product

from lumpver.exact import sparse
from lumpver.exact.array import is_float, nonzero, rationals
from lumpver.exact.product import matmul

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flint import fmpq

SEEDS = range(25)


def _sparse(rng: np.random.Generator, shape: tuple[int, int], dtype: str) -> Any:
    """Nasty numbers, most of them replaced by zeros of both signs."""
    found = nasty(rng, shape, dtype)
    zero = np.where(rng.random(shape) < 0.5, 0.0, -0.0).astype(dtype)
    return np.where(rng.random(shape) < 0.3, found, zero)


def _factors(seed: int) -> tuple[Any, Any, Any]:
    """Two sparse matrices that fit, one of them perhaps transposed, and their product."""
    rng = np.random.default_rng(seed)
    left, right = (str(d) for d in rng.choice(DTYPES, 2))
    n, m, k = (int(x) for x in rng.integers(0, 9, 3))
    a, b = _sparse(rng, (n, m), left), _sparse(rng, (m, k), right)
    if seed % 2:
        a, b = np.asfortranarray(a), np.asfortranarray(b)
    return a, b, product(fractions(a), fractions(b))


def _whole(found: Any, entries: Mapping[int, fmpq]) -> Any:
    result = fractions(found)
    for place, value in entries.items():
        result.reshape(-1)[place] = Fraction(int(value.p), int(value.q))
    return result


@pytest.mark.parametrize("seed", SEEDS)
def test_floats(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not listed as rounded is exact, and what is listed is right, in any pieces."""
    a, b, expected = _factors(seed)
    for most in (1, 7, 2**20):
        monkeypatch.setattr(sparse, "_TERMS", most)
        with np.errstate(all="ignore"):
            found, exact = sparse.float_product(a, b)
        found.reshape(-1)[list(exact)] = 0
        assert found.shape == expected.shape
        assert (_whole(found, exact) == expected).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_sums_of_columns(seed: int) -> None:
    """Columns with factors added up by their block are the product with that matrix."""
    a, _, _ = _factors(seed)
    rng = np.random.default_rng(seed)
    width = int(rng.integers(1, 4))
    block, scale = rng.integers(-1, width, a.shape[1]), nasty(rng, (a.shape[1],), "f8")
    M = np.zeros((a.shape[1], width))
    M[np.flatnonzero(block >= 0), block[block >= 0]] = scale[block >= 0]
    found, exact = sparse.float_sums(a, block, scale, width)
    found.reshape(-1)[list(exact)] = 0
    assert (_whole(found, exact) == product(fractions(a), fractions(M))).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_rationals(seed: int) -> None:
    """Entries of any storage are multiplied exactly; only what is not zero is listed."""
    a, b, expected = _factors(seed)
    for x in (a, rationals(a)):
        for y in (b, rationals(b)):
            entries = sparse.rational_product(x, y)
            assert (_whole(np.zeros(expected.shape), entries) == expected).all()
            assert all(entries.values())


@pytest.mark.parametrize("seed", SEEDS)
def test_terms_are_those_of_the_schoolbook(seed: int) -> None:
    """The number of terms is what the schoolbook multiplies, zeros left out."""
    a, b, _ = _factors(seed)
    wanted = (nonzero(a).astype(int) @ nonzero(b).astype(int)).sum()
    assert sparse.terms(nonzero(a), nonzero(b)) == wanted


@pytest.mark.parametrize(
    ("row", "column", "rounded"),
    [
        ([1.0, 2.0**-53], [1.0, 1.0], True),
        ([1.0, 2.0**-52], [1.0, 1.0], False),
        ([2.0**60, 1.0, -(2.0**60)], [1.0, 1.0, 1.0], True),
        ([2.0**53 - 1], [2.0**53 - 1], True),
        ([2.0**24 - 1], [2.0**24 - 1], False),
        ([2.0**-1074], [0.5], True),
        ([2.0**1023], [2.0], True),
        ([2.0**1023, -(2.0**1023)], [2.0, 2.0], True),
        ([5 * 2.0**-1074], [1.0], True),
        ([1.0, -1.0], [3.0, 3.0], False),
    ],
)
def test_roundings_are_seen(row: list[float], column: list[float], *, rounded: bool) -> None:
    """A product, a sum or an intermediate sum that rounds, underflows or overflows is listed."""
    a, b = np.array([row]), np.array(column)[:, None]
    with np.errstate(all="ignore"):
        found, exact = sparse.float_product(a, b)
    assert bool(exact) == rounded
    assert _whole(np.where(np.isfinite(found), found, 0), exact) == product(
        fractions(a), fractions(b)
    )


@pytest.mark.parametrize("dtype", DTYPES)
def test_no_warning_reaches_the_caller(dtype: str) -> None:
    """Underflow and overflow inside are nobody's business: the result is exact."""
    a = np.diag(np.array([np.finfo(dtype).max, np.finfo(dtype).tiny])).astype(dtype)
    with np.errstate(all="raise"):
        found = matmul(a, a)
    assert (fractions(found) == product(fractions(a), fractions(a))).all()


def test_zeros_are_positive() -> None:
    """A sum that cancels and an entry without terms are +0, as in a dense product."""
    found = matmul(np.array([[1.0, -1.0], [-0.0, 0.0]]), np.array([[3.0, 0.0], [3.0, -0.0]]))
    assert not np.signbit(found).any()


@pytest.mark.parametrize("scale", [1.0, 1 / 3])
def test_large_and_sparse(scale: float) -> None:
    """Of a large product with few terms one entry may be no float; the others are as floats."""
    rng = np.random.default_rng(3)
    a, b = np.zeros((300, 200), dtype="f4"), np.zeros((200, 400))
    a[np.arange(300), rng.integers(0, 200, 300)] = rng.integers(-9, 9, 300)
    b[rng.integers(0, 200, 50), rng.integers(0, 400, 50)] = scale
    found = matmul(a, b)
    assert (is_float(found)) == (scale == 1.0)
    i, j = 17, 23
    ours = product(fractions(a[i : i + 1]), fractions(b[:, j : j + 1]))
    assert fractions(found[i : i + 1, j : j + 1]) == ours
    assert np.count_nonzero(nonzero(found)) == np.count_nonzero(a.astype(float) @ b)
