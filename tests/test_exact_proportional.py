"""Tests for `lumpver.exact.proportional`: grouping by float keys, deciding exactly."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import fmpq
from nasty import DTYPES, classes, fractions, nasty

from lumpver.exact.array import array, rationals
from lumpver.exact.proportional import multiples_of, proportional_rows

EPS = np.finfo("f8").eps


def found(R: Any, b: Any, *, multiples: bool = True, rows: Any = None) -> Any:
    """The classes, ratios as Fractions."""
    candidates = np.flatnonzero((R != 0).any(axis=1)) if rows is None else rows
    result = proportional_rows(R, b, candidates, multiples=multiples)
    return [[(v, fractions(np.array([r], dtype=object))[0]) for v, r in part] for part in result]


def expected(R: Any, b: Any, *, multiples: bool = True) -> Any:
    """The same by definition."""
    exact, bias = fractions(R), fractions(b)
    rows = {v: [*exact[v], bias[v]] for v in range(len(exact)) if exact[v].any()}
    return classes(rows, multiples=multiples)


def test_no_candidates() -> None:
    """No rows, no classes, whatever the shape."""
    for shape in ((0, 0), (0, 3), (3, 0), (3, 3)):
        assert found(np.zeros(shape), np.zeros(shape[0]), rows=np.array([], dtype=int)) == []


def test_one_row_and_one_column() -> None:
    """A single row is its own class; with one column, sign and bias decide."""
    assert found(np.array([[5.0]]), np.zeros(1)) == [[(0, 1)]]
    R, b = np.array([[1.0], [2.0], [-1.0], [2.0]]), np.array([1.0, 2.0, 1.0, 1.0])
    assert found(R, b) == [[(0, 1), (1, 2)], [(2, 1)], [(3, 1)]]


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("multiples", [True, False])
def test_against_the_definition(seed: int, *, multiples: bool) -> None:
    """Classes and ratios are those of the definition, in any storage, on nasty numbers."""
    rng = np.random.default_rng(seed)
    m = int(rng.integers(1, 14))
    R = nasty(rng, (9, m), str(rng.choice(DTYPES)))
    b = nasty(rng, (9,), str(rng.choice(DTYPES)))
    for v in range(1, 9):
        u, factor = int(rng.integers(0, v)), float(rng.choice([1, 2, 0.5, 3, -1, 7, 2.0**-20]))
        with np.errstate(all="ignore"):
            row = (R[u].astype("f8") * factor).astype(R.dtype)
            bias = (b[u].astype("f8") * factor).astype(b.dtype)
        if rng.random() < 0.6 and np.isfinite(row).all() and np.isfinite(bias):
            R[v], b[v] = row, bias
    oracle = expected(R, b, multiples=multiples)
    assert found(R, b, multiples=multiples) == oracle
    rows = np.flatnonzero((R != 0).any(axis=1))
    assert found(rationals(R), b, multiples=multiples, rows=rows) == oracle
    assert found(R, rationals(b), multiples=multiples, rows=rows) == oracle


def _equal_quotients() -> Any:
    """Pairs (a, b), (c, d) of float64 with fl(a/b) = fl(c/d) and a/b != c/d."""
    rng = np.random.default_rng(0)
    a, b = (1 + rng.random(4000) for _ in range(2))
    c = 1 + rng.random(4000)
    d = c / (a / b)
    same = (c / d == a / b) & (d != 0)
    exact = fractions(a[same]) * fractions(d[same]) != fractions(c[same]) * fractions(b[same])
    return np.stack([a[same], b[same], c[same], d[same]], axis=1)[exact]


def test_float64_quotients_that_only_round_alike() -> None:
    """Rows whose float quotients agree and whose numbers do not are told apart."""
    pairs = _equal_quotients()
    assert len(pairs) > 100
    for a, b, c, d in pairs[:100]:
        R = np.array([[b, a], [d, c], [2 * b, 2 * a]])
        assert found(R, np.zeros(3)) == [[(0, 1), (2, 2)], [(1, 1)]]


@pytest.mark.parametrize("factor", [3.0, 0.75, 2.0**600, 2.0**-600, -3.0, 1.0])
def test_multiples_by_a_float_that_round(factor: float) -> None:
    """Where the factor is a float, an entry that its product rounds to is no multiple."""
    x = 1 + EPS
    exact = [1.0, 0.0, 1.5, 4.0] if abs(factor) != 1 else [1.0, 0.0, x, 4.0]
    R = np.array([exact, [factor * y for y in exact], [1.0, 0.0, x, 4.0]])
    R = np.concatenate([R, [[factor, 0.0, factor * x, factor * 4]]])
    classes_ = {v: number for number, rows in enumerate(found(R, np.zeros(4))) for v, _ in rows}
    assert (classes_[0] == classes_[1]) == (factor > 0)
    rounds = Fraction(factor) * Fraction(x) != Fraction(factor * x)
    assert (classes_[2] == classes_[3]) == (factor > 0 and not rounds)


def test_a_crowd_with_one_key() -> None:
    """Many different rows with the same rounded quotients are parted again, each with its own."""
    base = np.array([1.0, 1 + EPS, 3.0])
    rows = [base * 2.0 ** (k % 5) for k in range(20)]
    near = [np.array([1.0, 1 + EPS, np.nextafter(3.0, 4)]) * 3 for _ in range(3)]
    R = np.array([*rows, *near])
    assert found(R, np.zeros(len(R))) == expected(R, np.zeros(len(R)))


@pytest.mark.parametrize("n", [15, 16, 17, 31, 32, 33, 200])
def test_many_rows_in_one_class(n: int) -> None:
    """A class of any size is found whole, whatever the pieces it is compared in."""
    factors = 1.0 + np.arange(n) % 7
    R, b = factors[:, None] * np.array([[0.0, 3.0, -1.0]]), factors * 5
    (only,) = found(R, b)
    assert [v for v, _ in only] == list(range(n))
    assert [float(r) for _, r in only] == factors.tolist()


@pytest.mark.parametrize("n", [17, 40])
def test_one_stranger_in_a_crowd(n: int) -> None:
    """One row that differs in the last bit of one unsampled column is not in the class."""
    R = np.tile(np.arange(1.0, 101.0), (n, 1))
    R[n - 1, 50] = np.nextafter(R[n - 1, 50], 1e9)
    first, last = found(R, np.zeros(n))
    assert [v for v, _ in first] == list(range(n - 1))
    assert last == [(n - 1, 1)]


def test_rows_that_are_zero_where_it_is_sampled() -> None:
    """Rows whose few sampled columns are all zero are told apart by the others."""
    R = np.zeros((30, 1000))
    for v in range(30):
        R[v, 1 + 3 * (v % 10)] = 2.0 ** (v // 10)
    assert found(R, np.zeros(30)) == [[(v, 1), (v + 10, 2), (v + 20, 4)] for v in range(10)]


@pytest.mark.parametrize("value", [2.0**1000, 2.0**-1000, 2.0**-1074, np.finfo("f8").max, 1e-308])
def test_quotients_beyond_the_floats(value: float) -> None:
    """Quotients that overflow or underflow all look alike; cross products tell them apart."""
    R = np.array([[1 / 3, value], [1 / 3, value * 0.5 or 0.0], [2 / 3, 1.0], [-1 / 3, value]])
    R = np.concatenate([R, R[:, ::-1], [[value, value], [1.0, 1.0]]])
    b = np.zeros(len(R))
    assert found(R, b) == expected(R, b)


def test_sign_of_zero_does_not_matter() -> None:
    """Rows that differ in the sign of a zero are one class, in weights and in the bias."""
    R = np.array([[0.0, 1.0, -0.0], [-0.0, 2.0, 0.0], [-0.0, 4.0, -0.0]])
    assert found(R, np.array([0.0, -0.0, 0.0])) == [[(0, 1), (1, 2), (2, 4)]]
    assert found(R, np.array([0.0, -0.0, 0.0]), multiples=False) == [[(0, 1)], [(1, 1)], [(2, 1)]]


@pytest.mark.parametrize("seed", range(10))
def test_negative_multiples_are_no_multiples(seed: int) -> None:
    """A sign flip parts rows, also where all other quotients agree."""
    rng = np.random.default_rng(seed)
    row, bias = nasty(rng, (6,), "f4").astype("f8"), float(rng.choice([0.0, 1.5]))
    row[0] = 3.0
    R = np.stack([row, -row, 2 * row, -2 * row])
    b = bias * np.array([1, -1, 2, -2])
    assert found(R, b) == [[(0, 1), (2, 2)], [(1, 1), (3, 2)]]


def test_the_bias_counts() -> None:
    """Equal weights with different biases are different rows."""
    R = np.ones((4, 3))
    assert found(R, np.array([0.0, 1.0, 0.0, EPS])) == [[(0, 1), (2, 1)], [(1, 1)], [(3, 1)]]


def test_ratios_that_no_float_holds() -> None:
    """3, 1 and 1/3 are found both ways round, with exact ratios."""
    R = array([[1, 2], [3, 6], ["1/3", "2/3"], ["1/3", "1/3"]])
    assert [[str(r) for _, r in part] for part in proportional_rows(R, array([0] * 4), np.arange(4))
            ] == [["1", "3", "1/3"], ["1"]]  # fmt: skip
    floats = np.array([[3.0, 6.0], [1.0, 2.0]])
    assert proportional_rows(floats, np.zeros(2), np.arange(2)) == [[(0, fmpq(1)), (1, fmpq(1, 3))]]


def test_candidates_only() -> None:
    """Rows that are no candidates are neither compared nor listed."""
    R = np.array([[1.0], [2.0], [3.0], [4.0]])
    assert found(R, np.zeros(4), rows=np.array([1, 3])) == [[(1, 1), (3, 2)]]


def test_order_is_by_first_member() -> None:
    """Classes come in the order of their smallest members, members in rising order."""
    R = np.array([[1.0, 0], [0, 1], [2, 0], [0, 2], [1, 1]])
    assert [[v for v, _ in part] for part in found(R, np.zeros(5))] == [[0, 2], [1, 3], [4]]


def test_mixed_formats() -> None:
    """A float32 matrix with a float64 bias compares the numbers, not the formats."""
    R = np.array([[0.1, 0.3], [0.2, 0.6]], dtype="f4")
    assert found(R, np.array([0.1, 0.2])) == [[(0, 1), (1, 2)]]
    assert found(R, np.array([0.1, np.nextafter(0.2, 1)])) == [[(0, 1)], [(1, 1)]]


@pytest.mark.parametrize("store", [lambda x: x, rationals])
def test_multiples_of(store: Any) -> None:
    """Each row is compared with its own first row, at its own pivot."""
    R = store(np.array([[1.0, 2.0], [2.0, 4.0], [0.0, 3.0], [0.0, 1.0], [-1.0, -2.0]]))
    b = store(np.zeros(5))
    same = multiples_of(
        R, b, np.array([1, 3, 4, 3]), np.array([0, 2, 0, 3]), np.array([0, 1, 0, 1])
    )
    assert same.tolist() == [True, True, False, True]
