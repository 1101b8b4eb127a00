"""Forms: what units are as affine combinations of columns, and one column per hyperplane.

A column is an input entry, or r_c = A(h_c) for a form h_c over earlier columns. A unit whose
form is a multiple of h_c, of either sign, has no column of its own: A(-h) = A(h) - (1 + a) h.
Equal forms are equal functions, since each step is an identity of functions (theory F.1).

slope: a, the factor of A on negative arguments, where A(y) = y for y >= 0; 0 for ReLU
kink: what is not affine in r_c
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.errors import TooLarge
from lumpver.exact.array import Exact, nonzero, rationals
from lumpver.exact.scalar import ONE, ZERO

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from flint import fmpq

Form = dict[int, "fmpq"]
CONSTANT: Final = -1  # the column that is 1
_STEPS: Final = 16  # of which it is tried to see a sign


@dataclass(slots=True)
class Columns:
    """The columns met so far: inputs from 0 on, then activated ones, by their hyperplanes.

    `room` is how many entries forms may still have; `factors` tells of each activated column which
    multiple of it the last unit on its hyperplane is, without its sign.

    Examples
    --------
    >>> columns = Columns(1)
    >>> columns.activated({0: ONE}, ZERO), columns.activated({0: -2 * ONE}, ZERO)
    ({1: 1}, {1: 2, 0: -2})
    """

    inputs: int
    room: int = 2**23
    behind: list[Form] = field(default_factory=list)
    slopes: list[fmpq] = field(default_factory=list)
    met: dict[int, list[int]] = field(default_factory=dict)
    factors: list[fmpq] = field(default_factory=list)

    def activated(self, form: Form, slope: fmpq) -> Form:
        """The form of A of what has a form, for A of this slope.

        Raises
        ------
        TooLarge
            If there is no room left for it.
        """
        if slope == 1:
            return form
        sign = self._sign(form)
        if sign is not None:
            return form if sign else scaled(form, slope)
        column, factor = self._column(form, slope)
        self.factors[column - self.inputs] = abs(factor)
        if factor > 0:
            return {column: factor}
        found = {column: -factor}
        if slope != -1:
            add(found, (1 + slope) * factor, self.behind[column - self.inputs])
        self.takes(len(found))
        return found

    def _sign(self, form: Form) -> bool | None:
        """Whether a form is never negative, False if never positive; None if that is not seen."""
        if CONSTANT < max(form, default=CONSTANT) < self.inputs:
            return None  # inputs are anything
        if self._is_never_negative(form, ONE):
            return True
        return False if self._is_never_negative(form, -ONE) else None

    def _is_never_negative(self, form: Form, sign: fmpq) -> bool:
        """Whether a form, by that sign, adds up with factors >= 0 what is never negative.

        That is 1, r_c where A is never negative, and r_c - h_c where its slope is at most 1; of
        the last only those are tried that take away the first entry that no other can be.
        """
        for _ in range(_STEPS):
            wrong = min(
                (c for c, m in form.items() if not self._is_fine(c, sign * m)), default=None
            )
            if wrong is None:
                return True
            column = next((c for c in form if self._takes_away(c, wrong, form, sign)), None)
            if column is None:
                break
            factor, form = form[column], dict(form)
            del form[column]
            add(form, factor, self.behind[column - self.inputs])
        return False

    def _is_fine(self, column: int, factor: fmpq) -> bool:
        return factor > 0 and (column == CONSTANT or self._is_up(column))

    def _takes_away(self, column: int, wrong: int, form: Form, sign: fmpq) -> bool:
        """Whether form - m (r_c - h_c), for the m that it has of r_c, is without an entry."""
        if column < self.inputs or column <= wrong:
            return False
        behind = self.behind[column - self.inputs].get(wrong)
        if behind is None or sign * form[column] <= 0 or self.slopes[column - self.inputs] > 1:
            return False
        return form[wrong] == -form[column] * behind

    def _is_up(self, column: int) -> bool:
        """Whether a column is never negative: an activated one whose slope is not positive."""
        return column >= self.inputs and self.slopes[column - self.inputs] <= 0

    def _column(self, form: Form, slope: fmpq) -> tuple[int, fmpq]:
        """The column whose hyperplane a form's is, a new one if there is none, and its factor."""
        lead, last = min(column for column in form if column != CONSTANT), max(form)
        below = form[lead]
        key = hash(
            (slope, lead, last, len(form), form[last] / below, form.get(CONSTANT, ZERO) / below)
        )
        for column in self.met.setdefault(key, []):
            behind = self.behind[column - self.inputs]
            factor = below / behind[lead] if lead in behind else ZERO
            if self.slopes[column - self.inputs] == slope and _is_multiple(form, factor, behind):
                return column, factor
        column = self.inputs + len(self.behind)
        self.takes(len(form))
        self.behind.append(form)
        self.slopes.append(slope)
        self.factors.append(ONE)
        self.met[key].append(column)
        return column, ONE

    def takes(self, count: int) -> None:
        """Count entries against the room that there is."""
        self.room -= count
        if self.room < 0:
            raise TooLarge("forms", expected="fewer entries", got="more than there is room for")


def scaled(form: Form, factor: fmpq) -> Form:
    """A multiple of a form; the empty one is 0."""
    return {column: factor * value for column, value in form.items()} if factor != 0 else {}


def _is_multiple(form: Form, factor: fmpq, other: Form) -> bool:
    if len(form) != len(other) or form.keys() != other.keys():
        return False
    if factor == 1:
        return form == other
    return all(value == factor * other[column] for column, value in form.items())


def add(total: Form, factor: fmpq, form: Form) -> None:
    """Add a multiple of a form, other than 0; what cancels goes."""
    for column, value in form.items():
        more = factor * value
        before = total.get(column)
        if before is None:
            total[column] = more
        elif before == -more:
            del total[column]
        else:
            total[column] = before + more


def combined(W: Exact, b: Exact, forms: Sequence[Form], columns: Columns) -> list[Form]:
    """The forms of W x + b, for the forms of x.

    Raises
    ------
    TooLarge
        If there is no room left for them.

    Examples
    --------
    >>> one, two = {0: ONE}, {1: ONE, CONSTANT: ONE}
    >>> combined(np.array([[2.0, 1.0]]), np.array([-1.0]), [one, two], Columns(2))
    [{0: 2, 1: 1}]
    """
    found: list[Form] = [{} for _ in range(W.shape[0])]
    rows, units = np.nonzero(nonzero(W))
    weights = rationals(W[rows, units]).tolist()
    spent = 0
    single = [next(iter(form.items())) if len(form) == 1 else None for form in forms]
    for row, unit, weight in zip(rows.tolist(), units.tolist(), weights, strict=True):
        entry, total = single[unit], found[row]
        if entry is None or entry[0] in total:
            spent += len(forms[unit])
            columns.takes(0 if spent <= 4 * columns.room else spent)
            add(total, weight, forms[unit])
        else:
            total[entry[0]] = weight * entry[1]
    columns.takes(sum(map(len, found)))
    shift(found, b)
    return found


def shift(forms: Sequence[Form], b: Exact) -> None:
    """Add to each form its number, as a constant."""
    for form, bias in zip(forms, rationals(b).tolist(), strict=True):
        if bias != 0:
            add(form, bias, {CONSTANT: ONE})


def starting(count: int) -> list[Form]:
    """The forms of so many inputs: each is its own column."""
    return [{column: ONE} for column in range(count)]


def needed(forms: Iterable[Form], columns: Columns) -> list[int]:
    """The activated columns that forms are made of, with all that these are made of, rising."""
    todo, found = [*forms], set[int]()
    while todo:
        for column in todo.pop():
            if column >= columns.inputs and column not in found:
                found.add(column)
                todo.append(columns.behind[column - columns.inputs])
    return sorted(found)


def value(forms: Sequence[Form], columns: Columns, x: Sequence[fmpq]) -> list[fmpq]:
    """What forms are at an input."""
    known: dict[int, fmpq] = {CONSTANT: ONE, **dict(enumerate(x))}

    def at(form: Form) -> fmpq:
        return sum((factor * known[column] for column, factor in form.items()), ZERO)

    for place, (form, slope) in enumerate(zip(columns.behind, columns.slopes, strict=True)):
        y = at(form)
        known[columns.inputs + place] = y if y >= 0 else slope * y
    return [at(form) for form in forms]
