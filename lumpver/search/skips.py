"""Kinks alone, where units that reflect each other cancel: one unit for each column.

Nothing is carried: a level reads inputs and earlier levels wherever its forms need them, past
the levels between. There are as many units as kinks, and as many levels as they need.

level: the columns of one activation that can be made at a time, or at the end the outputs
read: inputs or an earlier level, of which some form of a level has a column

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*, Section 4, which looks
for relationships less restrictive than proportionality; theory F.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lumpver.exact.array import Exact, amended, zeros
from lumpver.exact.scalar import ONE
from lumpver.model.forms import CONSTANT, needed, scaled
from lumpver.search.carried import whole
from lumpver.search.kinks import early, late

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flint import fmpq

    from lumpver.model.forms import Columns, Form
    from lumpver.search.kinks import Chain


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """Weights over what is read, side by side: 0 is the inputs, 1 the first level.

    An activation of this `slope` follows; None at the end.
    """

    reads: tuple[int, ...]
    W: Exact
    b: Exact
    slope: fmpq | None


@dataclass(frozen=True, slots=True, eq=False)
class Skips:
    """Levels that read past each other, the outputs last."""

    levels: tuple[Level, ...]

    @property
    def widths(self) -> tuple[int, ...]:
        """How many units there are on each level, outputs aside."""
        return tuple(int(level.W.shape[0]) for level in self.levels[:-1])

    @property
    def units(self) -> int:
        """How many units there are, outputs aside."""
        return sum(self.widths)

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return sum(level.W.size + level.b.size for level in self.levels)


def plain(chain: Chain) -> Skips:
    """A chain, each of whose levels reads the one before and no other."""
    slopes = (*chain.slopes, None)
    pairs = zip(chain.layers, slopes, strict=True)
    levels = (Level((i,), W, b, slope) for i, ((W, b), slope) in enumerate(pairs))
    return Skips(tuple(levels))


def skipping(outputs: Sequence[Form], columns: Columns) -> Skips:
    """Levels that compute these forms, by one unit for each column that is needed.

    Each column is made as soon or as late as can be, whichever takes fewer numbers.

    Examples
    --------
    >>> from lumpver.exact.scalar import ZERO
    >>> from lumpver.model.forms import Columns, add
    >>> columns = Columns(2)
    >>> maximum = columns.activated({0: ONE, 1: -ONE}, ZERO)  # ReLU(a - b) + b
    >>> add(maximum, ONE, {1: ONE})
    >>> found = skipping([maximum], columns)
    >>> found.units, [level.reads for level in found.levels]
    (1, [(0,), (0, 1)])
    """
    live = needed(outputs, columns)
    found = [
        _levels(outputs, columns, placed) for placed in (early(live, columns), late(live, columns))
    ]
    return min(found, key=lambda one: one.size)


def _levels(outputs: Sequence[Form], columns: Columns, placed: Mapping[int, int]) -> Skips:
    made: dict[tuple[int, fmpq], list[int]] = {}
    for column, level in placed.items():
        made.setdefault((level, columns.slopes[column - columns.inputs]), []).append(column)
    parts = [list(range(columns.inputs)), *(made[key] for key in sorted(made))]
    factors = {column: whole(columns, column) for column in placed}
    levels = []
    for part in parts[1:]:
        forms = [scaled(columns.behind[c - columns.inputs], factors[c]) for c in part]
        slope = columns.slopes[part[0] - columns.inputs]
        levels.append(_level(forms, parts, factors, slope))
    return Skips((*levels, _level(outputs, parts, factors, None)))


def _level(
    forms: Sequence[Form],
    parts: Sequence[list[int]],
    factors: Mapping[int, fmpq],
    slope: fmpq | None,
) -> Level:
    """The weights of forms over those parts of which they have columns."""
    used = {column for form in forms for column in form}
    reads = tuple(i for i, part in enumerate(parts) if not used.isdisjoint(part)) or (0,)
    read = [column for i in reads for column in parts[i]]
    place = {column: i for i, column in enumerate(read)}
    W: dict[int, fmpq] = {}
    b: dict[int, fmpq] = {}
    for i, form in enumerate(forms):
        for column, value in form.items():
            if column == CONSTANT:
                b[i] = value
            else:
                W[i * len(read) + place[column]] = value / factors.get(column, ONE)
    return Level(
        reads, amended(zeros(len(forms), len(read)), W), amended(zeros(len(forms)), b), slope
    )
