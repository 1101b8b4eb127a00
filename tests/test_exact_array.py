"""Tests for `lumpver.exact.array`: arrays whose entries are the numbers."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy
from flint import fmpq
from nasty import DTYPES, fractions, nasty, product

from lumpver.errors import NotANumber, ShapeMismatch
from lumpver.exact import array as exact
from lumpver.exact.array import (
    add,
    array,
    compact,
    divide,
    entry,
    equal,
    is_float,
    multiply,
    negate,
    nonzero,
    positive,
    rationals,
    zeros,
)
from lumpver.exact.product import matmul

SEEDS = range(25)
THIRD = fmpq(1, 3)


def _pair(seed: int) -> tuple[np.random.Generator, str, str, tuple[int, ...]]:
    rng = np.random.default_rng(seed)
    left, right = (str(d) for d in rng.choice(DTYPES, 2))
    return rng, left, right, tuple(int(n) for n in rng.integers(0, 7, 3))


@pytest.mark.parametrize(
    ("data", "shape"),
    [
        ([], (0,)),
        ([[]], (1, 0)),
        ([[], []], (2, 0)),
        (np.zeros((0, 3)), (0, 3)),
        (np.zeros((0, 3), dtype=object), (0, 3)),
        (np.zeros((0, 3), dtype=int), (0, 3)),
        (np.zeros((2, 0, 3), dtype=int), (2, 0, 3)),
        (sympy.zeros(0, 3), (0, 3)),
        (sympy.zeros(3, 0), (3, 0)),
        ("1/3", ()),
        (fmpq(1, 3), ()),
        ([[1, 2], [3, 4]], (2, 2)),
        ([np.array([1, 2]), np.array([3, 4])], (2, 2)),
        (sympy.Matrix([[1, sympy.Rational(1, 3)]]), (1, 2)),
        (np.array(["1/3", "2"]), (2,)),
    ],
)
def test_shapes_are_kept(data: Any, shape: tuple[int, ...]) -> None:
    """Degenerate shapes are kept, where the data knows them."""
    assert array(data).shape == shape


@pytest.mark.parametrize("dtype", DTYPES)
def test_float_arrays_are_not_copied(dtype: str) -> None:
    """Floats of a file are used as they are stored."""
    data = nasty(np.random.default_rng(0), (5, 4), dtype)
    assert array(data) is data


def test_wider_floats_are_read_number_by_number() -> None:
    """A long double is no float64: it keeps its value."""
    third = np.array([np.longdouble(1) / 3, np.longdouble(2) ** 64 + 1])
    for given, read in zip(third, rationals(array(third)), strict=True):
        assert (int(read.p), int(read.q)) == given.as_integer_ratio()


def test_foreign_byte_order() -> None:
    """Big-endian floats are the same numbers."""
    native = nasty(np.random.default_rng(1), (4, 4), "f8")
    swapped = native.astype(">f8")
    assert equal(swapped, native).all()
    assert (fractions(matmul(swapped, swapped)) == fractions(matmul(native, native))).all()


def test_mixed_numbers() -> None:
    """One row may mix what a person may hand in; nothing is rounded."""
    row = array([1, "1/3", Fraction(2, 7), sympy.Rational(3, 5), np.float32(0.1), True + 1])
    assert row.dtype == object
    assert [str(x) for x in row[:4]] == ["1", "1/3", "2/7", "3/5"]


@pytest.mark.parametrize(
    "data",
    [[[1, 2], [3]], [[1, 2], 3], [1, [2]], [[[1, 2]], [[1], [2]]], [[], [1]], [[1], []]],
    ids=repr,
)
def test_ragged_rows(data: Any) -> None:
    """Rows of different lengths are no array."""
    with pytest.raises(ShapeMismatch):
        array(data, where="W")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", DTYPES)
def test_no_numbers(bad: float, dtype: str) -> None:
    """NaN and infinity are refused, with the index."""
    data = np.zeros((2, 3), dtype=dtype)
    data[1, 2] = bad
    with pytest.raises(NotANumber) as caught:
        array(data, where="W")
    assert caught.value.where == "W[1, 2]"


@pytest.mark.parametrize("data", [[np.nan], ["x"], [None], [True], [1j], [sympy.pi], {1: 2}, None])
def test_not_numbers(data: Any) -> None:
    """What is no rational is refused, in lists too."""
    with pytest.raises(NotANumber):
        array(data)


def test_compact_only_where_all_fit() -> None:
    """One entry that is no float64 keeps the whole array rational."""
    assert is_float(compact(rationals(np.array([0.5, -0.0, 2.0**-1074]))))
    for odd in (THIRD, fmpq(2**53 + 1), fmpq(2) ** 1024, fmpq(1, 2) ** 1075):
        mixed = np.array([fmpq(1), odd], dtype=object)
        assert compact(mixed) is mixed


@pytest.mark.parametrize("dtype", DTYPES)
def test_rationals_are_the_same_numbers(dtype: str) -> None:
    """Going to rationals and back changes nothing; both zeros become 0."""
    data = nasty(np.random.default_rng(2), (40,), dtype)
    back = compact(rationals(data))
    assert (back == data).all()
    assert not np.signbit(back[back == 0]).any()


@pytest.mark.parametrize("seed", SEEDS)
def test_elementwise_arithmetic(seed: int) -> None:
    """Sums, products, quotients and comparisons are those of fractions, in any storage."""
    rng, left, right, (n, m, _) = _pair(seed)
    a, b = nasty(rng, (n, m), left), nasty(rng, (n, m), right)
    divisor = np.where(b == 0, 3, b)
    for x in (a, rationals(a)):
        for y, d in ((b, divisor), (rationals(b), rationals(divisor))):
            assert (fractions(add(x, y)) == fractions(a) + fractions(b)).all()
            assert (fractions(multiply(x, y)) == fractions(a) * fractions(b)).all()
            assert (fractions(divide(x, d)) == fractions(a) / fractions(divisor)).all()
            assert (equal(x, y) == (fractions(a) == fractions(b))).all()
    assert (fractions(negate(a)) == -fractions(a)).all()
    assert (nonzero(a) == (fractions(a) != 0)).all()
    assert (positive(rationals(a)) == positive(a)).all()
    assert (positive(a) == (fractions(a) > 0)).all()
    assert (nonzero(rationals(a)) == nonzero(a)).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_broadcasting(seed: int) -> None:
    """A column times a matrix, either way round, is exact too."""
    rng, left, right, (n, m, _) = _pair(seed)
    a, s = nasty(rng, (n, m), left), nasty(rng, (n, 1), right)
    expected = fractions(a) * fractions(s)
    assert (fractions(multiply(a, s)) == expected).all()
    assert (fractions(multiply(s, a)) == expected).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_matmul(seed: int) -> None:
    """A matrix product is the schoolbook one, in any storage and any degenerate shape."""
    rng, left, right, (n, m, k) = _pair(seed)
    a, b = nasty(rng, (n, m), left), nasty(rng, (m, k), right)
    expected = product(fractions(a), fractions(b))
    for x in (a, rationals(a)):
        for y in (b, rationals(b)):
            assert fractions(matmul(x, y)).shape == (n, k)
            assert (fractions(matmul(x, y)) == expected).all()
    vector = nasty(rng, (m,), right)
    column = product(fractions(a), fractions(vector)[:, None])[:, 0]
    assert (fractions(matmul(a, vector)) == column).all()
    bias = nasty(rng, (n,), left)
    assert (fractions(add(matmul(a, vector), bias)) == column + fractions(bias)).all()


@pytest.mark.parametrize("big", [2.0**53, 2.0**1000, 2.0**-1000])
def test_cancellation(big: float) -> None:
    """What is left when large terms cancel is not lost."""
    row = np.array([[big, big * 2.0**-60, -big]])
    assert (fractions(matmul(row, np.ones((3, 1)))) == Fraction(big) / 2**60).all()


def test_overflow_becomes_rational() -> None:
    """Sums and products beyond the largest float64 are still exact."""
    most = np.array([np.finfo("f8").max])
    for found, expected in ((add(most, most), 2), (multiply(most, np.array([4.0])), 4)):
        assert found.dtype == object
        assert fractions(found)[0] == expected * Fraction(float(most[0]))


def test_matmul_needs_fitting_shapes() -> None:
    """Shapes that do not fit are an error, not a broadcast."""
    with pytest.raises(ShapeMismatch):
        matmul(zeros(2, 3), zeros(2, 3))
    with pytest.raises(ShapeMismatch):
        matmul(zeros(2, 3), zeros(1))


@pytest.mark.parametrize("stored", [np.array([[0.5, 3]]), np.array([[fmpq(1, 2), fmpq(3)]])])
def test_entry(stored: Any) -> None:
    """One entry comes out as a rational, however it is stored."""
    assert entry(stored, 0, 0) == fmpq(1, 2)
    assert isinstance(entry(stored, 0, 1), fmpq)


def test_finite_leaves_rationals_alone() -> None:
    """Rational arrays have no infinities to look for."""
    data = rationals(zeros(3))
    assert exact.finite(data, where="W") is data


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0), (1, 5), (40, 30)])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 1.0])
def test_places(order: Any, shape: tuple[int, int], share: float) -> None:
    """Row by row what `np.nonzero` finds, however a matrix lies in memory and is filled."""
    rng = np.random.default_rng(0)
    data = np.where(rng.random(shape) < share, rng.normal(size=shape), -0.0)
    for stored in (np.asarray(data, order=order), rationals(data)):
        found = exact.places(stored)
        assert [part.tolist() for part in found] == [part.tolist() for part in np.nonzero(data)]
