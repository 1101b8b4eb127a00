"""The residual of an equation between exact rows, and the demand that it is zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.errors import reject
from lumpver.exact.array import Exact, add, entry, equal
from lumpver.exact.scalar import text

if TYPE_CHECKING:
    from lumpver.model.relabelling import Indices, Mask

# What is said of constants that are no biases, but what a claimed constant leaves of one.
_SAID: Final = {"constant": ("the constant", "{} more"), "ghost": ("the same multiple", "another")}


def require(holds: Mask, rule: str, layer: str, expected: str, got: str) -> None:
    """It holds for every unit; else the first for which it does not is rejected."""
    if not holds.all():
        reject(rule, layer, expected, got, int(np.flatnonzero(~holds)[0]))


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Some entries that are not zero: ours - theirs at those units, and columns unless constants.

    A residual is a tuple of parts, empty where nothing is left.
    """

    units: Indices
    columns: Indices | None
    ours: Exact
    theirs: Exact

    @property
    def values(self) -> Exact:
        """What is left, entry by entry."""
        return add(self.ours, -self.theirs)


Residual = tuple[Part, ...]


def rows_left(ours: Exact, theirs: Exact, units: Indices, start: int = 0) -> Residual:
    """What is left of rows of those units, whose columns are counted from `start`.

    Examples
    --------
    >>> from lumpver.exact.array import array
    >>> [part.values for part in rows_left(array([[1, 2]]), array([[1, "1/3"]]), np.array([7]))]
    [array([5/3], dtype=object)]
    """
    wrong = ~equal(ours, theirs)
    if not wrong.any():
        return ()
    v, u = np.nonzero(wrong)
    return (Part(units[v], u + start, ours[v, u], theirs[v, u]),)


def constants_left(ours: Exact, theirs: Exact, units: Indices) -> Residual:
    """What is left of the constants of those units."""
    wrong = np.flatnonzero(~equal(ours, theirs))
    return (Part(units[wrong], None, ours[wrong], theirs[wrong]),) if wrong.size else ()


def require_zero(rule: str, layer: str, residual: Residual) -> None:
    """Nothing is left.

    Raises
    ------
    Rejected
        Naming the first entry that is not zero.
    """
    if not residual:
        return
    part = residual[0]
    unit = int(part.units[0])
    if part.columns is None and rule in _SAID:
        wanted, found = _SAID[rule]
        reject(rule, layer, wanted, found.format(text(entry(part.values, 0))), unit)
    place, where = "bias", ""
    if part.columns is not None:
        place, where = "weight", f" in column {part.columns[0]}"
    expected, got = text(entry(part.theirs, 0)), text(entry(part.ours, 0))
    reject(rule, layer, f"{place} {expected}{where}", got, unit)
