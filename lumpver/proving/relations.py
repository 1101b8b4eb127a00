"""Relations of a table's atoms: which are combinations of others, guessed and then proved.

The guesses come from bounds and from values at sample points; a wrong guess's
counterexample joins the sample. What is proved is merged: it takes the atom's place.

spare: how many points a sample has beyond what it has to tell apart
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Final, assert_never

from lumpver.exact.scalar import ONE, ZERO
from lumpver.model.functions import Curve, Pieces
from lumpver.proving.candidates import (
    UNIT,
    Key,
    Sample,
    combination,
    dependent,
    mirrored,
    obvious,
)
from lumpver.proving.points import sample as sample_points
from lumpver.proving.seeking import crossing
from lumpver.proving.table import Applied
from lumpver.proving.valuation import Valuation

if TYPE_CHECKING:
    from flint import fmpq

    from lumpver.proving.claims import Claims, Verdict
    from lumpver.proving.values import Combination

_POINTS: Final = 96
_MOST_POINTS: Final = 640
_SPARE: Final = 24
_TRIES: Final = 4
_QUERIES: Final = 600
_SEED: Final = 3
_FRESH: Final = 64
_LEARNT: Final = 4


@dataclass(slots=True)
class Relations:
    """What `Sweep.relate` calls: finds and proves relations of a table's new atoms."""

    claims: Claims
    merged: dict[int, Combination]
    expected: int
    samples: dict[int, Sample] = field(default_factory=dict)
    _seen: set[int] = field(default_factory=set)
    _along: dict[int, dict[int, Applied]] = field(default_factory=dict)
    _fresh: int = 0

    def __call__(self, atoms: list[int]) -> None:
        """Merge those of the atoms that prove to be combinations of others."""
        new = [index for index in atoms if index not in self._seen]
        self._seen.update(new)
        left = []
        for index in new:
            if self.claims.budget.over:
                return
            atom = self.claims.table.atoms[index]
            if isinstance(atom, Applied) and not self._settled(index, atom):
                left.append(index)
                self._along.setdefault(atom.direction, {})[index] = atom
        self._eliminated(left)
        for index in new:
            if index in self.merged:
                self.merged[index] = self._resolved(self.merged[index])

    def _resolved(self, found: Combination) -> Combination:
        """The combination without atoms that were merged after it was found."""
        row, constant = found
        while any(j in self.merged for j in row):
            total: dict[int, fmpq] = {}
            for j, c in row.items():
                inner, rest = self.merged.get(j, ({j: ONE}, ZERO))
                constant += c * rest
                for i, d in inner.items():
                    total[i] = total.get(i, ZERO) + c * d
            row = {j: c for j, c in total.items() if c != 0}
        return row, constant

    @property
    def _spent(self) -> bool:
        return self.claims.budget.over or self.claims.asked > _QUERIES

    def sample(self, spine: int) -> Sample:
        """The spine's sample, made when it is first asked for."""
        if spine not in self.samples:
            table = self.claims.table
            ranges = self.claims.intervals.ranges(spine)
            size = max(_POINTS, self.expected + _SPARE)
            points = sample_points(ranges, size if size <= _MOST_POINTS else _POINTS, seed=_SEED)
            self.samples[spine] = Sample([Valuation(table, spine, points)])
        return self.samples[spine]

    def _settled(self, index: int, atom: Applied) -> bool:
        """Whether the atom is merged by its bounds, its values, or its own direction."""
        stable = self._stable(atom)
        if stable is not None:
            self.merged[index] = combination(self.claims, stable)
            return True
        along = self._along.get(atom.direction, {})
        found = mirrored(atom, {j: other for j, other in along.items() if j not in self.merged})
        if found is not None and self._try(index, found) == "holds":
            return True
        for _ in range(_TRIES):
            found = obvious(self.sample(atom.spine), index, atom)
            if found is None or self._spent:
                return False
            if self._crossed(index, atom):
                continue
            status = self._try(index, found)
            if status != "fails":
                return status == "holds"
        return False

    def _crossed(self, index: int, atom: Applied) -> bool:
        """Whether a point was found, and learned, where the atom's argument changes sign."""
        sample = self.sample(atom.spine)
        random = Random(index)  # noqa: S311 points need not be secret
        point = crossing(sample.parts[0], atom, self.claims.intervals.ranges(atom.spine), random)
        if point is None:
            return False
        sample.add(point.tolist())
        return True

    def _stable(self, atom: Applied) -> dict[Key, fmpq] | None:
        """The atom as its argument, or as a number, where its bounds leave nothing else."""
        low, high = self.claims.intervals.argument(atom)
        function = atom.function
        if low is not None and low == high and function.rational:
            return {UNIT: function(low)}
        match function.mapping:
            case Curve():
                return None
            case Pieces() as pieces:
                lines = pieces.between(low, high)
            case _:
                assert_never(function.mapping)
        if len(lines) != 1:
            return None
        (line,) = lines
        return {("direction", atom.direction): atom.factor * line.slope, UNIT: line.constant}

    def _eliminated(self, atoms: list[int]) -> None:
        """Merge the atoms that are combinations of any others."""
        for _ in range(_TRIES):
            refuted = False
            left = [index for index in atoms if index not in self.merged]
            if not left or self._spent:
                return
            spine = self.claims.table.atoms[left[0]].spine
            sample = self.sample(spine)
            pool = self._pool(spine, set(left))
            if len(pool) + len(left) > 4 * sample.size or self.expected + _SPARE > _MOST_POINTS:
                return
            for index, terms in sorted(dependent(sample, pool, left).items()):
                if self._spent:
                    return
                refuted |= self._try(index, terms) == "fails"
            if not refuted:
                return

    def _pool(self, spine: int, without: set[int]) -> list[Key]:
        """1, then directions and atoms, from the highest level down to the roots."""
        claims = self.claims
        atoms = [
            index
            for index, atom in enumerate(claims.table.atoms)
            if atom.spine == spine and index not in self.merged and index not in without
        ]
        known = (claims.table.atoms[i] for i in (*self._seen, *without))
        directions = {atom.direction for atom in known if isinstance(atom, Applied)}
        ranked = [(-claims.level(index), 1, index) for index in atoms]
        for d in directions:
            if claims.table.direction(d)[0].spine == spine:
                below = max((claims.level(j) for j in claims.row(d)[0]), default=0)
                ranked.append((-below - 1, 0, d))
        return [UNIT, *(("atom" if kind else "direction", i) for _, kind, i in sorted(ranked))]

    def _try(self, index: int, terms: dict[Key, fmpq]) -> str:
        """Ask whether the atom is this combination; learn from the answer."""
        row, constant = combination(self.claims, terms)
        claim = ({**{j: -c for j, c in row.items()}, index: ONE - row.get(index, ZERO)}, -constant)
        verdict = self.claims.zero(claim, uncut=False)
        if verdict.status == "unknown":
            if self._contradicted(index, claim):
                return "fails"
            verdict = self.claims.zero(claim, uncut=True)
        if verdict.status == "holds":
            self.merged[index] = (row, constant)
        elif verdict.status == "fails":
            self.learn(self.claims.table.atoms[index].spine, verdict)
        return verdict.status

    def _contradicted(self, index: int, claim: Combination) -> bool:
        """Whether fresh points, which join the sample, show that a claim is wrong."""
        spine = self.claims.table.atoms[index].spine
        sample = self.sample(spine)
        self._fresh += 1
        ranges = self.claims.intervals.ranges(spine)
        points = sample_points(ranges, _FRESH, seed=_SEED + self._fresh)
        fresh = Sample([Valuation(self.claims.table, spine, points)])
        total = fresh.total(claim)
        wrong = [] if total is None else [s for s, value in enumerate(total) if value != 0]
        for s in wrong[:_LEARNT]:
            sample.add(points[:, s].tolist())
        return bool(wrong)

    def learn(self, spine: int, verdict: Verdict) -> list[fmpq]:
        """The point where a claim fails, which joins the sample."""
        roots = self.claims.table.roots[spine].tolist()
        point = [verdict.roots.get(root, ZERO) for root in roots]
        self.sample(spine).add(point)
        return point
