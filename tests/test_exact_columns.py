"""Tests for `lumpver.exact.columns`: weighted class sums, the columns of W M."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from nasty import DTYPES, fractions, nasty, product

from lumpver.exact.array import array, is_float, rationals
from lumpver.exact.columns import lump_columns, weighted_sum


def sums(W: Any, block: Any, scale: Any, width: int) -> Any:
    """W M by definition."""
    w, s = fractions(W), fractions(scale)
    result = np.full((w.shape[0], width), Fraction(0), dtype=object)
    for u, j in enumerate(block):
        if j >= 0:
            result[:, j] = result[:, j] + w[:, u] * s[u]
    return result


@pytest.mark.parametrize("seed", range(60))
def test_class_sums(seed: int) -> None:
    """Class sums are those of fractions, whatever the storage of weights and scales."""
    rng = np.random.default_rng(seed)
    n, m, width = int(rng.integers(0, 5)), int(rng.integers(0, 12)), int(rng.integers(0, 4))
    if seed % 10 == 0:
        n = 131  # rows are taken a cacheful at a time
    W = nasty(rng, (n, m), str(rng.choice(DTYPES)))
    scale = nasty(rng, (m,), "f8")
    block = rng.integers(-1, width, m) if width else np.full(m, -1)
    expected = sums(W, block, scale, width)
    for weights in (W, rationals(W)):
        for factors in (scale, rationals(scale)):
            found = lump_columns(weights, block, factors, width)
            assert found.shape == (n, width)
            assert (fractions(found) == expected).all()


@pytest.mark.parametrize("n", [1, 63, 64, 65, 128, 130])
def test_rows_at_the_edge_of_a_piece(n: int) -> None:
    """No row is lost or doubled where pieces of rows meet."""
    rng = np.random.default_rng(n)
    W = rng.integers(-9, 10, (n, 7)).astype("f4")
    block, scale = np.array([2, 0, -1, 1, 0, 2, 2]), np.array([1, 2, 9, 0.5, 3, 1, -1.0])
    assert (fractions(lump_columns(W, block, scale, 3)) == sums(W, block, scale, 3)).all()


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_many_zeros(dtype: str) -> None:
    """A sparse matrix gives the same sums, those that no float holds included."""
    rng = np.random.default_rng(5)
    W = np.zeros((40, 300), dtype=dtype)
    W[np.arange(40), rng.integers(0, 300, 40)] = nasty(rng, (40,), dtype)
    W[7, :9] = nasty(rng, (9,), dtype)
    block, scale = rng.integers(-1, 5, 300), rng.choice([1.0, 3.0, 1 / 3], 300)
    assert (fractions(lump_columns(W, block, scale, 5)) == sums(W, block, scale, 5)).all()


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
def test_no_rows_or_columns(shape: tuple[int, int]) -> None:
    """Degenerate shapes give zeros of the right shape."""
    block = np.full(shape[1], 1)
    found = lump_columns(np.zeros(shape), block, np.ones(shape[1]), 2)
    assert found.shape == (shape[0], 2)
    assert not found.any()


def test_an_empty_block_is_a_zero_column() -> None:
    """A block without members contributes nothing, first or last."""
    W = np.array([[1.0, 2.0]])
    found = lump_columns(W, np.array([1, 1]), np.ones(2), 3)
    assert found.tolist() == [[0.0, 3.0, 0.0]]


def test_left_out_columns_do_not_matter() -> None:
    """Columns with block -1 are not read, not even their magnitude."""
    W = np.array([[1.0, 1e308], [2.0, 1e308]])
    found = lump_columns(W, np.array([0, -1]), np.array([1.0, 1e308]), 1)
    assert found.tolist() == [[1.0], [2.0]]


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 0, 2], [0, 2, 1]])
def test_cancellation_in_any_order(order: list[int]) -> None:
    """Partial sums that round and cancel again leave what is really left."""
    W = np.array([[2.0**60, 1.0, -(2.0**60)]])[:, order]
    found = lump_columns(W, np.zeros(3, dtype=int), np.ones(3), 1)
    assert found.tolist() == [[1.0]]
    assert is_float(found)


def test_a_sum_that_no_float_holds_is_exact() -> None:
    """2^53 + 1 becomes rational, and other columns keep their values."""
    W = np.array([[2.0**53, 1.0, 0.1]])
    found = lump_columns(W, np.array([0, 0, 1]), np.ones(3), 2)
    assert not is_float(found)
    assert fractions(found).tolist() == [[2**53 + 1, Fraction(0.1)]]


def test_overflow_beside_a_sound_column() -> None:
    """An infinite partial sum is replaced by the exact sum, the rest untouched."""
    most = np.finfo("f8").max
    W = np.array([[most, most, 1.0], [most, -most, 2.0]])
    found = lump_columns(W, np.array([0, 0, 1]), np.ones(3), 2)
    assert (fractions(found) == sums(W, [0, 0, 1], np.ones(3), 2)).all()


def test_weights_are_not_written_to() -> None:
    """The matrix of a file is read only."""
    W = np.array([[1.0, 2.0], [3.0, 4.0]])
    W.flags.writeable = False
    lump_columns(W, np.array([0, 0]), np.array([2.0, 3.0]), 1)
    assert W.tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_scales_that_no_float_holds() -> None:
    """Rational scales give rational sums, compact where they come out as floats."""
    scale = array(["1/3", "2/3"])
    found = lump_columns(np.ones((1, 2)), np.array([0, 0]), scale, 1)
    assert is_float(found)
    assert found.tolist() == [[1.0]]


@pytest.mark.parametrize("seed", range(20))
def test_weighted_sum(seed: int) -> None:
    """W times a vector, zeros in it or not, is the exact product."""
    rng = np.random.default_rng(seed)
    n, m = int(rng.integers(0, 5)), int(rng.integers(0, 8))
    W, k = nasty(rng, (n, m), str(rng.choice(DTYPES))), nasty(rng, (m,), "f8")
    k[rng.random(m) < 0.5] = 0
    expected = product(fractions(W), fractions(k)[:, None])[:, 0]
    assert (fractions(weighted_sum(W, k)) == expected).all()
    assert (fractions(weighted_sum(W, rationals(k))) == expected).all()


@pytest.mark.parametrize("late", [0.0, 2.0**-30, 0.1, 2.0**127])
@pytest.mark.parametrize("factor", [1.0, 3.0, 1 / 3])
def test_float32_sums_are_kept_in_float32_where_it_holds_them(late: float, factor: float) -> None:
    """As soon as one row does not fit, all are in float64 or exact, and no number is another."""
    W = np.ones((200, 3), dtype=np.float32)
    W[150] = [late, late, 1]
    scale = np.array([1, factor, 1])
    sums = lump_columns(W, np.array([0, 0, 1]), scale, 2)
    expected = [
        [Fraction(float(a)) + Fraction(float(b)) * Fraction(factor), Fraction(float(c))]
        for a, b, c in W
    ]
    assert fractions(sums).tolist() == expected
    assert sums.dtype == "f4" or factor == 1 / 3 or late


def test_what_was_not_computed_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory may hold anything, a signalling NaN too, where float32 turns out too small."""
    W = np.ones((128, 3), dtype=np.float32)
    W[:, 1] = 2.0**-24  # and 1 + 2^-24 is no float32
    poison = np.uint32(0x7F800001)
    monkeypatch.setattr(np, "empty", lambda shape, **_: np.full(shape, poison).view("f4"))
    sums = lump_columns(W, np.array([0, 0, 1]), np.ones(3), 2)
    assert sums.tolist() == [[1 + 2.0**-24, 1.0]] * 128
