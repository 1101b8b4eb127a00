"""Levels of a chain: the columns that are made there, and what has to be carried past them.

Columns that are never negative are carried as they are, together where what is above reads them in
one proportion. Directions take two units, one for either way, since A(t) - A(-t) is (1 + a) t; or
one, where a column of the level bends along it. Columns that may be negative are carried with the
inputs, by directions, and so may all others be, where that takes fewer units.

wanted: the forms that the units of the level above are taken of, or those of the outputs
loose: earlier columns that are carried with the inputs; such as may be negative, or all
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lumpver.exact.scalar import ONE, ZERO, lowest_common, odd_part
from lumpver.model.forms import CONSTANT, scaled
from lumpver.search.directions import coordinates, of_inputs, preferred, spanning

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from flint import fmpq

    from lumpver.model.forms import Columns, Form


@dataclass(frozen=True, slots=True)
class Way:
    """A direction, and two units whose difference is 1 + a times it and a number."""

    form: Form
    units: tuple[int, int]
    number: fmpq


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """What the units of a level are taken of, and what forms are made of by them.

    The first units are those of its own columns, so many. Unit u is A of `taken[u]`. The first
    of them give the sums of columns in `sums`, one each, and some others the directions of `ways`.
    """

    born: int
    slope: fmpq
    taken: tuple[Form, ...]
    sums: tuple[Form, ...]
    ways: tuple[Way, ...]
    loose: frozenset[int]

    @property
    def carries(self) -> bool:
        """Whether there are units beside those of the level's own columns."""
        return len(self.taken) > self.born

    def rows(self, forms: Sequence[Form], inputs: int) -> Iterator[tuple[dict[int, fmpq], fmpq]]:
        """Forms over the units of the level: of each a factor for each unit, and a constant."""
        parts = [_signed(form, inputs, self.loose) for form in forms]
        shares = coordinates(parts, [way.form for way in self.ways])
        for form, some in zip(forms, shares, strict=True):
            yield self._row(form, some)

    def _row(self, form: Form, shares: Sequence[fmpq]) -> tuple[dict[int, fmpq], fmpq]:
        entries: dict[int, fmpq] = {}
        for unit, part in enumerate(self.sums):
            column = min(part)
            if column in form:
                entries[unit] = form[column] / part[column]
        constant = form.get(CONSTANT, ZERO)
        for way, share in zip(self.ways, shares, strict=True):
            for unit, sign in zip(way.units, (ONE, -ONE), strict=True):
                value = sign * share / (1 + self.slope)
                entries[unit] = entries.get(unit, ZERO) + value
            constant -= share * way.number
        return {unit: value for unit, value in entries.items() if value != 0}, constant


def levels(
    columns: Columns, wanted: Sequence[Form], born: Sequence[int], before: Sequence[int]
) -> Iterator[Level]:
    """Levels of which the wanted forms can be made, each of other loose columns or directions.

    There are none where columns of several slopes are made, or |y| has to carry a sign.
    """
    slope, *others = {columns.slopes[c - columns.inputs] for c in born}
    if others:
        return
    signed = {c for c in before if columns.slopes[c - columns.inputs] > 0}
    for loose in dict.fromkeys((frozenset(signed), frozenset(before))):
        parts = [_signed(form, columns.inputs, loose) for form in wanted]
        directions = spanning(parts)
        if directions and slope == -1:
            continue
        own = _made(columns, wanted, born, _together(columns, wanted, {*loose, *born}))
        yield _level(own, loose, [], directions, slope)
        chosen, rest = _bending(own, loose, columns.inputs, directions, parts)
        if chosen:
            yield _level(own, loose, chosen, rest, slope)


@dataclass(frozen=True, slots=True)
class _Own:
    """A level's own columns, what its first units are taken of, and the sums that these give."""

    born: int
    taken: tuple[Form, ...]
    sums: tuple[Form, ...]


def _made(
    columns: Columns, wanted: Sequence[Form], born: Sequence[int], groups: Sequence[Form]
) -> _Own:
    own = [(c, whole(columns, c)) for c in born if any(c in form for form in wanted)]
    taken = [scaled(columns.behind[c - columns.inputs], s) for c, s in own]
    return _Own(len(own), (*taken, *groups), (*({c: s} for c, s in own), *groups))


def _bending(
    own: _Own,
    loose: Collection[int],
    inputs: int,
    directions: Sequence[Form],
    parts: Sequence[Form],
) -> tuple[list[tuple[int, Form]], Sequence[Form]]:
    """Units that bend along a direction that is carried, and the other directions.

    None where factors would have odd denominators that they had not: floats do not hold those.
    """
    along: list[tuple[int, Form]] = []
    for unit, form in enumerate(own.taken[: own.born]):
        part = _signed(form, inputs, loose)
        if len(part) == len(form) - (CONSTANT in form):
            along.append((unit, part))
    chosen, rest = preferred([part for _, part in along], directions)
    some = [along[i] for i in chosen]
    old, new = (
        odd_part(lowest_common([v.q for row in coordinates(parts, basis) for v in row]))
        for basis in (directions, [*(part for _, part in some), *rest])
    )
    return (some, rest) if old % new == 0 else ([], directions)


def _level(
    own: _Own,
    loose: frozenset[int],
    chosen: Sequence[tuple[int, Form]],
    directions: Sequence[Form],
    slope: fmpq,
) -> Level:
    taken = [*own.taken]
    ways: list[Way] = []
    for unit, part in chosen:
        ways.append(Way(part, (unit, len(taken)), taken[unit].get(CONSTANT, ZERO)))
        taken.append(scaled(taken[unit], -ONE))
    for direction in directions:
        ways.append(Way(direction, (len(taken), len(taken) + 1), ZERO))
        taken += [direction, scaled(direction, -ONE)]
    return Level(own.born, slope, tuple(taken), own.sums, tuple(ways), loose)


def _together(columns: Columns, wanted: Sequence[Form], others: set[int]) -> list[Form]:
    """Sums of columns but for these, each read in one proportion by all that is wanted."""
    groups: dict[tuple[tuple[int, fmpq], ...], Form] = {}
    for c in sorted({c for form in wanted for c in form if c >= columns.inputs} - others):
        read = [(i, form[c]) for i, form in enumerate(wanted) if c in form]
        lead = abs(read[0][1])
        key = tuple((i, value / lead) for i, value in read)
        groups.setdefault(key, {})[c] = lead
    return [*groups.values()]


def _signed(form: Form, inputs: int, loose: Collection[int]) -> Form:
    """What a form has of the inputs, and of columns that are carried with them."""
    found = of_inputs(form, inputs)
    return found | {c: form[c] for c in form if c in loose} if loose else found


def whole(columns: Columns, column: int) -> fmpq:
    """Which multiple of a column its unit is to be: as the last one was, where that is exact."""
    factor = columns.factors[column - columns.inputs]
    return factor if odd_part(factor.p) == odd_part(factor.q) == 1 else ONE
