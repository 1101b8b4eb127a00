"""Forms: what units are as affine combinations of columns, and one column per hyperplane.

A column is an input entry, or r_c = A(h_c) for a form h_c over earlier columns. What is u h_c
where h_c is above 0 and v h_c below is p r_c + q h_c with p + q = u and a p + q = v, whatever u
and v are. So a unit has no column of its own whose form is a multiple of h_c, of either sign, or
any p r_c + q h_c: what an activation makes of it, of whatever slope, is once more of that kind.
Equal forms are equal functions, since each step is an identity of functions (theory F.1).
Units may share a form, so that none is changed once it was handed out.

slope: a, the factor of A on negative arguments, where A(y) = y for y >= 0; 0 for ReLU; that of a
    column is its first unit's, and never 1
kink: what is not affine in r_c
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from lumpver.errors import TooLarge
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
    multiple of it the last unit on its hyperplane is, without its sign. Forms in `told` are never
    negative.

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
    told: dict[int, list[Form]] = field(default_factory=dict)

    def tell(self, form: Form, *, up: bool) -> None:
        """Take it that a form is never negative, or never positive, for whoever has shown it."""
        found = form if up else scaled(form, -ONE)
        if any(column != CONSTANT for column in found):
            self.told.setdefault(place_of(found), []).append(found)

    def copied(self) -> Columns:
        """The same columns, to go on from; forms are shared."""
        met, told = (
            {key: [*found] for key, found in some.items()} for some in (self.met, self.told)
        )
        lists = [*self.behind], [*self.slopes], met, [*self.factors], told
        return Columns(self.inputs, self.room, *lists)

    def activated(self, form: Form, slope: fmpq) -> Form:
        """The form of A of what has a form, for A of this slope.

        Raises
        ------
        TooLarge
            If there is no room left for it.
        """
        return self._activated(form, slope)[0]

    def each_activated(self, forms: Sequence[Form], slopes: Sequence[fmpq]) -> list[Form]:
        """The same of each, by its slope; units that share both share what A makes of it.

        Raises
        ------
        TooLarge
            If there is no room left for them.
        """
        known: dict[tuple[int, int], tuple[Form, int | None, fmpq]] = {}
        found: list[Form] = []
        for form, slope in zip(forms, slopes, strict=True):
            key = id(form), id(slope)
            if key in known:
                made, column, factor = known[key]
                if column is not None:
                    self.factors[column] = factor
            else:
                made, column = self._activated(form, slope)
                factor = ONE if column is None else self.factors[column]
                known[key] = made, column, factor
            found.append(made)
        return found

    def _activated(self, form: Form, slope: fmpq) -> tuple[Form, int | None]:
        """The form of A of what has a form, and which activated column is in it, if any must be."""
        if slope == 1:
            return form, None
        sign = self._sign(form)
        if sign is not None:
            return (form if sign else scaled(form, slope)), None
        bent = self._bent(form) or self._met(form)
        if bent is None:
            return self._added(form, slope)
        place, above, below = bent
        if above == below:
            self.factors[place] = abs(above)
        own, behind = self.slopes[place], self.behind[place]
        above = above if above >= 0 else slope * above
        below = slope * below if below >= 0 else below
        kink, rest = (above - below) / (1 - own), (below - own * above) / (1 - own)
        found = {self.inputs + place: kink} if kink != 0 else {}
        if rest != 0:
            add(found, rest, behind)
            self.takes(len(found))
        return found, place if kink != 0 else None

    def _added(self, form: Form, slope: fmpq) -> tuple[Form, int]:
        """The form of A of what is on no known hyperplane, whose column is a new one."""
        self.takes(len(form))
        self.behind.append(form)
        self.slopes.append(slope)
        self.factors.append(ONE)
        place = len(self.behind) - 1
        self.met.setdefault(place_of(form), []).append(place)
        return {self.inputs + place: ONE}, place

    def _met(self, form: Form) -> tuple[int, fmpq, fmpq] | None:
        """Which column's hyperplane a form's is, and twice which multiple of what is behind it."""
        lead = max(form)
        for place in self.met.get(place_of(form), ()):
            behind = self.behind[place]
            factor = form[lead] / behind[lead] if lead in behind else ZERO
            if is_multiple(form, factor, behind):
                return place, factor, factor
        return None

    def _bent(self, form: Form) -> tuple[int, fmpq, fmpq] | None:
        """Of a form of one column and a multiple of the h behind it: the column, and two multiples.

        It is the first of them times h where that is above 0, the second below.
        """
        column = max(form)
        if column < self.inputs:
            return None
        place = column - self.inputs
        behind, kink = self.behind[place], form[column]
        if len(form) not in {1, len(behind) + 1}:
            return None
        rest = ZERO
        if len(form) > 1:
            lead = max(behind)
            rest = form.get(lead, ZERO) / behind[lead]
            if any(form.get(c) != rest * value for c, value in behind.items()):
                return None
        return place, kink + rest, kink * self.slopes[place] + rest

    def _sign(self, form: Form) -> bool | None:
        """Whether a form is never negative, False if never positive; None if that is not seen.

        It can only have the sign of its last column's factor, which none before takes away.
        """
        last = max(form, default=CONSTANT)
        if self.told and last != CONSTANT:
            for other in self.told.get(place_of(form), ()):
                factor = form[last] / other[last] if last in other else ZERO
                if factor != 0 and is_multiple(form, factor, other):
                    return bool(factor > 0)
        if CONSTANT < last < self.inputs:
            return None  # inputs are anything
        up = not form or form[last].p > 0
        return up if self._is_never_negative(form, up=up) else None

    def _is_never_negative(self, form: Form, *, up: bool) -> bool:
        """Whether a form, or its negative, adds up with factors >= 0 what is never negative.

        That is 1, r_c where A is never negative, and r_c - s h_c for s between its slope and 1,
        where that is at most 1; of those only such are tried that take away the first entry that no
        other can be.
        """
        for _ in range(_STEPS):
            wrong = self._first_wrong(form, up=up)
            if wrong is None:
                return True
            taken = self._that_takes_away(wrong, form, up=up)
            if taken is None:
                break
            column, side = taken
            factor, form = form[column], dict(form)
            del form[column]
            add(form, factor * side, self.behind[column - self.inputs])
        return False

    def _first_wrong(self, form: Form, *, up: bool) -> int | None:
        """The first column that is not 1 or never negative, or whose factor has another sign."""
        found = None
        for column, factor in form.items():
            if found is not None and column > found:
                continue
            if (factor.p > 0) is not up or not (column == CONSTANT or self._is_up(column)):
                found = column
        return found

    def _that_takes_away(self, wrong: int, form: Form, *, up: bool) -> tuple[int, fmpq] | None:
        """A column and an s between its slope and 1 so that an entry goes with m (r_c - s h_c).

        That is, taken away from a form for the m that it has of r_c.
        """
        for column, factor in form.items():
            place = column - self.inputs
            if place < 0 or column <= wrong or (factor.p > 0) is not up:
                continue
            below, slope = self.behind[place].get(wrong), self.slopes[place]
            if below is None or slope > 1:
                continue
            side = -form[wrong] / (factor * below)
            if slope <= side <= 1:
                return column, side
        return None

    def _is_up(self, column: int) -> bool:
        """Whether a column is never negative: an activated one whose slope is not positive."""
        return column >= self.inputs and self.slopes[column - self.inputs] <= 0

    def requires(self, count: int) -> None:
        """Refuse so many entries at once, if there is no room for them."""
        if count > self.room:
            raise TooLarge("forms", expected=f"at most {self.room} entries", got=str(count))

    def takes(self, count: int) -> None:
        """Count entries against the room that there is."""
        self.room -= count
        if self.room < 0:
            raise TooLarge("forms", expected="fewer entries", got="more than there is room for")


def scaled(form: Form, factor: fmpq) -> Form:
    """A multiple of a form; the empty one is 0."""
    return {column: factor * value for column, value in form.items()} if factor != 0 else {}


def place_of(form: Form) -> int:
    """The same number for all multiples of a form that is not constant; others may have it."""
    lead, last = min(column for column in form if column != CONSTANT), max(form)
    below = form[lead]
    end, constant = form[last] / below, form.get(CONSTANT, ZERO) / below
    return hash((lead, last, len(form), end.p, end.q, constant.p, constant.q))


def is_multiple(form: Form, factor: fmpq, other: Form) -> bool:
    """Whether a form is so many times another."""
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
