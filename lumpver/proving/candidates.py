"""Candidates: which combination of known units a unit seems to be, by exact evaluation.

Values at sampled points, reduced modulo a prime, show by elimination which units depend
on which; the coefficients are then solved for over the rationals. Only a guess: claims.

pool: what a unit may be a combination of: 1, directions and atoms, the nearest first
residue: a value modulo the prime
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
from flint import fmpq_mat, nmod_mat

from lumpver.exact.scalar import ONE, ZERO
from lumpver.proving.valuation import Valuation, all_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flint import fmpq

    from lumpver.exact.array import Exact
    from lumpver.proving.claims import Claims
    from lumpver.proving.table import Applied
    from lumpver.proving.values import Combination

_PRIME: Final = 2**61 - 1
_MOST_TERMS: Final = 40
Key = tuple[str, int]
UNIT: Final[Key] = ("one", 0)


@dataclass(slots=True)
class Sample:
    """Values of a spine's atoms and directions at points; counterexamples join them."""

    parts: list[Valuation]
    _residues: dict[Key, list[int]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many points there are."""
        return sum(part.size for part in self.parts)

    def add(self, point: Sequence[fmpq]) -> None:
        """One more point."""
        column = np.empty((len(point), 1), dtype=object)
        column[:, 0] = point
        first = self.parts[0]
        self.parts.append(Valuation(first.table, first.spine, column))

    def values(self, key: Key) -> Exact | None:
        """The values of an atom or a direction at all points; None where it has none."""
        kind, index = key
        if kind == "one":
            return np.full(self.size, ONE, dtype=object)
        at = Valuation.atom if kind == "atom" else Valuation.direction
        rows = all_of([at(part, index) for part in self.parts])
        return None if rows is None else np.concatenate(rows)

    def total(self, form: Combination) -> list[fmpq] | None:
        """A combination's values at all points; None where an atom has none."""
        total = np.full(self.size, form[1], dtype=object)
        for index, c in form[0].items():
            values = self.values(("atom", index))
            if values is None:
                return None
            total = total + values * c
        found: list[fmpq] = total.tolist()
        return found

    def point(self, s: int) -> list[fmpq]:
        """The point in place s."""
        starts = np.cumsum([0, *(part.size for part in self.parts)])
        part = int(np.searchsorted(starts, s, side="right")) - 1
        found: list[fmpq] = self.parts[part].points[:, s - starts[part]].tolist()
        return found

    def residues(self, key: Key) -> list[int] | None:
        """The values modulo the prime; None where a denominator is 0 modulo it."""
        found = self._residues.get(key, [])
        if len(found) < self.size:
            values = self.values(key)
            if values is None:
                return None
            for value in values[len(found) :].tolist():
                bottom = int(value.q) % _PRIME
                if not bottom:
                    return None
                inverse = 1 if bottom == 1 else pow(bottom, -1, _PRIME)
                found.append(int(value.p) % _PRIME * inverse % _PRIME)
            self._residues[key] = found
        return found


def dependent(
    sample: Sample, pool: Sequence[Key], targets: Sequence[int]
) -> dict[int, dict[Key, fmpq]]:
    """For each atom in `targets` that is a combination of the pool and the targets before
    it, at all points: the coefficients.
    """  # noqa: D205 one sentence
    keys = [*pool, *(("atom", index) for index in targets)]
    columns = [(key, sample.residues(key)) for key in keys]
    usable = [(key, column) for key, column in columns if column is not None]
    if not usable:
        return {}
    matrix = nmod_mat(
        sample.size,
        len(usable),
        [column[s] for s in range(sample.size) for _, column in usable],
        _PRIME,
    )
    reduced, rank = matrix.rref()
    pivots = _pivots(reduced, rank)
    found = {}
    for place, (key, _) in enumerate(usable):
        if key[0] != "atom" or key[1] not in targets or place in pivots:
            continue
        terms = [usable[p][0] for r, p in enumerate(pivots) if p < place and int(reduced[r, place])]
        solved = _solved(sample, terms, key) if len(terms) <= _MOST_TERMS else None
        if solved is not None:
            found[key[1]] = solved
    return found


def _pivots(reduced: nmod_mat, rank: int) -> list[int]:
    pivots, column = [], 0
    for r in range(rank):
        while not int(reduced[r, column]):
            column += 1
        pivots.append(column)
        column += 1
    return pivots


def _solved(sample: Sample, terms: Sequence[Key], target: Key) -> dict[Key, fmpq] | None:
    """Rational coefficients with which the terms add up to the target at all points."""
    residues = all_of([sample.residues(key) for key in terms])
    values = all_of([sample.values(key) for key in terms])
    total = sample.values(target)
    if residues is None or values is None or total is None:
        return None
    if not terms:
        return {} if not any(total.tolist()) else None
    flat = [value for residue in residues for value in residue]
    reduced, rank = nmod_mat(len(terms), sample.size, flat, _PRIME).rref()
    if rank < len(terms):
        return None
    points = _pivots(reduced, rank)
    V = np.stack(values, axis=1)
    square = fmpq_mat(len(terms), len(terms), V[points].ravel().tolist())
    right = fmpq_mat(len(terms), 1, total[points].tolist())
    solution = [value for row in square.solve(right).tolist() for value in row]
    if any((V @ np.array(solution, dtype=object)) != total):
        return None
    return dict(zip(terms, solution, strict=True))


def combination(claims: Claims, terms: dict[Key, fmpq]) -> Combination:
    """The terms as coefficients by atom, and a constant."""
    found: dict[int, fmpq] = {}
    constant = ZERO
    for (kind, index), factor in terms.items():
        if kind == "one":
            constant += factor
            continue
        row, rest = ({index: ONE}, ZERO) if kind == "atom" else claims.row(index)
        constant += factor * rest
        for j, c in row.items():
            found[j] = found.get(j, ZERO) + factor * c
    return {j: c for j, c in found.items() if c != 0}, constant


def obvious(sample: Sample, index: int, atom: Applied) -> dict[Key, fmpq] | None:
    """The atom as a constant or a multiple of its direction, if all points say so."""
    values, along = sample.values(("atom", index)), sample.values(("direction", atom.direction))
    if values is None or along is None or not values.size:
        return None
    if (values == values[0]).all():
        return {UNIT: values[0]}
    moving = np.flatnonzero(along != 0)
    if not moving.size:
        return None
    ratio = values[moving[0]] / along[moving[0]]
    if (values == along * ratio).all():
        return {("direction", atom.direction): ratio}
    return None


def mirrored(atom: Applied, others: Mapping[int, Applied]) -> dict[Key, fmpq] | None:
    """The atom by another two-slope function of its direction, and the direction.

    Every such function of t is a combination of t and |t|, so two of them and t depend.
    """
    ours = _sides(atom)
    if ours is None:
        return None
    for index, other in others.items():
        theirs = _sides(other)
        if theirs is None or theirs[0] + theirs[1] == 0:
            continue
        part = (ours[0] + ours[1]) / (theirs[0] + theirs[1])
        rest = ours[0] - part * theirs[0]
        return {("atom", index): part, ("direction", atom.direction): rest}
    return None


def _sides(atom: Applied) -> tuple[fmpq, fmpq] | None:
    """A two-slope function of factor t at t = 1 and at t = -1."""
    slope = atom.function.slope
    if slope is None:
        return None
    up, down = atom.factor, -atom.factor
    return (up if up >= 0 else slope * up), (down if down >= 0 else slope * down)
