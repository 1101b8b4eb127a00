"""Multipliers that show that a form is never negative, at a glance, or in a few cases.

target: the form, or its negative where it is to be never positive
live: the columns that it is made of
rest: what is left of it
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from flint import fmpq

from lumpver.claim.signs import Leaf, Sign
from lumpver.errors import TooLarge
from lumpver.exact.scalar import ONE, ZERO
from lumpver.model.forms import CONSTANT, Columns, Form, add, is_multiple, needed, place_of, scaled
from lumpver.search.simplex import Effort, factors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST_SPLIT: Final = 3  # columns whose own factor has the wrong sign
_STEPS: Final = 16  # of which it is tried to see a sign at a glance
_COLUMNS: Final = 96  # that a form may need


def _stretched(sign: Sign, factor: fmpq, unit: int, *, up: bool) -> Sign:
    """The sign of a unit whose form is so many times that of another, or of its negative."""
    leaves = tuple(tuple((g, factor * times) for g, times in leaf) for leaf in sign.leaves)
    return Sign(unit, up, sign.split, leaves)


@dataclass(frozen=True, slots=True)
class Look:
    """Columns, what may be spent, and whether entries that forms begin with are never negative."""

    columns: Columns
    effort: Effort
    never_negative: bool
    tried: dict[int, list[tuple[Form, Sign | None]]] = field(default_factory=dict)

    def behind(self, column: int) -> Form:
        """The form of which a column is what an activation makes."""
        return self.columns.behind[column - self.columns.inputs]

    def slope(self, column: int) -> fmpq:
        """That activation's slope."""
        return self.columns.slopes[column - self.columns.inputs]

    def shown(self, form: Form, unit: int, *, up: bool) -> Sign | None:
        """The sign of a unit of this form, if that is shown."""
        target = scaled(form, ONE if up else -ONE)
        if max(target, default=CONSTANT) == CONSTANT:
            return None
        tried = self.tried.setdefault(place_of(target), [])
        for other, sign in tried:
            last = max(other)
            factor = target[last] / other[last] if last in target else ZERO
            if factor > 0 and is_multiple(target, factor, other):
                return sign and _stretched(sign, factor, unit, up=up)
        tried.append((target, self._looked(target, unit, up=up)))
        return tried[-1][1]

    def _looked(self, target: Form, unit: int, *, up: bool) -> Sign | None:
        live = needed([target], self.columns)
        plain = self._by_taking(target) if live else None
        if plain is not None:
            return Sign(unit, up, (), (plain,))
        if not live or len(live) > _COLUMNS or self.effort.left <= 0:
            return None
        try:
            return self._by_cases(target, live, unit, up=up)
        except TooLarge:
            return None

    def _by_cases(self, target: Form, live: Sequence[int], unit: int, *, up: bool) -> Sign | None:
        for split in self._splits(target, live):
            leaves: list[Leaf] = []
            for case in range(2 ** len(split)):
                leaf = self._leaf(target, case, split, live)
                if leaf is None:
                    break
                leaves.append(leaf)
            else:
                return Sign(unit, up, split, tuple(leaves))
        return None

    def _by_taking(self, target: Form) -> Leaf | None:
        """Multipliers that are met by taking away what leads to the first entry of a wrong sign."""
        rest, taken = dict(target), dict[int, fmpq]()
        for _ in range(_STEPS):
            wrong = min((c for c in rest if not self._is_right(c, rest[c])), default=None)
            if wrong is None:
                return self._with_rest(taken, rest)
            for column, factor in rest.items():
                behind = {} if column < self.columns.inputs else self.behind(column)
                met = behind.get(wrong, ZERO)
                able = column > wrong and factor > 0 and met != 0 and self.slope(column) < 1
                if able and rest[wrong] == -factor * met:
                    break
            else:
                return None
            taken[2 * column] = taken.get(2 * column, ZERO) + factor
            del rest[column]
            add(rest, factor, behind)
        return None

    def _is_right(self, column: int, factor: fmpq) -> bool:
        """Whether so many times a column is never negative: 1, an entry, what is above its bend."""
        if factor <= 0 or CONSTANT < column < self.columns.inputs:
            return bool(factor > 0) and self.never_negative
        return column == CONSTANT or bool(self.slope(column) <= 0)

    def _with_rest(self, taken: dict[int, fmpq], rest: Form) -> Leaf:
        """The generators taken, and those of which columns are that are left."""
        for column, factor in rest.items():
            if column == CONSTANT:
                continue
            slope = ZERO if column < self.columns.inputs else self.slope(column)
            side = 2 * column + (column >= self.columns.inputs)
            for generator, share in ((side, ONE), (2 * column, -slope)):
                if share != 0:
                    more = factor * share / (1 - slope)
                    taken[generator] = taken.get(generator, ZERO) + more
        return tuple(sorted(taken.items()))

    def _splits(self, target: Form, live: Sequence[int]) -> Iterator[tuple[int, ...]]:
        """Columns to split: those that must be, and with each other one."""
        within = {d for c in live for d in self.behind(c)}
        must = tuple(c for c in live if c not in within and (target[c] < 0) == (self.slope(c) < 1))
        if len(must) <= MOST_SPLIT:
            yield must
            yield from (tuple(sorted((*must, c))) for c in live if c not in must)

    def _leaf(
        self, target: Form, case: int, split: tuple[int, ...], live: Sequence[int]
    ) -> Leaf | None:
        """Multipliers of generators that add up to a form in a case, but for a number >= 0."""
        sides = {
            column: self.slope(column) if case >> place & 1 else ONE
            for place, column in enumerate(reversed(split))
        }
        parts = {g: self._in_case(form, sides) for g, form in self._generators(target, live)}
        parts = {g: form for g, form in parts.items() if form}
        rest = self._in_case(target, sides)
        places = sorted({CONSTANT, *rest, *(c for form in parts.values() for c in form)})
        self.effort.takes(len(places) * len(parts))
        rows = [
            [*(form.get(c, ZERO) for form in parts.values()), ONE if c == CONSTANT else ZERO]
            for c in places
        ]
        found = factors(rows, [rest.get(c, ZERO) for c in places], self.effort)
        if found is None:
            return None
        return tuple((g, value) for g, value in zip(parts, found, strict=False) if value > 0)

    def _generators(self, target: Form, live: Sequence[int]) -> Iterator[tuple[int, Form]]:
        """What is never negative, by number: of each column two, of entries where that is so."""
        forms = [target, *map(self.behind, live)] if self.never_negative else []
        entries = {c for form in forms for c in form if 0 <= c < self.columns.inputs}
        for entry in sorted(entries):
            yield 2 * entry, {entry: ONE}
        for c in live:
            turn = ONE if self.slope(c) < 1 else -ONE
            for side, factor in enumerate((ONE, self.slope(c))):
                form = {c: turn}
                if factor != 0:
                    add(form, -turn * factor, self.behind(c))
                yield 2 * c + side, form

    def _in_case(self, form: Form, sides: dict[int, fmpq]) -> Form:
        """A form with the columns of a split as they are in a case, the last ones first."""
        found = dict(form)
        for column, slope in sides.items():
            value = found.pop(column, None)
            if value is not None and slope != 0:
                add(found, value * slope, self.behind(column))
        return found
