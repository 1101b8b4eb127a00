"""Products of matrices that are mostly zeros: only what is not zero is multiplied and added.

term: a product of two entries that are not zero
place: row and column of the result as one number, row by row
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
from flint import fmpq

from lumpver.exact import floats
from lumpver.exact.array import places

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lumpver.exact.floats import Floats, Mask

Matrix = npt.NDArray[Any]
Indices = npt.NDArray[np.int64]
_TERMS: Final = 2**20  # worked on at a time, unless one row has more


def terms(left: Mask, right: Mask) -> int:
    """How many terms a product has, from where its factors are not zero."""
    return int(left.sum(axis=0, dtype=np.int64) @ right.sum(axis=1, dtype=np.int64))


def float_product(a: Matrix, b: Matrix) -> tuple[Floats, dict[int, fmpq]]:
    """The product of two floating matrices, and by place what was rounded, exactly.

    Every term and every sum of terms is tested for rounding; where there was any, the terms
    are added up as rationals.

    Examples
    --------
    >>> float_product(np.array([[2.0**60, 1.0]]), np.ones((2, 1)))[1]
    {0: 1152921504606846977}
    """
    rows, columns = places(b)
    return _product(a, _Entries(b.shape, rows, columns, b[rows, columns].astype(np.float64)))


def float_sums(
    a: Matrix, block: Indices, scale: Floats, width: int
) -> tuple[Floats, dict[int, fmpq]]:
    """The same for a matrix b that has at most one entry in each row: its column and value.

    Columns of a whose block is -1 are left out.

    Examples
    --------
    >>> float_sums(np.array([[1.0, 3.0]]), np.array([0, 0]), np.array([1.0, 0.5]), 1)[0]
    array([[2.5]])
    """
    rows = np.flatnonzero(block >= 0)
    return _product(a, _Entries((a.shape[1], width), rows, block[rows], scale[rows]))


@dataclass(frozen=True, slots=True)
class _Entries:
    """What is not zero in a matrix of that shape, row by row."""

    shape: tuple[int, ...]
    rows: Indices
    columns: Indices
    values: Floats


def _product(a: Matrix, b: _Entries) -> tuple[Floats, dict[int, fmpq]]:
    result = np.zeros(a.shape[0] * b.shape[1])
    exact: dict[int, fmpq] = {}
    for place, left, right in _pieces(a, b):
        product, rounded = floats.inexact_product(left, right)
        starts = np.flatnonzero(np.r_[True, place[1:] != place[:-1]])
        total, wrong = _sums(product, rounded, starts)
        result[place[starts]] = total
        ends = np.r_[starts[1:], place.size]
        for group in np.flatnonzero(wrong).tolist():
            some = slice(starts[group], ends[group])
            pairs = zip(left[some].tolist(), right[some].tolist(), strict=True)
            value = sum((_rational(x) * _rational(y) for x, y in pairs), fmpq(0))
            exact[int(place[starts[group]])] = value
    return result.reshape(a.shape[0], b.shape[1]), exact


def rational_product(a: Matrix, b: Matrix) -> dict[int, fmpq]:
    """What is not zero in the product of two matrices in any storage, by place.

    Examples
    --------
    >>> rational_product(np.array([[0.5, 0.0]]), np.array([[fmpq(1, 3)], [fmpq(2)]]))
    {0: 1/6}
    """
    columns = b.shape[1]
    rows: dict[int, list[tuple[int, fmpq]]] = {}
    for k, j in np.argwhere(b != 0).tolist():
        rows.setdefault(k, []).append((j, _rational(b[k, j])))
    found: dict[int, fmpq] = {}
    for i, k in np.argwhere(a != 0).tolist():
        if k in rows:
            value = _rational(a[i, k])
            for j, other in rows[k]:
                place = i * columns + j
                found[place] = found.get(place, 0) + value * other
    return {place: value for place, value in found.items() if value}


def _rational(value: Any) -> fmpq:
    return value if isinstance(value, fmpq) else fmpq(*float(value).as_integer_ratio())


def _pieces(a: Matrix, b: _Entries) -> Iterator[tuple[Indices, Floats, Floats]]:
    """The terms of some rows at a time, in order of their places: place and both factors."""
    i, k = places(a)
    here = a[i, k].astype(np.float64)
    lengths = np.bincount(b.rows, minlength=b.shape[0])
    starts = np.cumsum(lengths) - lengths
    count = lengths[k]
    rows = np.bincount(i, count, a.shape[0])
    pages = (np.cumsum(rows) - rows) // _TERMS
    cuts = np.searchsorted(i, np.flatnonzero(np.diff(pages)) + 1)
    for some in np.split(np.arange(i.size), cuts):
        of = np.repeat(some, count[some])
        if of.size == 0:
            continue
        within = np.arange(of.size) - np.repeat(np.cumsum(count[some]) - count[some], count[some])
        other = starts[k[of]] + within
        place = i[of] * b.shape[1] + b.columns[other]
        order = np.argsort(place, kind="stable")
        yield place[order], here[of[order]], b.values[other[order]]


def _sums(product: Floats, rounded: Mask, starts: Indices) -> tuple[Floats, Mask]:
    """The sums of runs of terms, one term of each at a time, and where a rounding occurred."""
    total, wrong = product[starts], np.logical_or.reduceat(rounded, starts)
    lengths = np.diff(np.r_[starts, product.size])
    some = np.flatnonzero(lengths > 1)
    step = 1
    while some.size:
        total[some], off = floats.inexact_sum(total[some], product[starts[some] + step])
        wrong[some] |= off
        step += 1
        some = some[lengths[some] > step]
    return total, wrong
