"""How few units one hidden layer needs: which way each kink's unit looks, and which have two.

A function that one hidden layer computes is, in one way only, a sum of kinks k A(w x + c) over
different hyperplanes, and an affine part L x + d. Each kink takes a unit. A unit that looks the
other way takes (1 + a) k w from L, two units that look both ways take any multiple of w from each
output's, and any two others that reflect each other whatever has rank one.

kink: k, what each output has of A(w x + c)
normal: w, what a kink's hyperplane has of the inputs
turned: kinks whose units look the other way
twice: kinks that have units for both ways
extra: units beside one for each kink, |twice| + 2 rank of what is left of L besides their normals

References
----------
Dereich, Kassing: *On minimal representations of shallow ReLU networks*, 2021; theory D4.3, which
has the proof for several outputs.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, product
from math import comb
from typing import TYPE_CHECKING, Final

from flint import fmpq, fmpq_mat

from lumpver.exact.scalar import ZERO
from lumpver.search.subsets import Room, Sought, subset

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Row = tuple[fmpq, ...]

_ENTRIES: Final = 2**13  # of kinks times normals that are told in one question
_RANKS: Final = 2**14  # that are computed to decide what vectors need
_FLIPS: Final = 2**8  # turns that are tried one by one
_LOOK: Final = 64  # sums of a subset that cost as much as a look at one entry


@dataclass(frozen=True, slots=True)
class Layer:
    """What one hidden layer computes: kinks over normals, and an affine part of these rows.

    `turn` is 1 + a, for an activation of slope a on negative arguments.
    """

    kinks: tuple[Row, ...]
    normals: tuple[Row, ...]
    affine: tuple[Row, ...]
    turn: fmpq

    @property
    def looks(self) -> int:
        """How many sums of a subset cost as much as looking through all of it."""
        width = len(self.affine[0]) if self.affine else 0
        return _LOOK * width * (len(self.kinks) + len(self.affine))

    def left(self, turned: Sequence[int]) -> list[Row]:
        """The affine part that is left for others where these kinks are turned."""
        found = [list(row) for row in self.affine]
        for i in turned:
            for row, kink in zip(found, self.kinks[i], strict=True):
                if kink != 0:
                    for j, value in enumerate(self.normals[i]):
                        row[j] += self.turn * kink * value
        return [tuple(row) for row in found]


@dataclass(frozen=True, slots=True)
class Choice:
    """Which kinks are turned, which have two units, and how many there are beside one each."""

    turned: tuple[int, ...]
    twice: tuple[int, ...]
    extra: int


@dataclass(frozen=True, slots=True)
class Fewest:
    """A choice, and how many units beside one for each kink every choice has at least."""

    least: int
    choice: Choice


def rank(rows: Sequence[Row]) -> int:
    """The rank of some rows."""
    rows = [row for row in rows if any(value != 0 for value in row)]
    if not rows:
        return 0
    return int(fmpq_mat(len(rows), len(rows[0]), [v for row in rows for v in row]).rank())


def fewest(layer: Layer, *, room: Room | None = None) -> Fewest | None:
    """The best choice that is found, and what none can be below; None if there is none at all.

    For one output both are the same, 0, 1 or 2, if there are no more kinks than can be decided.

    Examples
    --------
    >>> one, two = (fmpq(1),), (fmpq(2),)
    >>> fewest(Layer((one, one), (one, one), (tuple([fmpq(-1)]),), fmpq(1)))  # less x
    Fewest(least=0, choice=Choice(turned=(0,), twice=(), extra=0))
    """
    room = Room() if room is None else room
    best = _with_twice(layer, ())
    if best.extra == 0:
        return Fewest(0, best)
    if layer.turn == 0:
        return None
    enough = room.takes(layer.looks * (len(layer.kinks) + len(layer.affine)))
    least = _unavoidable(layer) if enough else 0
    for extra, asked in ((0, _turned), (1, _turned_but_one)):
        if least <= extra < best.extra:
            found, decided = asked(layer, room)
            if found is not None:
                return Fewest(extra if least == extra else least, found)
            least += least == extra and decided
    if least < best.extra > 2:
        best = _by_turns(layer, best, least, room)
    return _decided(layer, best, least)


def _with_twice(layer: Layer, turned: Sequence[int]) -> Choice:
    """With these turned: as many with two units as spare one of two others."""
    span, twice = _Span.of(layer.left(turned)), list[int]()
    for i, normal in enumerate(layer.normals):
        if len(twice) == len(span.pivots):
            break
        if normal in span and rank([*(layer.normals[j] for j in twice), normal]) > len(twice):
            twice.append(i)
    return Choice(tuple(turned), tuple(twice), 2 * len(span.pivots) - len(twice))


@dataclass(frozen=True, slots=True)
class _Span:
    """What some rows span, by their reduced rows."""

    rows: tuple[Row, ...]
    pivots: tuple[int, ...]

    @classmethod
    def of(cls, rows: Sequence[Row]) -> _Span:
        rows = [row for row in rows if any(value != 0 for value in row)]
        if not rows:
            return cls((), ())
        flat = [value for row in rows for value in row]
        reduced, size = fmpq_mat(len(rows), len(rows[0]), flat).rref()
        table = tuple(map(tuple, reduced.tolist()[:size]))
        return cls(table, tuple(next(j for j, v in enumerate(row) if v != 0) for row in table))

    def __contains__(self, row: Row) -> bool:
        factors = [row[pivot] for pivot in self.pivots]
        return all(
            value == sum((f * own[j] for f, own in zip(factors, self.rows, strict=True)), ZERO)
            for j, value in enumerate(row)
        )


def _unavoidable(layer: Layer) -> int:
    """Units for what no turn changes: that of inputs off all normals, of outputs off all kinks."""
    beside = rank([*layer.normals, *layer.affine]) - rank(layer.normals)
    if not layer.kinks:
        return 2 * rank(layer.affine)
    free = _annihilators(layer.kinks)
    left = [
        tuple(sum((f * v for f, v in zip(factors, column, strict=True)), ZERO)
              for column in zip(*layer.affine, strict=True))
        for factors in free
    ]  # fmt: skip
    off = rank([*layer.normals, *left]) - rank(layer.normals)
    return max(2 * beside, rank(left) + off)


def _annihilators(rows: Sequence[Row]) -> list[Row]:
    """A basis of the combinations of outputs that have no kink."""
    width, span = len(rows[0]), _Span.of(rows)
    found = []
    for free in (j for j in range(width) if j not in span.pivots):
        row = [ZERO] * width
        row[free] = fmpq(1)
        for pivot, own in zip(span.pivots, span.rows, strict=True):
            row[pivot] = -own[free]
        found.append(tuple(row))
    return found


def _turned(layer: Layer, room: Room) -> tuple[Choice | None, bool]:
    """Kinks whose turning leaves nothing of the affine part, if that is found; whether decided."""
    found = _emptied(layer, layer.normals, layer.affine, room)
    if found.found is None:
        return None, found.decided
    return Choice(found.found, (), 0), True


def _turned_but_one(layer: Layer, room: Room) -> tuple[Choice | None, bool]:
    """Kinks whose turning leaves nothing but multiples of one normal."""
    seen, decided = set[Row](), True
    for i, normal in enumerate(layer.normals):
        place = next(j for j, value in enumerate(normal) if value != 0)
        direction = tuple(value / normal[place] for value in normal)
        if direction in seen:
            continue
        seen.add(direction)
        if not room.takes(layer.looks):
            return None, False
        normals, affine = (
            [tuple(v - row[place] * d for v, d in zip(row, direction, strict=True)) for row in rows]
            for rows in (layer.normals, layer.affine)
        )
        found = _emptied(layer, normals, affine, room)
        decided &= found.decided
        if found.found is not None:
            return Choice(found.found, (i,), 1), True
    return None, decided


def _emptied(layer: Layer, normals: Sequence[Row], affine: Sequence[Row], room: Room) -> Sought:
    """Which kinks, turned, leave nothing of an affine part, over these normals."""
    places = list(product(range(len(affine)), range(len(affine[0]))))
    places = [(o, j) for o, j in places if affine[o][j] != 0 or any(n[j] != 0 for n in normals)]
    count = len(layer.kinks)
    told = places[:: 1 + len(places) // max(count, _ENTRIES // (count + 1))]
    parts = [
        [layer.turn * kink[o] * normal[j] for o, j in told]
        for kink, normal in zip(layer.kinks, normals, strict=True)
    ]

    def right(turned: tuple[int, ...]) -> bool:
        kept = Layer(layer.kinks, tuple(normals), tuple(affine), layer.turn)
        return not any(any(value != 0 for value in row) for row in kept.left(turned))

    return subset(parts, [-affine[o][j] for o, j in told], room=room, right=right)


def _by_turns(layer: Layer, best: Choice, least: int, room: Room) -> Choice:
    """The best that is met by turning one kink at a time, as long as that is better."""
    tries = 0
    better = True
    while better and best.extra > least:
        better = False
        for i in range(len(layer.kinks)):
            tries += 1
            if tries > _FLIPS or not room.takes(len(layer.affine) * layer.looks):
                return best
            turned = set(best.turned) ^ {i}
            found = _with_twice(layer, sorted(turned))
            if found.extra < best.extra:
                best, better = found, True
    return best


def _decided(layer: Layer, best: Choice, least: int) -> Fewest:
    """Where there are few kinks all choices are tried that have fewer units than the best."""
    count = len(layer.kinks)
    while least < best.extra:
        sizes = range(least % 2, min(least, count) + 1, 2)
        if sum(comb(count, size) * 2 ** (count - size) for size in sizes) > _RANKS:
            break
        found = next(_choices(layer, least, sizes), None)
        if found is not None:
            return Fewest(least, found)
        least += 1
    return Fewest(least, best)


def _choices(layer: Layer, extra: int, sizes: Sequence[int]) -> Iterator[Choice]:
    """All choices with so many extra units, so many kinks of which have two."""
    count = len(layer.kinks)
    for size in sizes:
        for twice in combinations(range(count), size):
            basis = [layer.normals[i] for i in twice]
            if rank(basis) < size:
                continue
            others = [i for i in range(count) if i not in twice]
            for signs in product((False, True), repeat=len(others)):
                turned = tuple(i for i, sign in zip(others, signs, strict=True) if sign)
                if 2 * (rank([*basis, *layer.left(turned)]) - size) == extra - size:
                    yield Choice(turned, twice, extra)
