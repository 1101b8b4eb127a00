"""Points at which what two networks do differently can be seen at an output.

A unit that differs shows only where it is active, and what reads it, and so on to an
output. From a point where one of them is not, a step along its gradient leads to where
it is; the steps are repeated like projections onto half-spaces.

culprit: an atom of only one network that reads nothing but atoms of both
path: atoms from a culprit to an output, each read by the next
band: the arguments around which an activation is not constant
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

import numpy as np
from flint import fmpq

from lumpver.claim.domain import FREE
from lumpver.exact.scalar import ONE, ZERO
from lumpver.model.functions import Curve, Pieces
from lumpver.proving.points import clamped, rounded
from lumpver.proving.table import Applied, read, row
from lumpver.proving.valuation import Valuation

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from random import Random

    from lumpver.claim.domain import Range
    from lumpver.exact.array import Exact
    from lumpver.model.activations import Activation
    from lumpver.proving.table import Table

ROUNDS = 24
_CULPRITS = 8
_STARTS = 6
_CROSSINGS = 4


@dataclass(frozen=True, slots=True)
class Difference:
    """The atoms of only one of two networks, by who reads them.

    `ends` are those that outputs read; each culprit comes with the atoms on which it
    differs from its likely counterpart.
    """

    ends: frozenset[int]
    readers: dict[int, tuple[int, ...]]
    culprits: tuple[tuple[int, tuple[int, ...]], ...]


def difference(
    table: Table, ours: Collection[int], theirs: Collection[int], ends: Collection[int]
) -> Difference:
    """What only one of the networks has whose outputs read the atoms `ours` and `theirs`.

    `ends` are the atoms that the difference of the outputs reads.
    """
    one, other = cone(table, ours), cone(table, theirs)
    own = one ^ other
    readers: dict[int, list[int]] = {}
    first = []
    for index in sorted(own):
        found = own.intersection(read(table, index))
        for j in sorted(found):
            readers.setdefault(j, []).append(index)
        if not found:
            first.append(index)
    culprits = []
    for index in first[:_CULPRITS]:
        across = [j for j in first if (j in one) != (index in one)]
        culprits.append((index, _sources(table, index, across[:_CULPRITS])))
    culprits += [(index, ()) for index in sorted(set(ends) - own)[:_CULPRITS]]
    return Difference(
        frozenset(ends), {j: tuple(found) for j, found in readers.items()}, tuple(culprits)
    )


def cone(table: Table, ends: Collection[int]) -> set[int]:
    """`ends`, and all that they depend on.

    Examples
    --------
    >>> from lumpver.proving.table import Table
    >>> cone(Table(), [])
    set()
    """
    found: set[int] = set()
    stack = list(ends)
    while stack:
        index = stack.pop()
        if index not in found:
            found.add(index)
            stack += read(table, index)
    return found


def _sources(table: Table, index: int, across: Sequence[int]) -> tuple[int, ...]:
    """The atoms on which an atom's direction differs from the most similar one across."""
    best: tuple[int, ...] | None = None
    ours = _weights(table, index)
    for other in across:
        theirs = _weights(table, other)
        common = Counter(theirs[j] / ours[j] for j in ours if j in theirs)
        ratio = min(common, key=lambda r: (-common[r], r), default=ONE)
        apart = tuple(j for j in ours | theirs if theirs.get(j, ZERO) != ratio * ours.get(j, ZERO))
        if best is None or len(apart) < len(best):
            best = apart
    return best or ()


def _weights(table: Table, index: int) -> dict[int, fmpq]:
    atom = table.atoms[index]
    return row(table, atom.direction)[0] if isinstance(atom, Applied) else {}


def seek(
    table: Table,
    spine: int,
    found: Difference,
    starts: Exact,
    ranges: Sequence[Range],
    random: Random,
) -> Iterator[Valuation]:
    """Valuations at points that come ever closer to opening a path from a culprit."""
    points = starts
    for _ in range(ROUNDS if found.culprits else 0):
        values = Valuation(table, spine, points)
        columns = []
        for s in range(values.size):
            culprit = found.culprits[s % len(found.culprits)]
            step = _step(values, s, _blocked(values, s, found, culprit, random), random)
            columns.append(clamped(rounded(points[:, s] + step), ranges))
        points = np.stack(columns, axis=1)
        yield Valuation(table, spine, points)


def _blocked(
    values: Valuation,
    s: int,
    found: Difference,
    culprit: tuple[int, tuple[int, ...]],
    random: Random,
) -> int | None:
    """The first atom that is constant around point s: the culprit's sources, then the path."""
    index, sources = culprit
    if sources and not any(_open(values, s, source) for source in sources):
        return random.choice(sources)
    while _open(values, s, index):
        onward = found.readers.get(index, ())
        if not onward or (index in found.ends and random.random() < 0.5):
            return None
        free = [j for j in onward if _open(values, s, j)]
        index = random.choice(free or onward)
    return index


def _open(values: Valuation, s: int, index: int) -> bool:
    found = _argument(values, s, index)
    if found is None:
        return True
    atom, argument = found
    low, high = band(atom.function)
    return (low is None or argument > low) and (high is None or argument < high)


def _argument(values: Valuation, s: int, index: int) -> tuple[Applied, fmpq] | None:
    """An activation and what it is applied to at point s; None where that is not known."""
    atom = values.table.atoms[index]
    if not isinstance(atom, Applied):
        return None
    found = values.direction(atom.direction)
    return None if found is None else (atom, found[s] * atom.factor)


def band(function: Activation) -> Range:
    """Between which arguments an activation is not constant.

    Examples
    --------
    >>> from lumpver.model.activations import RELU, leaky
    >>> band(RELU), band(leaky("1/10"))
    ((0, None), (None, None))
    """
    match function.mapping:
        case Curve():
            return FREE
        case Pieces(lines, bends):
            return (
                bends[0] if bends and lines[0].slope == 0 else None,
                bends[-1] if bends and lines[-1].slope == 0 else None,
            )
        case _:
            assert_never(function.mapping)


def crossing(
    values: Valuation, atom: Applied, ranges: Sequence[Range], random: Random
) -> Exact | None:
    """A point at which an atom's argument has the sign that it has at none of the points."""
    direction = values.direction(atom.direction)
    moving = [] if direction is None else [s for s in range(values.size) if direction[s] != 0]
    if direction is None or not moving:
        return None
    sign = 1 if direction[moving[0]] > 0 else -1
    chosen = sorted(moving, key=lambda s: (abs(direction[s]), s))[:_STARTS]
    points = values.points[:, chosen]
    for _ in range(_CROSSINGS):
        here = Valuation(values.table, values.spine, points)
        columns = []
        for s in range(here.size):
            step = _across(here, s, atom.direction, random)
            columns.append(clamped(rounded(points[:, s] + step), ranges))
        points = np.stack(columns, axis=1)
        reached = Valuation(values.table, values.spine, points)
        found = reached.direction(atom.direction)
        for s in range(reached.size):
            if found is not None and found[s] * sign < 0:
                return points[:, s]
    return None


def _across(values: Valuation, s: int, direction: int, random: Random) -> Exact:
    """A step after which a direction probably has the other sign."""
    found = values.direction(direction)
    gradient = values.gradient(direction, s)
    length = sum((g * g for g in gradient.tolist()), ZERO)
    far = 1 + fmpq(random.randint(1, 16), 8)
    if found is None or length == 0:
        return gradient
    return np.asarray(gradient * (-far * found[s] / length), dtype=object)


def _step(values: Valuation, s: int, blocked: int | None, random: Random) -> Exact:
    """A step after which `blocked` is probably open; a small random one if nothing is.

    Where it does not depend on the roots at all, what it reads is opened first.
    """
    width = values.points.shape[0]
    while blocked is not None:
        found = _argument(values, s, blocked)
        if found is None:
            break
        atom, argument = found
        gradient = values.gradient(atom.direction, s) * atom.factor
        length = sum((g * g for g in gradient.tolist()), ZERO)
        if length != 0:
            low, high = band(atom.function)
            aim = _aim(argument, low, high, fmpq(random.randint(1, 16), 8))
            return np.asarray(gradient * ((aim - argument) / length), dtype=object)
        closed = [j for j in read(values.table, blocked) if not _open(values, s, j)]
        blocked = random.choice(closed) if closed else None
    return np.array([fmpq(random.randint(-8, 8), 8) for _ in range(width)], dtype=object)


def _aim(argument: fmpq, low: fmpq | None, high: fmpq | None, far: fmpq) -> fmpq:
    """An argument inside the band, `far` beyond its nearer end in units of the distance."""
    if low is not None and high is not None:
        return (low + high) / 2
    if low is not None:
        return low + far * ((low - argument) or ONE)
    return argument if high is None else high - far * ((argument - high) or ONE)
