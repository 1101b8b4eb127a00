"""Exact arrays: numpy arrays whose entries are the numbers.

An exact array is a numpy array either of a floating dtype with finite entries, each
standing for the dyadic rational that it is, or of dtype object with `fmpq` entries.
Every function here returns exact arrays, as float64 where that holds the result.

exact array: as above; the dtype is storage, never part of the value
compact: stored as float64 where every entry allows it
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
from flint import fmpq, fmpz

from lumpver.errors import NotANumber, ShapeMismatch
from lumpver.exact import floats
from lumpver.exact.scalar import ZERO, number, to_float

if TYPE_CHECKING:
    from collections.abc import Mapping

Exact = npt.NDArray[Any]
Indices = npt.NDArray[np.intp]
_LITTLE: Final = 16  # at most one entry in so many, to be sorted


def array(data: Any, *, where: str = "array") -> Exact:
    """The exact array of `data`: nested sequences, numpy arrays or sympy matrices.

    Floating arrays of up to 64 bits are kept as they are (not copied); everything else is
    read number by number.

    Raises
    ------
    NotANumber
        Where an entry is NaN, infinite or no rational; the index is named.
    ShapeMismatch
        Where rows have different lengths.

    Examples
    --------
    >>> array([["1/2", 3]]).dtype, array([["1/3", 3]]).dtype
    (dtype('float64'), dtype('O'))
    """
    if isinstance(data, np.ndarray) and data.dtype.kind == "f" and data.dtype.itemsize <= 8:
        return finite(data, where=where)
    shape = getattr(data, "shape", None)
    if hasattr(data, "tolist") and not isinstance(data, np.ndarray):
        data = data.tolist()
    raw = np.asarray(_frozen(data), dtype=object)
    if raw.size == 0 and isinstance(shape, tuple):
        raw = raw.reshape(shape)  # lists forget how many columns no rows have
    result = np.empty(raw.shape, dtype=object)
    for index in np.ndindex(raw.shape):
        entry = raw[index]
        if isinstance(entry, list | tuple):
            raise ShapeMismatch(where, expected="rows of one length", got="ragged rows")
        result[index] = number(entry)
    return compact(result)


def _frozen(data: Any) -> Any:
    """`data` with numpy rows as lists, so that object arrays do not nest."""
    if isinstance(data, list | tuple):
        return [_frozen(row) for row in data]
    return data.tolist() if isinstance(data, np.ndarray) else data


def finite(data: Exact, *, where: str) -> Exact:
    """`data`, if no entry is NaN or infinite.

    Raises
    ------
    NotANumber
        Naming the first index that is not a number.
    """
    if data.dtype.kind == "O" or bool(np.isfinite(data).all()):
        return data
    index = tuple(int(i) for i in np.argwhere(~np.isfinite(data))[0])
    raise NotANumber(f"{where}{list(index)}", expected="a number", got=str(data[index]))


def is_float(a: Exact) -> bool:
    """Whether the entries are stored as floats."""
    return a.dtype.kind == "f"


def as_float64(a: Exact) -> npt.NDArray[np.float64]:
    """A floating exact array in float64, which holds every smaller format."""
    return np.asarray(a, dtype=np.float64)


def rationals(a: Exact) -> Exact:
    """The same numbers as `fmpq` objects.

    Examples
    --------
    >>> rationals(np.array([0.5, -0.0])).tolist()
    [1/2, 0]
    """
    if not is_float(a):
        return a
    result = np.full(a.shape, ZERO, dtype=object)
    flat, values = result.reshape(-1), np.asarray(a, dtype=np.float64).ravel()
    used = np.flatnonzero(values)
    for i, value in zip(used.tolist(), values[used].tolist(), strict=True):
        flat[i] = fmpq(*value.as_integer_ratio())
    return result


def alike(*parts: Exact) -> list[Exact]:
    """The arrays as they are where all hold floats, or else all as `fmpq` objects.

    Examples
    --------
    >>> [part.tolist() for part in alike(np.array([0.5]), array(["1/3"]))]
    [[1/2], [1/3]]
    """
    return list(parts) if all(map(is_float, parts)) else [rationals(part) for part in parts]


def compact(a: Exact) -> Exact:
    """The same numbers, as float64 if float64 holds all of them."""
    if is_float(a):
        return a
    result = np.empty(a.shape, dtype=np.float64)
    flat = result.reshape(-1)
    for i, value in enumerate(a.reshape(-1)):
        guess = to_float(value)
        if guess is None:
            return a
        flat[i] = guess
    return result


def zeros(*shape: int) -> Exact:
    """An exact array of zeros."""
    return np.zeros(shape, dtype=np.float64)


def equal(a: Exact, b: Exact) -> npt.NDArray[np.bool_]:
    """Where two exact arrays of one shape hold the same number.

    Examples
    --------
    >>> equal(array(["1/3", "1/2"]), array([1 / 3, 0.5])).tolist()
    [False, True]
    """
    if is_float(a) and is_float(b):
        return np.asarray(a == b)  # comparing mixed float formats widens exactly
    return np.asarray(rationals(a) == rationals(b), dtype=bool)


def nonzero(a: Exact) -> npt.NDArray[np.bool_]:
    """Where an entry is not zero."""
    return np.asarray(a != (0 if is_float(a) else ZERO), dtype=bool)


def places(a: Exact) -> tuple[Indices, Indices]:
    """Rows and columns of what is not zero in a matrix, row by row.

    Examples
    --------
    >>> [part.tolist() for part in places(np.array([[0.0, 2.0], [-1.0, 0.0]]))]
    [[0, 1], [1, 0]]
    """
    used = nonzero(a)
    height, width = (max(size, 1) for size in a.shape)
    if used.flags.c_contiguous or np.count_nonzero(used) > a.size / _LITTLE:
        # where there is little, a tenth of what `np.nonzero` takes
        return np.divmod(np.flatnonzero(used), width)
    columns, rows = np.divmod(np.flatnonzero(used.T), height)  # in the order of its memory
    order = np.argsort(rows, kind="stable")
    return rows[order], columns[order]


def negative(a: Exact) -> npt.NDArray[np.bool_]:
    """Where an entry is below zero.

    Examples
    --------
    >>> negative(array(["-1/3", 0, 2])).tolist()
    [True, False, False]
    """
    return np.asarray(a < (0 if is_float(a) else ZERO), dtype=bool)


def positive(a: Exact) -> npt.NDArray[np.bool_]:
    """Where an entry is above zero."""
    return np.asarray(a > (0 if is_float(a) else ZERO), dtype=bool)


def add(a: Exact, b: Exact) -> Exact:
    """a + b, exactly; shapes broadcast as in numpy.

    Examples
    --------
    >>> add(array([2.0**60]), array([1])).tolist()
    [1152921504606846977]
    """
    if is_float(a) and is_float(b):
        total, inexact = floats.inexact_sum(as_float64(a), as_float64(b))
        if not inexact.any():
            return total
    return compact(np.asarray(rationals(a) + rationals(b), dtype=object))


def multiply(a: Exact, b: Exact) -> Exact:
    """a * b entry by entry, exactly; shapes broadcast as in numpy."""
    if is_float(a) and is_float(b):
        if floats.product_is_easy(a, b) or floats.factors_are_easy(b, as_float64(a)):
            return np.asarray(as_float64(a) * as_float64(b))
        product, inexact = floats.inexact_product(
            *np.broadcast_arrays(as_float64(a), as_float64(b))
        )
        if not inexact.any():
            return product
    return compact(np.asarray(rationals(a) * rationals(b), dtype=object))


def divide(a: Exact, divisor: Exact) -> Exact:
    """a / divisor entry by entry, exactly; shapes broadcast as in numpy, no zeros below.

    Examples
    --------
    >>> divide(array([3, 7]), array([3])).tolist()
    [1, 7/3]
    """
    if is_float(a) and is_float(divisor):
        quotient, inexact = floats.inexact_quotient(
            *np.broadcast_arrays(as_float64(a), as_float64(divisor))
        )
        if not inexact.any():
            return quotient
    return compact(np.asarray(rationals(a) / rationals(divisor), dtype=object))


def negate(a: Exact) -> Exact:
    """-a."""
    return -a


def amended(a: Exact, entries: Mapping[int, fmpq]) -> Exact:
    """The floats `a` with other entries at some places of the flat array."""
    values = [to_float(value) for value in entries.values()]
    places = list(entries)
    if None in values:
        a.flat[places] = 0
        a = rationals(a)
        for place, value in entries.items():
            a.flat[place] = value
    elif values:
        a.flat[places] = values
    return a


def entry(a: Exact, *index: int) -> fmpq:
    """One entry of an exact array, as `fmpq`."""
    value = a[index]
    if isinstance(value, fmpq):
        return value
    return fmpq(*(fmpz(part) for part in float(value).as_integer_ratio()))
