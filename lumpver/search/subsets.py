"""Which of some vectors add up to another, if any do: exactly where that can be decided.

What linear equations leave free is tried out where it is little. Up to 40 vectors are decided by
meeting in the middle, and more where all are multiples of one by small integers, so that few
sums are different; of others only as many are turned to and fro as there is room for.

goal: the vector that the others are to add up to
residue: a number modulo a prime; what adds up does so in residues, the reverse is confirmed
room: how many sums may still be formed

References
----------
Horowitz, Sahni: *Computing partitions with applications to the knapsack problem*, 1974.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final

import numpy as np
from flint import fmpq, nmod_mat

from lumpver.exact.dependence import PRIME
from lumpver.exact.scalar import ZERO, lowest_common

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    Sums = npt.NDArray[np.int64]
    Vector = Sequence[fmpq]

MOST: Final = 40  # vectors that are decided by meeting in the middle
_HALF: Final = 20
_SUMS: Final = 2**_HALF  # that are kept of one half
_SEEN: Final = 2**24  # last bits by which sums are told apart at a glance
_TRIED: Final = 64  # candidates that are confirmed before it is left open
_WHOLE: Final = 2**62  # integers below it add up in 64 bits
_ROUNDS: Final = 2


@dataclass(slots=True)
class Room:
    """How many sums may still be formed."""

    left: int = 2**27

    def takes(self, count: int) -> bool:
        """Whether there is room for so many more, which then is taken."""
        enough = count <= self.left
        self.left -= count if enough else 0
        return enough


@dataclass(frozen=True, slots=True)
class Sought:
    """The places of vectors that add up to the goal, if some were found; else whether none do."""

    found: tuple[int, ...] | None
    decided: bool = True


def subset(
    parts: Sequence[Vector],
    goal: Vector,
    *,
    room: Room | None = None,
    right: Callable[[tuple[int, ...]], bool] | None = None,
) -> Sought:
    """Which parts add up to the goal.

    What was found does, and where it is decided that nothing was, no parts do. Where more is asked
    for than these entries tell, `right` says whether a choice is, and none other is found.

    Examples
    --------
    >>> numbers = [[fmpq(n)] for n in (3, 5, 9)]
    >>> subset(numbers, [fmpq(12)])
    Sought(found=(0, 2), decided=True)
    >>> subset(numbers, [fmpq(10)])
    Sought(found=None, decided=True)
    """
    confirmed = right or (lambda _: True)
    moving = [i for i, part in enumerate(parts) if any(value != 0 for value in part)]
    rows = [[parts[i][j] for i in moving] + [value] for j, value in enumerate(goal)]

    def exactly(places: Sequence[int]) -> bool:
        return confirmed(tuple(moving[i] for i in places)) and all(
            sum((row[i] for i in places), ZERO) == row[-1] for row in rows
        )

    found = _subset(rows, len(moving), room or Room(), exactly)
    return Sought(None if found.found is None else tuple(moving[i] for i in found.found),
                  found.decided)  # fmt: skip


def _subset(
    rows: list[list[fmpq]], count: int, room: Room, right: Callable[[Sequence[int]], bool]
) -> Sought:
    table, rank = _residues(rows, count)
    pivots = [next(j for j, value in enumerate(row) if value) for row in table]
    if count in pivots:
        return Sought(None)
    free = [j for j in range(count) if j not in pivots]
    if len(free) <= (count // 2 + 1 if count <= MOST else _HALF):
        return _tried_out(table, pivots, free, room, right)
    weights = [1, *Random(0).choices(range(PRIME), k=max(rank - 1, 0))]  # noqa: S311 no secret
    mixed = [sum(map(int.__mul__, weights, column)) % PRIME for column in zip(*table, strict=True)]
    if count <= MOST:
        return _met(mixed, room, right)
    whole = _integers(rows, count)
    for turn in range(_ROUNDS if whole is None else 1):
        found = _reached(mixed if whole is None else whole, turn, room, right, whole=whole)
        if found.found is not None or found.decided:
            return found
    return Sought(None, decided=False)


def _residues(rows: list[list[fmpq]], count: int) -> tuple[list[list[int]], int]:
    """The reduced rows of a system, without denominators, modulo the prime; and its rank."""
    if not rows:
        return [], 0
    flat: list[int] = []
    for row in rows:
        below = lowest_common([value.q for value in row])
        flat += [int((value * below).p) % PRIME for value in row]
    reduced, rank = nmod_mat(len(rows), count + 1, flat, PRIME).rref()
    return [[int(value) for value in row] for row in reduced.tolist()[:rank]], int(rank)


def _integers(rows: list[list[fmpq]], count: int) -> list[int] | None:
    """What multiple of one vector each is, and the goal, if all are such by small integers."""
    rows = [row for row in rows if any(value != 0 for value in row)]
    lead = rows[0]
    place = next((j for j in range(count) if lead[j] != 0), None)
    if place is None:
        return None
    for row in rows[1:]:
        factor = row[place] / lead[place]
        if any(value != factor * other for value, other in zip(row, lead, strict=True)):
            return None
    below = lowest_common([value.q for value in lead])
    found = [int((value * below).p) for value in lead]
    return found if sum(map(abs, found)) < _WHOLE else None


def _plus(sums: Sums, number: int, *, whole: bool) -> Sums:
    """Each sum and a number: an integer, or a residue."""
    more = sums + np.int64(number)
    return more if whole else np.where(more >= PRIME, more - PRIME, more)


def _all_sums(numbers: Sequence[int]) -> Sums:
    """Sum number s of residues is that of the places at which s has a bit."""
    sums = np.zeros(1, dtype=np.int64)
    for number in numbers:
        sums = np.concatenate([sums, _plus(sums, number, whole=False)])
    return sums


def _bits(number: int, count: int) -> list[int]:
    return [i for i in range(count) if number >> i & 1]


def _tried_out(
    table: list[list[int]],
    pivots: list[int],
    free: list[int],
    room: Room,
    right: Callable[[Sequence[int]], bool],
) -> Sought:
    """All choices of what is free, which tell whether pivots are in, or no such choice is right."""
    if not room.takes(2 ** len(free)):
        return Sought(None, decided=False)
    left = np.arange(2 ** len(free))
    chosen: list[Sums] = []
    for row in table:
        signs = [-row[j] % PRIME for j in free]
        if len(left) == 2 ** len(free):
            values = _all_sums(signs)
        else:
            values = np.zeros(len(left), dtype=np.int64)
            for i, sign in enumerate(signs):
                values = np.where(left >> i & 1, _plus(values, sign, whole=False), values)
        values = _plus(values, row[-1], whole=False)
        able = np.flatnonzero(values <= 1)
        left, chosen = left[able], [part[able] for part in chosen] + [values[able]]
    for k, choice in enumerate(left[:_TRIED].tolist()):
        places = [free[i] for i in _bits(choice, len(free))]
        places += [pivot for pivot, part in zip(pivots, chosen, strict=True) if part[k]]
        if right(sorted(places)):
            return Sought(tuple(sorted(places)))
    return Sought(None, decided=len(left) <= _TRIED)


def _met(mixed: list[int], room: Room, right: Callable[[Sequence[int]], bool]) -> Sought:
    """Sums of one half that go with some of the other."""
    count = len(mixed) - 1
    half = count // 2
    if not room.takes(2**half + 2 ** (count - half)):
        return Sought(None, decided=False)
    ours = _all_sums([-number % PRIME for number in mixed[:half]])
    ours, theirs = _plus(ours, mixed[-1], whole=False), _all_sums(mixed[half:-1])
    mine, others = _alike(ours, theirs), _alike(theirs, ours)
    ours, theirs = ours[mine], theirs[others]
    order = np.argsort(theirs)
    theirs = theirs[order]
    place = np.searchsorted(theirs, ours)
    place[place == len(theirs)] = 0
    if not len(theirs):
        return Sought(None)
    matches = np.flatnonzero(theirs[place] == ours)
    for match in matches[:_TRIED].tolist():
        other = _bits(int(others[order[place[match]]]), count - half)
        places = [*_bits(int(mine[match]), half), *(half + i for i in other)]
        if right(places):
            return Sought(tuple(places))
    return Sought(None, decided=not matches.size)


def _alike(sums: Sums, others: Sums) -> Sums:
    """The places of sums whose last bits some others have, too: few, where they are of any kind."""
    if len(sums) + len(others) < _SEEN >> 8:
        return np.arange(len(sums))
    seen = np.zeros(_SEEN, dtype=bool)
    seen[others & (_SEEN - 1)] = True
    return np.flatnonzero(seen[sums & (_SEEN - 1)])


def _reached(
    numbers: list[int],
    turn: int,
    room: Room,
    right: Callable[[Sequence[int]], bool],
    *,
    whole: list[int] | None,
) -> Sought:
    """The same, sums that are equal counted once, of as many numbers as there is room for."""
    exact, count = whole is not None, len(numbers) - 1
    order = list(range(count))
    if not exact:
        Random(turn).shuffle(order)  # noqa: S311 no secret
    sides = order[::2], order[1::2]
    ours, theirs = (_Half.of([numbers[i] for i in side], room, whole=exact) for side in sides)
    wanted = numbers[-1] - theirs.sums
    if not exact:
        wanted = np.where(wanted < 0, wanted + PRIME, wanted)
    place = np.minimum(np.searchsorted(ours.sums, wanted), len(ours.sums) - 1)
    matches = np.flatnonzero(ours.sums[place] == wanted)
    for match in matches[:_TRIED].tolist():
        places = [sides[0][i] for i in ours.choice(int(place[match]))]
        places += [sides[1][i] for i in theirs.choice(match)]
        if right(sorted(places)):
            return Sought(tuple(sorted(places)))
    return Sought(None, decided=exact and not matches.size and ours.all and theirs.all)


@dataclass(frozen=True, slots=True, eq=False)
class _Half:
    """Different sums, rising, of the first `used` numbers, and which number each came with."""

    numbers: tuple[int, ...]
    used: int
    sums: Sums
    came: Sums
    whole: bool

    @classmethod
    def of(cls, numbers: Sequence[int], room: Room, *, whole: bool) -> _Half:
        sums, came = np.zeros(1, dtype=np.int64), np.full(1, -1, dtype=np.int64)
        used = 0
        for i, number in enumerate(numbers):
            if len(sums) > _SUMS // 2 or not room.takes(2 * len(sums)):
                break
            both = np.concatenate([sums, _plus(sums, number, whole=whole)])
            order = np.argsort(both, kind="stable")
            both = both[order]
            first = np.concatenate([[True], both[1:] != both[:-1]])
            came = np.concatenate([came, np.full(len(came), i)])[order][first]
            sums, used = both[first], i + 1
        return cls(tuple(numbers), used, sums, came, whole)

    @property
    def all(self) -> bool:
        """Whether these are the sums of all numbers."""
        return self.used == len(self.numbers)

    def choice(self, place: int) -> list[int]:
        """The numbers that add up to a sum: that with which it came, and those that did before."""
        found: list[int] = []
        while (last := int(self.came[place])) >= 0:
            found.append(last)
            before = int(self.sums[place]) - self.numbers[last]
            before = before if self.whole else before % PRIME
            place = int(np.searchsorted(self.sums, before))
        return found
