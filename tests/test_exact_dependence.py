"""Tests for `lumpver.exact.dependence`."""

from __future__ import annotations

import random

import numpy as np
import pytest
from flint import fmpq

from lumpver.exact.array import array, equal, rationals
from lumpver.exact.dependence import PRIME, combinations
from lumpver.exact.product import matmul
from lumpver.exact.rank import rank


def assert_right(rows: np.ndarray, found: dict[int, dict[int, fmpq]]) -> None:
    """Every combination holds, and combines earlier rows that have none themselves."""
    for v, row in found.items():
        assert all(u < v and u not in found for u in row)
        coefficients = rationals(np.zeros(rows.shape[0]))
        for u, c in row.items():
            assert c != 0
            coefficients[u] = c
        assert equal(matmul(coefficients[None, :], rows)[0], rows[v]).all()


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (np.zeros((0, 3)), {}),
        (np.zeros((0, 0)), {}),
        (np.zeros((2, 0)), {0: {}, 1: {}}),
        (np.zeros((2, 3)), {0: {}, 1: {}}),
        (np.array([[1.0]]), {}),
        (np.array([[2.0], [6.0]]), {1: {0: 3}}),
        (np.eye(3), {}),
        (array([["1/3", "1/7"], ["1/6", "1/14"]]), {1: {0: fmpq(1, 2)}}),
        (np.array([[0.0, 0.0], [1.0, 2.0], [-2.0, -4.0]]), {0: {}, 2: {1: -2}}),
        (np.array([[1.0, 0], [0, 1.0], [0.1, 0.1]], dtype=np.float32), {2: {0: 0, 1: 0}}),
    ],
)
def test_named_matrices(rows: np.ndarray, expected: dict[int, dict[int, fmpq]]) -> None:
    """Empty, zero, single, proportional and independent rows; a float is what it stores."""
    found = combinations(rows)
    if rows.shape == (3, 2) and rows.dtype == np.float32:
        tenth = fmpq(*float(np.float32(0.1)).as_integer_ratio())
        expected = {2: {0: tenth, 1: tenth}}
    assert found == expected


def test_huge_and_tiny_numbers() -> None:
    """Sums that no float holds are told from their roundings."""
    big = 2.0**60
    rows = np.array([[big, 0.0], [0.0, 1.0], [big, 1.0], [big + 256, 1.0]])
    found = combinations(rows)
    assert_right(rows, found)
    assert found[2] == {0: 1, 1: 1}
    assert found[3] == {0: fmpq(2**60 + 256, 2**60), 1: 1}


def test_rows_that_are_zero_modulo_the_prime() -> None:
    """Where the prime divides a row, its combination may be missed, and none is wrong."""
    rows = array([[PRIME, 0], [0, 1], [PRIME, 1], [1, 0]])
    assert_right(rows, combinations(rows))


@pytest.mark.parametrize("seed", range(25))
def test_every_row_is_settled_among_few(seed: int) -> None:
    """As many rows are pivots as the rank says, however ugly the coefficients are."""
    rng = random.Random(seed)
    n, r, m = rng.randint(1, 6), rng.randint(1, 4), rng.randint(1, 9)
    basis = np.array([[fmpq(rng.randint(-9, 9), rng.randint(1, 5)) for _ in range(n)]
                      for _ in range(r)])  # fmt: skip
    mix = np.array([[fmpq(rng.randint(-9, 9), rng.randint(1, 7)) for _ in range(r)]
                    for _ in range(m)])  # fmt: skip
    rows = matmul(mix, basis)
    found = combinations(rows)
    assert_right(rows, found)
    assert rows.shape[0] - len(found) == rank(rows)


def test_among_many_pivots_simple_combinations_are_found() -> None:
    """Beyond the limit for solving, few-bit coefficients are found and ugly ones left."""
    rng = np.random.default_rng(0)
    basis = np.round(rng.standard_normal((80, 100)) * 64) / 64
    ugly = array(np.round(rng.standard_normal(80) * 2.0**40) / 2.0**40)
    rows = np.vstack([basis, basis[3] * 0.5 - basis[70] * 3, matmul(ugly[None, :], basis)])
    found = combinations(array(rows))
    assert found == {80: {3: fmpq(1, 2), 70: -3}}
