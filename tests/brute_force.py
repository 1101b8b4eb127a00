"""All relabellings of a tiny network that have one entry a row, asked of the checker one by one.

For each tensor that a run of linear nodes makes: every choice of units that are constants, every
partition of the others into blocks, every scale that two of their rows tell, every choice of
blocks to leave out. What some row contradicts is left out at once; the rest is for the checker.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain, combinations, product
from typing import TYPE_CHECKING, Any

import numpy as np

from lumpver.checker import check
from lumpver.errors import LumpverError
from lumpver.exact.array import compact, rationals
from lumpver.exact.scalar import ONE, ZERO
from lumpver.model.normalization import rational, scaling
from lumpver.model.relabelling import Relabelling
from lumpver.model.segments import aggregate
from lumpver.reducing.reduction import reduce_by
from lumpver.search.forward import carried

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from flint import fmpq

    from lumpver.model.network import Network, Segment

    Chosen = dict[str, Relabelling]

MOST = 200


class TooMany(Exception):
    """There are more relabellings than anyone wants to ask about."""


@dataclass(slots=True)
class Search:
    """The fewest units of any relabelling that the checker accepts, and how many it was asked."""

    network: Network
    fewest: int = field(init=False)
    best: Chosen = field(default_factory=dict)
    asked: int = 0
    right: int = 0

    def __post_init__(self) -> None:
        self.fewest = self.network.units

    def run(self) -> Search:
        """Ask of all of them."""
        self._from(0, {})
        return self

    def _from(self, place: int, chosen: Chosen) -> None:
        segments = self.network.segments
        if place == len(segments):
            self._ask(chosen)
            return
        segment = segments[place]
        self._from(place + 1, chosen)
        if segment.output in {tensor.name for tensor in self.network.outputs}:
            return
        for found in choices(self.network, segment, chosen):
            self._from(place + 1, chosen | {segment.output: found})

    def _ask(self, chosen: Chosen) -> None:
        self.asked += 1
        if self.asked > MOST:
            raise TooMany
        try:
            if self._units(chosen) >= self.fewest:
                return
            made = reduce_by(self.network, chosen)
            check(self.network, made.network, made.certificate)
        except (LumpverError, IndexError, ValueError, KeyError):
            return  # no network has these blocks
        self.right += 1
        self.fewest, self.best = made.network.units, chosen

    def _units(self, chosen: Chosen) -> int:
        found = carried(self.network, chosen)
        widths = {name: one.width for name, one in found.items()}
        return sum(widths.get(name, self.network.width[name]) for name in self.network.layers)


def choices(network: Network, segment: Segment, chosen: Chosen) -> Iterator[Relabelling]:
    """What the rows of a run allow, but for the identity."""
    rows = _Rows.of(network, segment, chosen)
    if rows is None:
        return
    units = range(len(rows.z))
    free = [v for v in units if rows.value(v) is not None]
    for constants in _subsets(free):
        rest = [v for v in units if v not in constants]
        for blocks in partitions(rest):
            for scales in product(*(rows.scales(block) for block in blocks)):
                for ghosts in _subsets(range(len(blocks))):
                    found = _relabelling(rows, constants, blocks, scales, ghosts)
                    if not found.is_identity:
                        yield found


@dataclass(frozen=True, slots=True)
class _Rows:
    """What is scaled of each unit, with its bias behind the weights; by what; what is added."""

    z: list[list[fmpq]]
    gamma: list[fmpq]
    squares: list[fmpq]
    beta: list[fmpq]
    found: Any

    @staticmethod
    def of(network: Network, segment: Segment, chosen: Chosen) -> _Rows | None:
        try:
            before = carried(network, chosen).get(segment.input)
        except (LumpverError, IndexError, ValueError):
            return None  # what a join reads is relabelled in two ways
        units = network.width.get(segment.input, 0) if before is None else before.units
        try:
            R, b = aggregate(rational(segment), before, units)
        except LumpverError:
            return None
        scaled = scaling(segment)
        if scaled is None:
            z, n = np.c_[rationals(R), rationals(b)].tolist(), len(b)
            return _Rows(z, [ONE] * n, [ONE] * n, [ZERO] * n, None)
        if R.shape[0] != scaled.gamma.size:
            return None  # what is read has a width that nothing tells
        R, d = scaled.centered(R, b)
        z = np.c_[rationals(R), rationals(d)].tolist()
        parts = (scaled.gamma, scaled.squares, scaled.beta)
        gamma, squares, beta = (rationals(part).tolist() for part in parts)
        return _Rows(z, gamma, squares, beta, scaled)

    def value(self, v: int) -> fmpq | None:
        """The value of a unit that is a constant."""
        *weights, d = self.z[v]
        if any(weights):
            return None
        return d if self.found is None else self.found.constant(v, d)

    def scales(self, block: Sequence[int]) -> list[tuple[fmpq, ...]]:
        """The scales of a block's units over its first, none where they are no multiples.

        All that are always 0 may be any multiple: another writer tells which.
        """
        options = [self._scales(block[0], v) for v in block[1:]]
        return [(ONE, *rest) for rest in product(*options)]

    def _scales(self, u: int, v: int) -> list[fmpq]:
        a, b = self.z[u], self.z[v]
        if not any(a) and not any(b):
            if self.beta[u] == 0 and self.beta[v] == 0:
                return [ONE * n for n in (1, 2, 3)] + [ONE / n for n in (2, 3)]
            return [self.beta[v] / self.beta[u]] if self.beta[u] and self.beta[v] else []
        t = _ratio(a, b)
        turn = None if t is None else _ratio_of_roots(self.squares[u], self.squares[v])
        if t is None or turn is None:
            return []
        s = t * turn * self.gamma[v] / self.gamma[u]
        return [s] if s and self.beta[v] == s * self.beta[u] else []


def _ratio(a: list[fmpq], b: list[fmpq]) -> fmpq | None:
    pivot = next((i for i, x in enumerate(a) if x != 0), None)
    if pivot is None:
        return None
    t = b[pivot] / a[pivot]
    return t if t and all(y == t * x for x, y in zip(a, b, strict=True)) else None


def _ratio_of_roots(a: fmpq, b: fmpq) -> fmpq | None:
    from lumpver.exact.roots import ratio

    return ratio(a, b)


def _subsets(given: Any) -> Iterator[tuple[int, ...]]:
    some = list(given)
    return chain.from_iterable(combinations(some, n) for n in range(len(some) + 1))


def partitions(units: Sequence[int]) -> Iterator[list[list[int]]]:
    """All partitions, each block and all first members in order."""
    if not units:
        yield []
        return
    *rest, last = units
    for blocks in partitions(rest):
        for i in range(len(blocks)):
            yield [*blocks[:i], [*blocks[i], last], *blocks[i + 1 :]]
        yield [*blocks, [last]]


def _relabelling(
    rows: _Rows,
    constants: Sequence[int],
    blocks: Sequence[Sequence[int]],
    scales: Sequence[Sequence[fmpq]],
    ghosts: Sequence[int],
) -> Relabelling:
    n = len(rows.z)
    block = np.full(n, -1, dtype=np.int64)
    scale, constant = (np.full(n, x, dtype=object) for x in (ONE, ZERO))
    order = [i for i in range(len(blocks)) if i not in ghosts] + list(ghosts)
    for column, i in enumerate(order):
        block[list(blocks[i])] = column
        scale[list(blocks[i])] = scales[i]
    for v in constants:
        constant[v] = rows.value(v)
    left = len(blocks) - len(ghosts)
    return Relabelling(block, compact(scale), compact(constant), left, len(ghosts))


def fewest(network: Network) -> tuple[int, Mapping[str, Relabelling], int]:
    """The fewest units, the relabelling that leaves them, and how many were tried."""
    found = Search(network).run()
    return found.fewest, found.best, found.asked
