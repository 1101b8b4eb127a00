"""Sums with factors that are not negative, found exactly: the first phase of the simplex method.

Rows are equations. Pivots are chosen by the smallest index (Bland), so that it ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lumpver.errors import TooLarge
from lumpver.exact.scalar import ONE, ZERO

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flint import fmpq


@dataclass(slots=True)
class Effort:
    """How many products may still be computed, of numbers of so many bits."""

    left: int

    def takes(self, count: int) -> None:
        """Count some of them.

        Raises
        ------
        TooLarge
            If there are no more.
        """
        self.left -= count
        if self.left < 0:
            raise TooLarge("multipliers", expected="fewer products", got="more than there may be")


def factors(
    rows: Sequence[Sequence[fmpq]], right: Sequence[fmpq], effort: Effort
) -> list[fmpq] | None:
    """Factors, none negative, of the columns of some rows that add up to the right side.

    None where there are none.

    Raises
    ------
    TooLarge
        If that takes more than there is.

    Examples
    --------
    >>> factors([[ONE, -ONE, ZERO], [ONE, ZERO, ONE]], [ONE, 3 * ONE], Effort(100))
    [3, 2, 0]
    >>> factors([[ONE]], [-ONE], Effort(100)) is None
    True
    """
    width = len(rows[0]) if rows else 0
    table = [
        [*(row if value >= 0 else [-entry for entry in row]), abs(value)]
        for row, value in zip(rows, right, strict=True)
    ]
    basis = [width + i for i in range(len(table))]  # what is still missing of each row
    missing = [sum((row[j] for row in table), ZERO) for j in range(width + 1)]
    while missing[width] > 0:
        entering = next((j for j in range(width) if missing[j] > 0), None)
        if entering is None:
            return None
        able = [i for i, row in enumerate(table) if row[entering] > 0]
        leaving = min(able, key=lambda i: (table[i][width] / table[i][entering], basis[i]))
        basis[leaving] = entering
        _pivot(table, missing, leaving, entering, effort)
    found = [ZERO] * width
    for row, column in zip(table, basis, strict=True):
        if column < width:
            found[column] = row[width]
    return found


def _pivot(
    table: list[list[fmpq]], missing: list[fmpq], leaving: int, entering: int, effort: Effort
) -> None:
    lead = ONE / table[leaving][entering]
    row = table[leaving] = [value * lead for value in table[leaving]]
    used = [(j, value) for j, value in enumerate(row) if value != 0]
    for i, other in enumerate([*table, missing]):
        factor = other[entering]
        if i == leaving or factor == 0:
            continue
        effort.takes(len(used) * (1 + (int(factor.height_bits()) >> 7)))
        for j, value in used:
            other[j] -= factor * value
