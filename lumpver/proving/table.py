"""One numbering for the units of two networks: what is known to be equal has one number.

Along a spine every unit is an affine form over atoms, at every position in the same way.
An atom is a root, or an activation of a direction; directions are forms up to multiples.

spine: a tensor read along one axis, and all that affine nodes and activations make of it
atom: a root of a spine, `function(factor * direction)`, or what became of another spine's
    atoms where positions are moved; see `Atom`
direction: an affine form over atoms; forms that are multiples of each other share one
layer: the directions that one tensor brought, as rows of a matrix
bank: the directions over one set of atoms, to be compared with new rows
level: how many activations an atom is away from the roots
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lumpver.exact.array import Exact, alike, entry, is_float, nonzero
from lumpver.exact.proportional import Rows, proportional_rows
from lumpver.exact.roots import residues, root
from lumpver.exact.scalar import ONE

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable

    from flint import fmpq

    from lumpver.model.activations import Activation


@dataclass(frozen=True, slots=True)
class Variable:
    """A root: whatever stands at a place of its spine's first tensor."""

    spine: int


@dataclass(frozen=True, slots=True)
class Moved:
    """What another spine's atom is elsewhere: transposed, met by a tap, pooled; see `moved`.

    Of atom `UNIT` it is what becomes of the number 1, where padding takes part.
    """

    spine: int
    atom: int
    place: int = 0


@dataclass(frozen=True, slots=True)
class Weighed:
    """Another spine's atom, or 1 for `UNIT`, times a matrix of a product: see `place`."""

    spine: int
    atom: int
    place: int


@dataclass(frozen=True, slots=True)
class Largest:
    """The largest of `sign` times another spine's direction over the windows of a pool."""

    spine: int
    direction: int
    sign: int


@dataclass(frozen=True, slots=True)
class Irrational:
    """`function` of a number, where that is irrational."""

    spine: int
    function: Activation
    argument: fmpq


@dataclass(frozen=True, slots=True)
class Divided:
    """A direction, or 1 for `UNIT`, divided by the square root of a number: see `Table.square`."""

    spine: int
    direction: int
    square: fmpq


@dataclass(frozen=True, slots=True)
class Joined:
    """What `operator` makes of multiples of two other spines' directions, or of 1 for `UNIT`."""

    spine: int
    operator: str
    first: tuple[int, fmpq]
    second: tuple[int, fmpq]


@dataclass(frozen=True, slots=True)
class Applied:
    """`function` of `factor` times a direction."""

    spine: int
    function: Activation
    direction: int
    factor: fmpq = ONE


Atom = Variable | Moved | Weighed | Largest | Divided | Joined | Irrational | Applied
UNIT: Final = -1


@dataclass(frozen=True, slots=True, eq=False)
class Directions:
    """Directions `first`, `first + 1`, ...: the rows of R over `atoms`, plus b."""

    spine: int
    first: int
    atoms: Rows
    R: Exact
    b: Exact


@dataclass(slots=True)
class _Bank:
    R: Exact
    b: Exact
    directions: list[int]


@dataclass(slots=True)
class Table:
    """All atoms, directions and spines met so far; it only grows."""

    atoms: list[Atom] = field(default_factory=list)
    layers: list[Directions] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)
    roots: list[Rows] = field(default_factory=list)
    spines: list[Hashable] = field(default_factory=list)
    levels: list[int] = field(default_factory=list)
    _numbers: dict[Hashable, int] = field(default_factory=dict)
    _spines: dict[Hashable, int] = field(default_factory=dict)
    _banks: dict[tuple[int, bytes], _Bank] = field(default_factory=dict)
    _atoms: dict[Atom, int] = field(default_factory=dict)
    _squares: dict[int, list[fmpq]] = field(default_factory=lambda: {residues(ONE): [ONE]})

    def number(self, key: Hashable) -> int:
        """The number of whatever `key` stands for: equal keys, equal numbers."""
        return self._numbers.setdefault(key, len(self._numbers))

    def spine(self, key: Hashable, width: int) -> int:
        """The spine known by `key`, with that many roots."""
        found = self._spines.get(key)
        if found is not None:
            return found
        spine = self._spines[key] = len(self.spines)
        self.spines.append(key)
        self.roots.append(np.arange(len(self.atoms), len(self.atoms) + width))
        self.atoms += [Variable(spine)] * width
        self.levels += [0] * width
        return spine

    def atom(self, atom: Atom) -> int:
        """The index of an atom that is no root, new or not."""
        found = self._atoms.get(atom)
        if found is None:
            found = self._atoms[atom] = len(self.atoms)
            self.atoms.append(atom)
            below = [self.levels[j] for j in read(self, found)]
            rests = not isinstance(atom, Irrational | Applied)
            self.levels.append(0 if rests else 1 + max(below, default=0))
        return found

    def square(self, number: fmpq) -> tuple[fmpq, fmpq]:
        """(s, r) with sqrt(number) = r sqrt(s), and one s for all numbers with which that can be.

        That of squares is 1.
        """
        known = self._squares.setdefault(residues(number), [])
        for square in known:
            ratio = root(number / square)
            if ratio is not None:
                return square, ratio
        known.append(number)
        return number, ONE

    def direction(self, index: int) -> tuple[Directions, int]:
        """The layer of a direction, and its row there."""
        layer, row = self.places[index]
        return self.layers[layer], row

    def needed(self, place: int, known: Collection[int]) -> list[int]:
        """A layer and those below it that are not known, each after all that it reads."""
        found: set[int] = set()
        stack = [place]
        while stack:
            at = stack.pop()
            if at in found or at in known:
                continue
            found.add(at)
            for index in self.layers[at].atoms.tolist():
                atom = self.atoms[index]
                if isinstance(atom, Applied):
                    stack.append(self.places[atom.direction][0])
        return sorted(found)  # a layer's atoms are older than it is

    def directions(self, spine: int, atoms: Rows, R: Exact, b: Exact) -> tuple[Rows, list[fmpq]]:
        """For each row of (R | b) over `atoms` its direction, and the row in units of it.

        Rows without atoms have direction -1. The units may be negative.
        """
        found = np.full(R.shape[0], -1, dtype=np.int64)
        factor = [ONE] * R.shape[0]
        moving = nonzero(R)
        new: list[tuple[int, int]] = []
        for key, rows in _by_support(atoms, moving).items():
            self._match((spine, key), np.array(rows), R, b, found, factor, new)
        if new:
            fresh = np.array([v for v, _ in new])
            signs = np.array([sign for _, sign in new])
            first = len(self.places)
            used = np.flatnonzero(moving[fresh].any(axis=0))
            self.places += [(len(self.layers), i) for i in range(len(new))]
            self.layers.append(
                Directions(
                    spine,
                    first,
                    atoms[used],
                    _flipped(R[np.ix_(fresh, used)], signs),
                    _flipped(b[fresh], signs),
                )
            )
        return found, factor

    def _match(
        self,
        key: tuple[int, bytes],
        rows: Rows,
        R: Exact,
        b: Exact,
        found: Rows,
        factor: list[fmpq],
        new: list[tuple[int, int]],
    ) -> None:
        """Directions of rows that read the same atoms; new ones are appended to `new`."""
        columns = np.flatnonzero(nonzero(R[rows[0]]))
        part, bias = R[np.ix_(rows, columns)], b[rows]
        signs = np.where(part[:, 0] > 0, 1, -1)
        part, bias = _flipped(part, signs), _flipped(bias, signs)
        bank = self._banks.get(key)
        known = [] if bank is None else bank.directions
        if bank is not None:
            part, bias = (np.concatenate(alike(*two)) for two in ((bank.R, part), (bank.b, bias)))
        kept = list(range(len(known)))
        for members in proportional_rows(part, bias, np.arange(part.shape[0])):
            first = members[0][0]
            if first < len(known):
                direction = known[first]
            else:
                direction = len(self.places) + len(new)
                new.append((int(rows[first - len(known)]), int(signs[first - len(known)])))
                kept.append(first)
            for row, ratio in members:
                if row >= len(known):
                    v = int(rows[row - len(known)])
                    found[v], factor[v] = direction, ratio * int(signs[row - len(known)])
        fresh = [int(found[rows[row - len(known)]]) for row in kept[len(known) :]]
        self._banks[key] = _Bank(part[kept], bias[kept], known + fresh)


def _by_support(atoms: Rows, moving: Any) -> dict[bytes, list[int]]:
    """Rows by the set of atoms that they read, as bytes; rows that read none are left out."""
    groups: dict[bytes, list[int]] = {}
    for v in np.flatnonzero(moving.any(axis=1)):
        groups.setdefault(atoms[moving[v]].tobytes(), []).append(int(v))
    return groups


def _flipped(rows: Exact, signs: Rows) -> Exact:
    """Each row times its sign."""
    flip = signs if is_float(rows) else signs.astype(object)
    return np.asarray(rows * (flip[:, None] if rows.ndim == 2 else flip))


def row(table: Table, direction: int) -> tuple[dict[int, fmpq], fmpq]:
    """A direction as coefficients by atom, and its constant."""
    layer, v = table.direction(direction)
    used = np.flatnonzero(nonzero(layer.R[v]))
    return {int(layer.atoms[j]): entry(layer.R, v, int(j)) for j in used}, entry(layer.b, v)


def read(table: Table, index: int) -> list[int]:
    """The atoms that an atom's direction reads; none where it has no direction."""
    atom = table.atoms[index]
    if not isinstance(atom, Applied):
        return []
    layer, v = table.direction(atom.direction)
    found: list[int] = layer.atoms[nonzero(layer.R[v])].tolist()
    return found
