"""A layer's columns with those carried that its units read: its rows, and what units are then."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.exact.array import add, compact, entry, nonzero, rationals, zeros
from lumpver.exact.parts import parts
from lumpver.exact.product import matmul
from lumpver.exact.scalar import ONE, ZERO
from lumpver.model.relabelling import Mixed, Relabelling, identity

if TYPE_CHECKING:
    from flint import fmpq

    from lumpver.exact.array import Exact
    from lumpver.exact.proportional import Rows
    from lumpver.model.network import Pointwise

PARTS: Final = 8  # of a number at most


@dataclass(slots=True, eq=False)
class Layer:
    """A layer with units that are on, which `W` and `b` make of the columns that are carried.

    `others` are the columns that stay, `read` those of what the layer reads that it carries,
    `copies` how often.
    """

    node: Pointwise
    on: Rows
    others: Rows
    W: Exact
    b: Exact
    read: Rows
    lift: Exact
    copies: Rows = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    @property
    def again(self) -> Rows:
        """Which of the carried columns is carried once more, for each of these."""
        return np.repeat(np.arange(self.read.size), self.copies - 1)

    @property
    def width(self) -> int:
        """How many columns the layer has then."""
        return int(self.others.size + self.copies.sum())


def over(layer: Layer, W: Exact, b: Exact) -> tuple[Exact, Exact]:
    """Rows over a layer's columns, as rows over those that it has now, each carried once."""
    V = W[:, layer.on]
    products = matmul(V, layer.W)
    return beside(W[:, layer.others], products), add(b, matmul(V, layer.b))


def in_parts(W: Exact, layer: Layer, own: str) -> Exact:
    """The rows with a column for each time that one is carried."""
    n, more = layer.others.size, []
    first = W[:, n:]
    found = parts(first, own, most=PARTS) if own else (first,)
    split = (first,) if found is None else found
    for i, count in enumerate(layer.copies.tolist()):
        one = [part[:, i : i + 1] for part in split]
        one += [zeros(int(W.shape[0]), 1)] * (count - len(one))
        more.append(one[:count])
    columns = [W[:, :n], *(one[0] for one in more), *(x for one in more for x in one[1:])]
    return beside(*columns)


def lifting(low: fmpq) -> fmpq:
    """A power of two that lifts what never falls below a number above 0, or 0."""
    if low >= 0:
        return ZERO
    found = ONE
    while found < -low:
        found = found * 2
    while found / 2 >= -low:
        found = found / 2
    return found * 2  # in whatever order bounds are computed


def stacked(*some: Exact) -> Exact:
    """Rows, or numbers, below each other."""
    exact = all(part.dtype != object for part in some)
    return np.concatenate([part if exact else rationals(part) for part in some])


def beside(*some: Exact) -> Exact:
    """Columns next to each other."""
    exact = all(part.dtype != object for part in some)
    return np.concatenate([part if exact else rationals(part) for part in some], axis=1)


def recolumned(before: Relabelling | None, units: int, layer: Layer) -> Relabelling:
    """What units are in terms of a layer's columns, of which those that are on are carried.

    Ghosts stay behind all others.
    """
    given = identity(units) if before is None else before
    place = {int(j): i for i, j in enumerate(layer.others)}
    place |= {j: j - given.width + layer.width for j in range(given.width, given.columns)}
    on = {int(j): i for i, j in enumerate(layer.on)}
    block = np.full(given.units, -1, dtype=np.int64)
    scale, constant = rationals(np.ones(given.units)), rationals(given.constant).copy()
    several: list[tuple[int, int, fmpq]] = []
    for v in range(given.units):
        row: dict[int, fmpq] = {}
        for j, factor in given.row(v):
            if j not in on:
                row[place[j]] = row.get(place[j], ZERO) + factor
                continue
            constant[v] += factor * entry(layer.b, on[j])
            for i in np.flatnonzero(nonzero(layer.W[on[j]])).tolist():
                column = layer.others.size + i
                row[column] = row.get(column, ZERO) + factor * entry(layer.W[on[j]], i)
        entries = sorted((column, value) for column, value in row.items() if value != 0)
        if len(entries) == 1:
            [(block[v], scale[v])] = entries
        else:
            several += [(v, column, value) for column, value in entries]
    off = given.off - given.width + layer.width
    mixed = Mixed.of(several) if several else Mixed()
    return Relabelling(
        block, compact(scale), compact(constant), layer.width, given.ghosts, mixed, off
    )
