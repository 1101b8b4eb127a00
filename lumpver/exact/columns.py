"""Weighted class sums: the columns of W M for a lumping M.

The heart of Definition 6*: sum over the members u of a block of W(v, u) scale(u).

block: for each column its block, or -1 for a column that is left out
scale: for each column the factor with which it enters its block's sum
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lumpver.exact import floats, sparse
from lumpver.exact.array import Exact, amended, as_float64, compact, is_float, nonzero, rationals
from lumpver.exact.product import matmul
from lumpver.exact.scalar import ZERO

Blocks = npt.NDArray[np.int64]
_ROWS = 64
_MANY = 8
_SMALL = 2**22
_ZEROS = 32  # what one product in a sparse matrix costs, in entries of a dense one
_LOOKS = 16


def lump_columns(W: Exact, block: Blocks, scale: Exact, width: int) -> Exact:
    """The n x `width` matrix whose column j is the sum of W[:, u] scale[u], block[u] = j.

    Examples
    --------
    >>> W = np.array([[1.0, 1.0, 5.0]])
    >>> lump_columns(W, np.array([0, 0, -1]), np.array([2.0, 0.5, 1.0]), 1).tolist()
    [[2.5]]
    """
    if is_float(W) and is_float(scale):
        if _is_sparse(W):
            return amended(*sparse.float_sums(W, block, as_float64(scale), width))
        sums, inexact = _float_sums(W, block, as_float64(scale), width)
        bad = np.flatnonzero(inexact)
        if bad.size == 0:
            return sums
        exact = {int(j): _exact_column(W, block, scale, int(j)) for j in bad}
        return _assemble(as_float64(sums), exact)
    return _rational_sums(W, block, scale, width)


def _is_sparse(W: Exact) -> bool:
    """Whether most entries are zero, so that few products make up the sums."""
    some = W[:: max(1, W.shape[0] // _LOOKS)]
    return all(_ZEROS * np.count_nonzero(nonzero(part)) < part.size for part in (some, W))


def weighted_sum(W: Exact, weights: Exact) -> Exact:
    """W times the vector `weights`, exactly, reading only the columns it needs."""
    used = np.flatnonzero(weights != (0 if is_float(weights) else ZERO))
    return matmul(W[:, used], weights[used])


def _float_sums(
    W: Exact, block: Blocks, scale: npt.NDArray[np.float64], width: int
) -> tuple[Exact, npt.NDArray[np.bool_]]:
    """Sums member by member in float64, and the columns where a rounding occurred.

    Rows are taken a few at a time, so that what is worked on stays in the cache. What
    float32 holds is kept in it, if W is.
    """
    sums: Exact = np.zeros((W.shape[0], width), dtype=W.dtype if W.dtype == "f4" else "f8")
    inexact = np.zeros(width, dtype=bool)
    rounds = [(members, block[members], scale[members]) for members in _rounds(block)]
    if len(rounds) > _MANY:
        product = _as_product(W, block, scale, width)
        if product is not None:
            return product, inexact
    easy = floats.factors_are_easy(W, scale[block >= 0])
    for start in range(0, W.shape[0], _ROWS):
        rows = slice(start, start + _ROWS)
        part = np.ascontiguousarray(W[rows])
        result = np.zeros((part.shape[0], width))
        for number, (members, into, factors) in enumerate(rounds):
            columns, rounded = _scaled(part, members, factors, easy=easy)
            inexact[into] |= rounded
            if number == 0 and into.size == width:
                result[:] = columns  # blocks are in order in a round
                continue
            total, wrong = floats.inexact_sum(np.take(result, into, axis=1), columns)
            result[:, into] = total
            inexact[into] |= wrong.any(axis=0)
        if sums.dtype != result.dtype and not floats.representable(result, "float32").all():
            sums = as_float64(sums)
        sums[rows] = result
    return sums, inexact


def _as_product(
    W: Exact, block: Blocks, scale: npt.NDArray[np.float64], width: int
) -> npt.NDArray[np.float64] | None:
    """W M as a matrix product, where M is small and the product provably exact."""
    used = np.flatnonzero(block >= 0)
    if used.size * width > _SMALL:
        return None
    M = np.zeros((used.size, width))
    M[np.arange(used.size), block[used]] = scale[used]
    columns = as_float64(np.take(W, used, axis=1))
    return columns @ M if floats.blas_is_exact(columns, M) else None


def _scaled(
    W: Exact, members: npt.NDArray[np.int64], factors: npt.NDArray[np.float64], *, easy: bool
) -> tuple[Exact, npt.NDArray[np.bool_]]:
    """Some columns of W times their factors, and which of them were rounded."""
    columns = np.take(W, members, axis=1)
    rounded = np.zeros(members.size, dtype=bool)
    part = np.flatnonzero(factors != 1)
    if easy or part.size == 0:
        return (np.multiply(columns, factors) if part.size else columns), rounded
    columns = as_float64(columns)
    wide = np.broadcast_to(factors[part], (W.shape[0], part.size))
    columns[:, part], wrong = floats.inexact_product(columns[:, part], wide)
    rounded[part] = wrong.any(axis=0)
    return columns, rounded


def _rounds(block: Blocks) -> list[npt.NDArray[np.int64]]:
    """Column indices in rounds: the first members of all blocks, then the second, ..."""
    used = np.flatnonzero(block >= 0)
    order = used[np.argsort(block[used], kind="stable")]
    if order.size == 0:
        return []
    sorted_blocks = block[order]
    starts = np.flatnonzero(np.r_[True, sorted_blocks[1:] != sorted_blocks[:-1]])
    lengths = np.diff(np.r_[starts, order.size])
    position = np.arange(order.size) - np.repeat(starts, lengths)
    by_round = np.argsort(position, kind="stable")
    cuts = np.cumsum(np.bincount(position))[:-1]
    return np.split(order[by_round], cuts)


def _exact_column(W: Exact, block: Blocks, scale: Exact, j: int) -> Exact:
    members = np.flatnonzero(block == j)
    return matmul(rationals(W[:, members]), rationals(scale[members]))


def _assemble(sums: Exact, exact: dict[int, Exact]) -> Exact:
    if all(is_float(column) for column in exact.values()):
        for j, column in exact.items():
            sums[:, j] = column
        return sums
    bad = sorted(exact)
    sums[:, bad] = 0
    result = rationals(sums)
    for j in bad:
        result[:, j] = rationals(exact[j])
    return result


def _rational_sums(W: Exact, block: Blocks, scale: Exact, width: int) -> Exact:
    result = np.full((W.shape[0], width), ZERO, dtype=object)
    entries, factors = rationals(W), rationals(scale)
    for u in np.flatnonzero(block >= 0):
        result[:, block[u]] = result[:, block[u]] + entries[:, u] * factors[u]
    return compact(result)
