"""Tensors that are alike at most positions, as the columns of units that are different.

A window makes the same of what is the same around it: where an image is a constant but for a
patch, few columns are different behind every layer, however large the image is.

column: the units at one position
which: for every position its column
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.errors import TooLarge
from lumpver.exact.array import Exact, is_float

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lumpver.model.relabelling import Indices

MOST_LAID_OUT: Final = 2**24


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """A tensor by its different columns along `axis`, counted from the end.

    Examples
    --------
    >>> found = pattern(np.array([[[1.0, 2.0, 1.0, 1.0]]]), -2)
    >>> found.columns.tolist(), found.which.tolist()
    ([[1.0, 2.0]], [[0, 1, 0, 0]])
    >>> found.dense.tolist()
    [[[1.0, 2.0, 1.0, 1.0]]]
    """

    columns: Exact
    which: Indices
    axis: int

    @property
    def place(self) -> int:
        """The axis, counted from the front."""
        return self.which.ndim + 1 + self.axis

    @property
    def shape(self) -> tuple[int, ...]:
        """The tensor's shape."""
        around = self.which.shape
        return (*around[: self.place], int(self.columns.shape[0]), *around[self.place :])

    @property
    def dense(self) -> Exact:
        """The tensor.

        Raises
        ------
        TooLarge
            If it has too many entries to be laid out.
        """
        size = prod(self.shape)
        if size > MOST_LAID_OUT:
            expected = f"at most {MOST_LAID_OUT:,} entries"
            raise TooLarge("evaluation", expected=expected, got=f"{size:,}")
        return np.moveaxis(self.columns[:, self.which], 0, self.place)

    def over(self, columns: Exact) -> Pattern:
        """Other columns at the same positions."""
        return replace(self, columns=columns)


def pattern(x: Exact, axis: int) -> Pattern:
    """The tensor by its columns along the axis."""
    rows = np.moveaxis(x, axis, 0)
    shape = rows.shape[1:]
    flat = rows.reshape(rows.shape[0], prod(shape))
    codes, first = together(prod(shape), map(_numbered, flat))
    return Pattern(flat[:, first], codes.reshape(shape), axis)


def _numbered(row: Exact) -> Indices:
    """A number for every entry, the same for the same."""
    if is_float(row):
        return np.unique(row + 0.0, return_inverse=True)[1].reshape(-1)
    entries = row.tolist()  # of which many are one object
    some = {id(entry): entry for entry in entries}
    seen: dict[object, int] = {}
    number = {key: seen.setdefault(entry, len(seen)) for key, entry in some.items()}
    return np.array([number[id(entry)] for entry in entries], dtype=np.int64)


def together(size: int, rows: Iterable[Indices]) -> tuple[Indices, Indices]:
    """A number for each of so many places, the same where all rows agree; where each is first.

    Rows have numbers from -1 on.

    Examples
    --------
    >>> codes, first = together(4, [np.array([0, 0, 5, 0]), np.array([-1, 1, -1, -1])])
    >>> codes.tolist(), first.tolist()
    ([0, 1, 2, 0], [0, 1, 2])
    """
    codes = np.zeros(size, dtype=np.int64)
    first = np.zeros(min(size, 1), dtype=np.int64)
    for row in rows if size > 1 else ():
        below = codes * (int(row.max()) + 2) + row + 1
        _, first, codes = np.unique(below, return_index=True, return_inverse=True)
        codes = codes.reshape(-1)
    return codes, first
