"""Numbers that float shortcuts get wrong, and the slow arithmetic to compare with."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lumpver.exact.array import rationals

if TYPE_CHECKING:
    from collections.abc import Sequence

DTYPES: Final = ("f2", "f4", "f8")
_ALWAYS: Final = (0.0, -0.0, 1.0, -1.0, 3.0, 1 / 3, 0.1, 0.2, 0.3, -0.7)
_WIDE: Final = tuple(2.0**k for k in (1000, -1000, 900, 512, -537, 401, 400, -400, -401, 53, -60))


def pool(dtype: str) -> list[float]:
    """Finite numbers of a format: both zeros, subnormals, extremes, full mantissas."""
    info = np.finfo(dtype)
    edge = [info.tiny, info.smallest_subnormal, info.max, info.eps, 1 + info.eps, 1 - info.epsneg]
    wide = [2.0**53 - 1, 5 * 2.0**-1074, *_WIDE] if dtype == "f8" else [2.0**24 - 1, 2.0**-20]
    with np.errstate(all="ignore"):
        values = np.array([*_ALWAYS, *edge, *(-x for x in edge), *wide]).astype(dtype)
    return [float(x) for x in values[np.isfinite(values)]]


def nasty(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> Any:
    """An array of finite numbers of a format, in one of four moods."""
    count = int(np.prod(shape))
    mood = int(rng.integers(4))
    extreme = rng.choice(pool(dtype), count)
    if mood == 0:
        values = extreme
    elif mood == 1:
        values = rng.standard_normal(count)
    elif mood == 2:
        values = rng.integers(-5, 6, count).astype(float)
    else:
        values = np.where(rng.random(count) < 0.5, extreme, rng.standard_normal(count))
    return values.astype(dtype).reshape(shape)


def fractions(numbers: Any) -> Any:
    """The same numbers as an object array of Fractions."""
    exact = rationals(np.asarray(numbers))
    flat = np.empty(exact.size, dtype=object)
    flat[:] = [Fraction(int(x.p), int(x.q)) for x in exact.ravel()]
    return flat.reshape(exact.shape)


def product(a: Any, b: Any) -> Any:
    """The matrix product of two arrays of Fractions, the schoolbook way."""
    rows, columns = a.shape[0], b.shape[1]
    result = np.full((rows, columns), Fraction(0), dtype=object)
    for i in range(rows):
        for j in range(columns):
            result[i, j] = sum((x * y for x, y in zip(a[i], b[:, j], strict=True)), Fraction(0))
    return result


def classes(rows: dict[int, Sequence[Fraction]], *, multiples: bool = True) -> Any:
    """Rows that are positive multiples of each other, by definition, with their ratios."""
    found: list[list[tuple[int, Fraction]]] = []
    for v, row in rows.items():
        for members in found:
            first = rows[members[0][0]]
            pivot = next(j for j, x in enumerate(first) if x)
            ratio = row[pivot] / first[pivot]
            same = all(x == ratio * y for x, y in zip(row, first, strict=True))
            if same and ratio > 0 and (multiples or ratio == 1):
                members.append((v, ratio))
                break
        else:
            found.append([(v, Fraction(1))])
    return found
