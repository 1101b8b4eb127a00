"""Claims that a combination of atoms is 0 everywhere, put to a solver in small queries.

Atoms above some level are unrolled, the others are cut: they become variables of which
only the bounds are known. What holds for all values of those holds for the atoms.

level: how many activations an atom is away from the roots
unrolled: atoms that stand in a query as what they are defined to be
cut: atoms that stand in a query as variables
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from flint import fmpq, fmpq_mat

from lumpver.exact.scalar import ONE, ZERO
from lumpver.proving.asking import ask
from lumpver.proving.smt import activate, combination, number
from lumpver.proving.table import Applied, Variable, row

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lumpver.proving.effort import Budget
    from lumpver.proving.intervals import Intervals
    from lumpver.proving.smt import Solver
    from lumpver.proving.table import Table
    from lumpver.proving.values import Combination

MOST_UNROLLED: Final = 40


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a claim holds, and if it does not, root values where it fails."""

    status: Literal["holds", "fails", "unknown"]
    roots: Mapping[int, fmpq] = field(default_factory=dict)


HOLDS: Final = Verdict("holds")
UNKNOWN: Final = Verdict("unknown")


@dataclass(slots=True)
class Claims:
    """A table with what is needed to ask about it."""

    table: Table
    intervals: Intervals
    solver: Solver
    budget: Budget
    asked: int = 0
    _rows: dict[int, Combination] = field(default_factory=dict)

    def level(self, index: int) -> int:
        """The level of an atom; 0 for roots."""
        return self.table.levels[index]

    def row(self, direction: int) -> Combination:
        """A direction as coefficients by atom, and its constant."""
        if direction not in self._rows:
            self._rows[direction] = row(self.table, direction)
        return self._rows[direction]

    def zero(
        self,
        claim: Combination,
        *,
        most: int = MOST_UNROLLED,
        effort: int | None = None,
        uncut: bool | None = None,
    ) -> Verdict:
        """Whether the combination is 0 for all roots within bounds, if that can be told.

        With `uncut` false or true only queries that cut, or only the one that does not.
        """
        coefficients, constant = claim
        if not any(coefficients.values()):
            return HOLDS if constant == 0 else UNKNOWN
        for unrolled, last in self._cuts(coefficients, most):
            for abstract in (True, False):
                if (abstract and last) or uncut not in {None, last} or self.budget.over:
                    continue
                query = _Query(self, unrolled, abstract=abstract)
                verdict = query.ask(claim, effort or self.budget.small)
                if verdict.status == "holds":
                    return HOLDS
                if verdict.status == "fails":
                    return verdict
        return UNKNOWN

    def _cuts(
        self, coefficients: Mapping[int, fmpq], most: int
    ) -> Iterator[tuple[dict[int, Applied], bool]]:
        """Ever larger sets of atoms to unroll; with whether nothing but roots is left."""
        top = max(self.level(index) for index in coefficients)
        before: dict[int, Applied] = {}
        for level in range(top, 0, -1):
            unrolled = self._above(coefficients, level)
            if len(unrolled) > most:
                return
            if unrolled != before or level == 1:
                yield unrolled, level == 1
            before = unrolled
        if top == 0:
            yield {}, True

    def _above(self, coefficients: Mapping[int, fmpq], level: int) -> dict[int, Applied]:
        """The atoms of at least that level that the claim depends on by way of such atoms."""
        found: dict[int, Applied] = {}
        stack = list(coefficients)
        while stack:
            index = stack.pop()
            atom = self.table.atoms[index]
            if index in found or not isinstance(atom, Applied):
                continue
            if self.level(index) >= level:
                found[index] = atom
                stack += self.row(atom.direction)[0]
        return found


@dataclass(slots=True)
class _Query:
    """One question: which atoms are unrolled, and whether the others are abstracted.

    Abstract: the cut atoms enter through as few new variables as the forms over them are
    independent, without bounds. Else each is a variable, with its bounds.
    """

    claims: Claims
    unrolled: Mapping[int, Applied]
    abstract: bool
    _terms: dict[int, Any] = field(default_factory=dict)
    _rests: dict[int, Any] = field(default_factory=dict)

    def ask(self, claim: Combination, effort: int) -> Verdict:
        claims = self.claims
        order = sorted(self.unrolled, key=lambda index: (claims.level(index), index))
        forms = {index: claims.row(self.unrolled[index].direction) for index in order}
        forms[-1] = claim
        self._cut(forms)
        for index in order:
            atom = self.unrolled[index]
            argument = combination([atom.factor], [self._form(index, forms[index])])
            self._terms[index] = activate(atom.function, argument)
        total = self._form(-1, claim)
        if isinstance(total, fmpq):
            return HOLDS if total == 0 else UNKNOWN
        facts = [] if self.abstract else self._facts()
        claims.asked += 1
        answer = ask([*facts, total != number(ZERO)], claims.solver, claims.budget, effort=effort)
        if answer.status == "unsat":
            return HOLDS
        if answer.status != "sat" or not answer.models or self.abstract:
            return UNKNOWN
        cut = [index for index in self._terms if index not in self.unrolled]
        if not all(isinstance(claims.table.atoms[j], Variable) for j in cut):
            return UNKNOWN
        return Verdict("fails", {j: answer.models[0].get(f"u{j}", ZERO) for j in cut})

    def _cut(self, forms: Mapping[int, Combination]) -> None:
        """Terms for what each form says of the atoms that are cut."""
        import z3  # noqa: PLC0415 heavy: only where a solver runs

        parts = {
            key: {j: c for j, c in row.items() if j not in self.unrolled and c != 0}
            for key, (row, _) in forms.items()
        }
        if self.abstract:
            for key, coefficients in _independent(parts).items():
                names = [z3.Real(f"z{i}") for i in range(len(coefficients))]
                self._rests[key] = combination(coefficients, names)
            return
        for index in sorted({j for part in parts.values() for j in part}):
            self._terms[index] = z3.Real(f"u{index}")
        for key, part in parts.items():
            self._rests[key] = combination(list(part.values()), [self._terms[j] for j in part])

    def _form(self, key: int, form: Combination) -> Any:
        inner = [j for j in form[0] if j in self.unrolled]
        values = [self._terms[j] for j in inner]
        coefficients = [form[0][j] for j in inner]
        return combination([*coefficients, ONE], [*values, self._rests[key]], form[1])

    def _facts(self) -> list[Any]:
        """What is known of the variables: bounds, and that convex atoms are above a side."""
        claims, found = self.claims, []
        cut = [index for index in self._terms if index not in self.unrolled]
        for index in cut:
            low, high = claims.intervals.atom(index)
            variable = self._terms[index]
            if low is not None:
                found.append(number(low) <= variable)
            if high is not None:
                found.append(variable <= number(high))
            found += self._convex(index, variable)
        return found

    def _convex(self, index: int, variable: Any) -> list[Any]:
        """That an atom is at least its argument, where the query speaks of that."""
        atom = self.claims.table.atoms[index]
        if not isinstance(atom, Applied):
            return []
        slope = atom.function.slope
        row, constant = self.claims.row(atom.direction)
        if slope is None or slope > 1 or not all(j in self._terms for j in row):
            return []
        if any(j in self.unrolled for j in row):
            return []
        argument = combination(
            [c * atom.factor for c in row.values()],
            [self._terms[j] for j in row],
            constant * atom.factor,
        )
        return [argument <= variable, combination([slope], [argument]) <= variable]


def _independent(parts: Mapping[int, Mapping[int, fmpq]]) -> dict[int, list[fmpq]]:
    """Each form as a combination of those that are linearly independent of the ones before.

    Examples
    --------
    >>> one, two = fmpq(1), fmpq(2)
    >>> _independent({0: {7: one, 8: two}, 1: {7: -one, 8: -two}, 2: {8: one}})
    {0: [1, 0], 1: [-1, 0], 2: [0, 1]}
    """
    columns = sorted({j for part in parts.values() for j in part})
    place = {j: i for i, j in enumerate(columns)}
    if not columns:
        return {key: [] for key in parts}
    matrix = np.full((len(columns), len(parts)), ZERO, dtype=object)
    for v, part in enumerate(parts.values()):
        for j, c in part.items():
            matrix[place[j], v] = c
    reduced, rank = fmpq_mat(*matrix.shape, matrix.ravel().tolist()).rref()
    entries = np.array(reduced.tolist(), dtype=object)[:rank]
    return {key: entries[:, v].tolist() for v, key in enumerate(parts)}
