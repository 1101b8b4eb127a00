"""Tests for `lumpver.exact.floats`: float hardware never rounds unnoticed."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from nasty import DTYPES, fractions, nasty, pool, product

from lumpver.exact import floats

SEEDS = range(20)
EDGE = np.array(pool("f8"))
GRID = np.broadcast_arrays(EDGE[:, None], EDGE[None, :])


def _pairs(seed: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    return nasty(rng, (500,), "f8"), nasty(rng, (500,), "f8")


PAIRS = [pytest.param(GRID, id="edges"), *(pytest.param(_pairs(s), id=f"seed{s}") for s in SEEDS)]


def _right_where_unmasked(result: Any, mask: Any, exact: Any) -> None:
    assert (fractions(result[~mask]) == exact[~mask]).all()


@pytest.mark.parametrize("pair", PAIRS)
def test_inexact_sum(pair: Any) -> None:
    """A sum is masked exactly where it was rounded or overflowed."""
    a, b = pair
    total, mask = floats.inexact_sum(a, b)
    exact = fractions(a) + fractions(b)
    _right_where_unmasked(total, mask, exact)
    with np.errstate(over="ignore"):
        finite = np.isfinite(a + b) & np.isfinite((a + b) - a)
    assert (fractions(total[mask & finite]) != exact[mask & finite]).all()


@pytest.mark.parametrize("pair", PAIRS)
def test_inexact_product(pair: Any) -> None:
    """A product that is not masked is the product."""
    a, b = pair
    result, mask = floats.inexact_product(a, b)
    _right_where_unmasked(result, mask, fractions(a) * fractions(b))


@pytest.mark.parametrize("pair", PAIRS)
def test_inexact_quotient(pair: Any) -> None:
    """A quotient that is not masked is the quotient."""
    a, b = (np.ascontiguousarray(x[pair[1] != 0]) for x in pair)
    result, mask = floats.inexact_quotient(a, b)
    _right_where_unmasked(result, mask, fractions(a) / fractions(b))


def test_small_integers_are_never_masked() -> None:
    """The masks are no excuse: ordinary exact arithmetic stays in floats."""
    a, b = np.broadcast_arrays(np.arange(-20.0, 21.0)[:, None], np.arange(1.0, 9.0)[None, :])
    assert not floats.inexact_sum(a, b)[1].any()
    assert not floats.inexact_product(a, b)[1].any()
    assert not floats.inexact_quotient(a * b, b)[1].any()


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (2.0**53, 1.0),
        (-(2.0**53), 1.0 + 2.0**-52),
        (1.0, 2.0**-1074),
        (2.0**-1022, 2.0**-1022 * (1 + 2.0**-52) * 2.0**53),
        (np.finfo("f8").max, 1.0),
        (1.0, 2.0**-53),
        (np.finfo("f8").max, np.finfo("f8").max),
        (2.0**1023, 2.0**1023),
        (0.1, 0.2),
    ],
)
def test_a_rounded_sum_is_masked(a: float, b: float) -> None:
    """Lost bits and overflow are seen."""
    assert floats.inexact_sum(np.array([a]), np.array([b]))[1].all()
    assert floats.inexact_sum(np.array([b]), np.array([a]))[1].all()


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (2.0**53 - 1, 3.0),
        (2.0**600, 2.0**600),
        (2.0**-600, 2.0**-600),
        (2.0**-1074, 0.5),
        (2.0**-500, 3 * 2.0**-570),
        (0.1, 0.1),
    ],
)
def test_a_rounded_product_is_masked(a: float, b: float) -> None:
    """Lost bits, overflow and underflow are seen, also where the error underflows too."""
    assert floats.inexact_product(np.array([a]), np.array([b]))[1].all()


@pytest.mark.parametrize(("a", "b"), [(1.0, 3.0), (2.0**-1074, 2.0), (2.0**1000, 2.0**-1000)])
def test_a_rounded_quotient_is_masked(a: float, b: float) -> None:
    """Thirds, underflow and overflow are seen."""
    assert floats.inexact_quotient(np.array([a]), np.array([b]))[1].all()


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_zero_of_either_sign(sign: float) -> None:
    """Zero times or over anything is zero, and exact."""
    zero = np.full(EDGE.shape, sign * 0.0)
    for found, mask in (
        floats.inexact_product(zero, EDGE),
        floats.inexact_product(EDGE, zero),
        floats.inexact_quotient(zero, np.where(EDGE == 0, 1, EDGE)),
    ):
        assert (found == 0).all()
        assert not mask.any()


@pytest.mark.parametrize(("left", "right"), [(a, b) for a in DTYPES for b in DTYPES])
def test_easy_products_are_exact(left: str, right: str) -> None:
    """Where formats alone promise exactness, the product in float64 is exact."""
    a = np.array(pool(left), dtype=left)[:, None]
    b = np.array(pool(right), dtype=right)[None, :]
    assert floats.product_is_easy(a, b) == ("f8" not in (left, right))
    if floats.product_is_easy(a, b):
        found = a.astype("f8") * b.astype("f8")
        assert (fractions(found) == fractions(a) * fractions(b)).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_easy_factors_are_exact(seed: int) -> None:
    """Factors of few bits times float32 numbers are exact in float64, or not called easy."""
    rng = np.random.default_rng(seed)
    a = nasty(rng, (30, 1), "f4")
    f = rng.integers(1, 2**29, 8) * 2.0 ** rng.integers(-300, 300)
    assert floats.factors_are_easy(a, f)
    assert (fractions(a.astype("f8") * f) == fractions(a) * fractions(f)[None, :]).all()


@pytest.mark.parametrize("f", [2.0**29 + 1, 0.1, 2.0**401, 2.0**-401, 2.0**-1074])
def test_hard_factors_are_not_easy(f: float) -> None:
    """One bit too many, or an exponent near the ends, is not called easy."""
    assert not floats.factors_are_easy(np.ones(1, "f4"), np.array([1.0, f]))
    assert not floats.factors_are_easy(np.ones(1, "f8"), np.array([1.0]))


@pytest.mark.parametrize("numbers", [EDGE, -EDGE, *(nasty(np.random.default_rng(s), (300,), "f8")
                                                   for s in range(5))])  # fmt: skip
def test_low_bit(numbers: Any) -> None:
    """Every entry is an integer multiple of its low bit, an odd one where it is normal."""
    for x, bit in zip(fractions(numbers), floats.low_bit(numbers), strict=True):
        if x == 0:
            assert bit == 0
            continue
        multiple = x / Fraction(float(bit))
        assert multiple.denominator == 1
        assert multiple.numerator % 2 == 1 or abs(x) < Fraction(2) ** -1022


def _is_number_of(x: Fraction, dtype: str) -> bool:
    """By the definition of the format (theory E)."""
    if x == 0:
        return True
    precision, lowest, highest = floats.FORMATS[dtype]
    top = abs(x.numerator)
    low = (top & -top).bit_length() - x.denominator.bit_length()
    bits = (top >> ((top & -top).bit_length() - 1)).bit_length()
    return bits <= precision and low >= lowest and bits + low <= highest


@pytest.mark.parametrize("dtype", list(floats.FORMATS))
@pytest.mark.parametrize("source", ["f2", "f4", "f8"])
def test_representable(dtype: str, source: str) -> None:
    """A float64 is a number of a format exactly if the definition says so."""
    rng = np.random.default_rng(0)
    values = np.concatenate([np.array(pool(source)), nasty(rng, (400,), source).astype("f8")])
    values = np.concatenate([values, values[1:] + values[:-1] if source != "f8" else values])
    expected = [_is_number_of(x, dtype) for x in fractions(values)]
    assert floats.representable(values, dtype).tolist() == expected


@pytest.mark.parametrize(
    ("value", "dtype", "expected"),
    [
        (2.0**24 + 1, "float32", False),
        (2.0**24 + 2, "float32", True),
        (2.0**-149, "float32", True),
        (2.0**-150, "float32", False),
        (2.0**128, "float32", False),
        (2.0**128 - 2.0**104, "float32", True),
        (65504.0, "float16", True),
        (65520.0, "float16", False),
        (2.0**-24, "float16", True),
        (2.0**-25, "float16", False),
        (257.0, "bfloat16", False),
        (258.0, "bfloat16", True),
        (2.0**-133, "bfloat16", True),
        (2.0**-134, "bfloat16", False),
        (2.0**-1074, "float64", True),
    ],
)
def test_representable_at_the_edges(value: float, dtype: str, *, expected: bool) -> None:
    """The last number of a format is in, the next float64 is out."""
    assert floats.representable(np.array([value]), dtype).tolist() == [expected]


@pytest.mark.parametrize("seed", range(60))
def test_blas_promises(seed: int) -> None:
    """Where a BLAS product is called exact it is, in any mood of the numbers."""
    rng = np.random.default_rng(seed)
    n, m, k = (int(x) for x in rng.integers(1, 9, 3))
    a, b = nasty(rng, (n, m), "f8"), nasty(rng, (m, k), "f8")
    if seed % 3 == 0:
        a, b = (rng.integers(-(2**20), 2**20, x.shape) * 2.0**-9 for x in (a, b))
    if floats.blas_is_exact(a, b):
        assert (fractions(a @ b) == product(fractions(a), fractions(b))).all()
    else:
        assert seed % 3


@pytest.mark.parametrize(
    ("most", "terms", "expected"),
    [(2.0**21, 2**9, True), (2.0**21, 2**11, False), (2.0**24, 4, True), (2.0**26, 4, False)],
)
def test_blas_bound(most: float, terms: int, *, expected: bool) -> None:
    """The bound is on the sum of magnitudes over the common grid, 2^52."""
    a = np.full((1, terms), most)
    a[0, 0] = 1.0  # the grid is at most 1
    bound = floats.blas_is_exact(a * 2.0**-20, a.T * 2.0**-20)
    assert bound is expected


@pytest.mark.parametrize(
    ("a", "b"),
    [(2.0**401, 1.0), (2.0**-401, 1.0), (2.0**-1074, 1.0), (2.0**1000, 2.0**-1000), (1e308, 10.0)],
)
def test_blas_is_not_trusted_at_the_ends(a: float, b: float) -> None:
    """Near underflow and overflow the promise is not made."""
    assert not floats.blas_is_exact(np.array([[a]]), np.array([[b]]))


@pytest.mark.parametrize("shape", [(0, 3), (2, 0)])
def test_blas_of_nothing(shape: tuple[int, int]) -> None:
    """Products without terms, and of zeros, are exact."""
    assert floats.blas_is_exact(np.zeros(shape), np.zeros((shape[1], 2)))
    assert floats.blas_is_exact(np.zeros((1, 1)), np.full((1, 1), 1e308))
