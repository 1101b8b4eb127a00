"""The one idea: t = M t' + k, what a tensor is in terms of its reduced counterpart.

A row of M has one entry, its unit's scale, in the column of its block; none for a
constant; several for a unit that is a combination of others, which only units that never
switch may be. The columns are the counterpart's units, then the ghosts: blocks that the
reduced network no longer has because nothing observes them.

block: the column of a unit's only entry; -1 where there is none or several
scale: the entry, s in `unit = s * block's unit`; rho of the paper is its reciprocal
mixed: the rows with several entries
constant: k, which for a row without entry is the unit's value
ghost: a column without a counterpart
off: ghosts that stay where an activation is constant, as ReLU is below 0

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*, Definition 7.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lumpver.errors import Malformed, ShapeMismatch
from lumpver.exact.array import Exact, array, entry, equal, nonzero, rationals, zeros
from lumpver.exact.scalar import ZERO, to_sympy
from lumpver.model.spread import ALONE, Spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    import sympy
    from flint import fmpq


Indices = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


def _none() -> Indices:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Mixed:
    """The entries of rows that have several: M[unit[i], block[i]] = scale[i].

    Sorted by unit, then block.
    """

    unit: Indices = field(default_factory=_none)
    block: Indices = field(default_factory=_none)
    scale: Exact = field(default_factory=lambda: zeros(0))

    def __bool__(self) -> bool:
        return bool(self.unit.size)

    @staticmethod
    def of(entries: Sequence[tuple[int, int, fmpq]]) -> Mixed:
        """The entries given as (unit, block, scale), sorted by unit and block.

        Examples
        --------
        >>> Mixed.of([(2, 0, ZERO), (2, 1, ZERO)]).block.tolist()
        [0, 1]
        """
        unit, block = (np.array([one[i] for one in entries], dtype=np.int64) for i in (0, 1))
        return Mixed(unit, block, array([scale for _, _, scale in entries]))

    def sorted(self) -> Mixed:
        """The entries by unit, then block."""
        order = np.lexsort((self.block, self.unit))
        return Mixed(self.unit[order], self.block[order], self.scale[order])

    def where(self, chosen: Mask) -> Mixed:
        """Some of the entries."""
        return Mixed(self.unit[chosen], self.block[chosen], self.scale[chosen])


@dataclass(frozen=True, slots=True, eq=False)
class Relabelling:
    """M (as `block`, `scale` and `mixed`) and k (as `constant`) for a tensor of n units.

    Raises
    ------
    Malformed
        If the vectors differ in length, an index is out of range or out of order, or a unit
        has an entry twice.
    """

    block: Indices
    scale: Exact
    constant: Exact
    width: int
    ghosts: int = 0
    mixed: Mixed = field(default_factory=Mixed)
    off: Indices = field(default_factory=_none)

    def __post_init__(self) -> None:
        n = self.block.shape[0]
        if self.scale.shape != (n,) or self.constant.shape != (n,):
            raise Malformed("relabelling", expected=f"{n} units", got="other lengths")
        if not _in_range(self.block, -1, self.columns):
            raise Malformed("relabelling", expected="blocks in range", got="one outside")
        if not (_rising(self.off) and _in_range(self.off, self.width, self.columns)):
            raise Malformed("relabelling", expected="ghosts in rising order", got="others")
        if self.mixed:
            self._check_mixed()

    def _check_mixed(self) -> None:
        unit, block = self.mixed.unit, self.mixed.block
        if not unit.shape == block.shape == self.mixed.scale.shape:
            raise Malformed("relabelling", expected="entries of one number", got="other lengths")
        if not (_in_range(unit, 0, self.units) and _in_range(block, 0, self.columns)):
            raise Malformed("relabelling", expected="entries in range", got="one outside")
        if not _rising(unit * self.columns + block):
            raise Malformed("relabelling", expected="entries in rising order", got="another")
        if (self.block[unit] >= 0).any():
            raise Malformed("relabelling", expected="no block beside several", got="one")

    @property
    def columns(self) -> int:
        """Units of the counterpart and ghosts together."""
        return self.width + self.ghosts

    @property
    def units(self) -> int:
        """How many units the original tensor has."""
        return int(self.block.shape[0])

    @property
    def fixed(self) -> Mask:
        """The units that are constants: their rows of M are zero."""
        found = self.block < 0
        found[self.mixed.unit] = False
        return np.asarray(found, dtype=bool)

    @property
    def shifted(self) -> Mask:
        """The units that have a constant beside their entry."""
        return np.asarray((self.block >= 0) & nonzero(self.constant), dtype=bool)

    @property
    def is_plain(self) -> bool:
        """Whether it needs nothing of signs: at most one entry a row, or else a constant.

        Examples
        --------
        >>> identity(3).is_plain
        True
        """
        return not (self.mixed or self.off.size or self.shifted.any())

    @property
    def is_identity(self) -> bool:
        """Whether t = t', unit by unit.

        Examples
        --------
        >>> identity(3).is_identity
        True
        """
        n = self.units
        return (
            self.width == n
            and self.ghosts == 0
            and not self.mixed
            and bool((self.block == np.arange(n)).all())
            and bool(equal(self.scale, np.ones(n)).all())
            and not self.has_constants
        )

    @property
    def has_constants(self) -> bool:
        """Whether k is not zero."""
        return not bool(equal(self.constant, zeros(self.units)).all())

    def members(self, column: int) -> npt.NDArray[np.int64]:
        """The units of a block, in rising order."""
        return np.flatnonzero(self.block == column)

    def row(self, unit: int) -> list[tuple[int, fmpq]]:
        """The entries of a unit's row of M: columns and scales.

        Examples
        --------
        >>> identity(3).row(1)
        [(1, 1)]
        """
        if self.block[unit] >= 0:
            return [(int(self.block[unit]), entry(self.scale, unit))]
        places = np.flatnonzero(self.mixed.unit == unit)
        return [(int(self.mixed.block[i]), entry(self.mixed.scale, int(i))) for i in places]

    def without_ghosts(self) -> Relabelling:
        """M without the columns of ghosts, and k."""
        if not self.ghosts:
            return self
        return Relabelling(
            np.where(self.block < self.width, self.block, -1),
            self.scale,
            self.constant,
            self.width,
            mixed=self.mixed.where(self.mixed.block < self.width),
        )

    def recover(self, reduced: Any) -> list[sympy.Rational | None]:
        """The original units' values, M t' + k, from the counterpart's; None for ghosts.

        Raises
        ------
        ShapeMismatch
            If there is not one value per unit of the counterpart.

        Examples
        --------
        >>> merged = Relabelling(np.array([0, 0]), array([1, "1/3"]), zeros(2), 1)
        >>> merged.recover([6])
        [6, 2]
        """
        values = array(reduced)
        if values.shape != (self.width,):
            got = str(values.shape)
            raise ShapeMismatch("relabelling", expected=f"{self.width} values", got=got)
        given = rationals(values)
        found = rationals(self.constant).copy()
        known = np.ones(self.units, dtype=bool)
        for v in range(self.units):
            for column, scale in self.row(v):
                known[v] &= column < self.width
                found[v] += scale * given[column] if column < self.width else ZERO
        return [to_sympy(x) if sure else None for x, sure in zip(found, known, strict=True)]


def spread(given: Relabelling, over: Spread) -> Relabelling:
    """I (x) M (x) I and k, where units have become several entries; ghosts stay behind the rest.

    Examples
    --------
    >>> merged = Relabelling(np.array([0, 0]), array([1, 2]), zeros(2), 1)
    >>> found = spread(merged, Spread(parts=2))
    >>> found.block.tolist(), found.scale.tolist()
    ([0, 1, 0, 1], [1.0, 1.0, 2.0, 2.0])
    >>> found = spread(merged, Spread(copies=2))
    >>> found.block.tolist(), found.scale.tolist()
    ([0, 0, 1, 1], [1.0, 2.0, 1.0, 2.0])
    """
    if over == ALONE:
        return given
    mixed = given.mixed
    several = Mixed(
        _apart(mixed.unit, over, given.units), _columns(mixed.block, given, over),
        over.of(mixed.scale),
    )  # fmt: skip
    return Relabelling(
        np.where(over.of(given.block < 0), -1, _columns(given.block, given, over)),
        over.of(given.scale),
        over.of(given.constant),
        given.width * over.count,
        given.ghosts * over.count,
        several.sorted(),
        np.sort(_columns(given.off, given, over)),
    )


def _columns(blocks: Indices, given: Relabelling, over: Spread) -> Indices:
    """The columns that each of the blocks has become, those of ghosts behind all others."""
    held = _apart(blocks, over, given.width)
    others = given.width * over.count + _apart(blocks - given.width, over, given.ghosts)
    return np.where(over.of(blocks < given.width), held, others)


def _apart(places: Indices, over: Spread, count: int) -> Indices:
    """The entries that each of these places among `count` has become."""
    copies = np.arange(over.copies)[:, None, None] * count
    found = (copies + places[:, None]) * over.parts + np.arange(over.parts)
    return np.asarray(found.reshape(-1), dtype=np.int64)


def _in_range(indices: Indices, low: int, end: int) -> bool:
    return not indices.size or bool(indices.min() >= low and indices.max() < end)


def _rising(indices: Indices) -> bool:
    return bool((np.diff(indices) > 0).all())


def identity(n: int) -> Relabelling:
    """t = t' for n units."""
    return Relabelling(np.arange(n), np.ones(n), zeros(n), n)
