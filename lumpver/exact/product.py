"""Products of exact matrices: in hardware where that is exact, else term by term, or by flint."""

from __future__ import annotations

from typing import Final

import numpy as np
from flint import fmpq, fmpq_mat, fmpz, fmpz_mat

from lumpver.errors import ShapeMismatch
from lumpver.exact import floats, sparse
from lumpver.exact.array import (
    Exact,
    amended,
    as_float64,
    compact,
    is_float,
    nonzero,
    rationals,
    zeros,
)
from lumpver.exact.scalar import ZERO

_TERM: Final = 64  # what one term of a sparse product costs, in looks at one entry
_BELOW: Final = 2**14  # bits of a denominator that all entries of two matrices have in common
_FLOPS: Final = 16  # multiplications of a dense product that cost as much as such a look


def matmul(a: Exact, b: Exact) -> Exact:
    """The matrix product a b, exactly: shapes (n, m) and (m, k), or (m,) for a vector.

    Examples
    --------
    >>> from lumpver.exact.array import array
    >>> matmul(array([[1, "1/3"]]), array([3, 3])).tolist()
    [4.0]
    """
    if a.shape[-1] != b.shape[0]:
        raise ShapeMismatch("product", expected=f"{a.shape[-1]} rows", got=f"{b.shape[0]} rows")
    columns = b if b.ndim == 2 else b.reshape(b.shape[0], 1)
    product = _float_product(a, columns) if is_float(a) and is_float(b) else _product(a, columns)
    return product.reshape(a.shape[:-1] + b.shape[1:])


def _float_product(a: Exact, b: Exact) -> Exact:
    """a b for floats: by what is not zero where that is little, in hardware where it is exact."""
    count = sparse.terms(nonzero(a), nonzero(b))
    few = a.size + b.size
    if _TERM * count > few + a.size * b.shape[1] // _FLOPS:
        wide, other = as_float64(a), as_float64(b)
        if floats.blas_is_exact(wide, other):
            return np.asarray(wide @ other)
        if count > _TERM * few:
            return compact(_flint_product(a, b))
    return amended(*sparse.float_product(a, b))


def _product(a: Exact, b: Exact) -> Exact:
    """a b where one of them has entries that are no floats."""
    if sparse.terms(nonzero(a), nonzero(b)) > a.size + b.size:
        return compact(_flint_product(a, b))
    return amended(zeros(a.shape[0], b.shape[1]), sparse.rational_product(a, b))


def _flint_product(a: Exact, b: Exact) -> Exact:
    used = np.flatnonzero(nonzero(a).any(axis=0) & nonzero(b).any(axis=1))
    a, b = a[:, used], b[used, :]
    result = np.full((a.shape[0], b.shape[1]), ZERO, dtype=object)
    if 0 in (*a.shape, *b.shape):
        return result
    (left, below_a), (right, below_b) = _over_one(a), _over_one(b)
    below = below_a * below_b
    if below.bit_length() > _BELOW:
        flat = (_fmpq_mat(a) * _fmpq_mat(b)).entries()
    else:
        flat = [fmpq(entry, below) for entry in (left * right).entries()]
    for i, entry in enumerate(flat):
        result.reshape(-1)[i] = entry
    return result


def _over_one(a: Exact) -> tuple[fmpz_mat, fmpz]:
    """Integers Z and d > 0 with a = Z / d."""
    if not is_float(a):
        return _fmpq_mat(a).numer_denom()
    whole, down = _integers(a)
    return whole, fmpz(1) << down


def _integers(a: Exact) -> tuple[fmpz_mat, int]:
    """Integers Z and d >= 0 with a = Z 2^-d."""
    # frexp and ldexp only change exponents; 53 bits hold what they make, an int64 holds those.
    mantissa, exponent = np.frexp(as_float64(a).ravel())
    whole, power = np.ldexp(mantissa, 53).astype(np.int64), exponent.astype(np.int64) - 53
    zeros_behind = np.frexp((whole & -whole).astype(np.float64))[1] - 1
    zeros_behind = np.where(whole == 0, 0, zeros_behind)
    whole, power = whole >> zeros_behind, np.where(whole == 0, 0, power + zeros_behind)
    down = max(0, -int(power.min(initial=0)))
    lift = power + down
    if (lift + 53 - zeros_behind).max(initial=0) < 63:
        entries = (whole << lift).tolist()
    else:
        entries = [w << by for w, by in zip(whole.tolist(), lift.tolist(), strict=True)]
    return fmpz_mat(a.shape[0], a.shape[1], entries), down


def _fmpq_mat(a: Exact) -> fmpq_mat:
    return fmpq_mat(a.shape[0], a.shape[1], rationals(a).ravel().tolist())


def integer_multiple(a: Exact) -> fmpz_mat:
    """A matrix times the least power of two, or other integer, that makes it integral.

    Examples
    --------
    >>> from lumpver.exact.array import array
    >>> integer_multiple(array([[0.5, 1]])).tolist()
    [[1, 2]]
    """
    return _integers(a)[0] if is_float(a) else _fmpq_mat(a).numer_denom()[0]
