"""Kinks that stay where units that reflect each other cancel: a plain chain of fewer units.

A level makes the columns that later levels need, each as late as can be; it carries those of
earlier levels, together where all later forms read them in one proportion; and it carries what
later forms have of the inputs, each direction by two units, its positive and its negative part.

level: a layer of the chain
later: the forms of columns on higher levels, and those of the outputs

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*, Section 4, which looks
for relationships less restrictive than proportionality; theory F.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lumpver.exact.array import Exact, amended, zeros
from lumpver.exact.scalar import ONE, ZERO, odd_part
from lumpver.model.forms import CONSTANT, needed, scaled
from lumpver.search.directions import coordinates, of_inputs, spanning

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flint import fmpq

    from lumpver.model.forms import Columns, Form


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """What the units of a level are taken of, and what forms are made of by them.

    The first units are those of its own columns, so many. Unit u is A of `taken[u]`. The first
    of them give the sums of columns in `sums`, one each; of the others two give each direction,
    as their difference.
    """

    born: int
    taken: tuple[Form, ...]
    sums: tuple[Form, ...]
    directions: tuple[Form, ...]

    @property
    def carries(self) -> bool:
        """Whether there are units beside those of the level's own columns."""
        return len(self.taken) > self.born

    def row(self, form: Form, inputs: int) -> tuple[list[tuple[int, fmpq]], fmpq]:
        """A form over the units of the level: (unit, factor) pairs, and a constant."""
        entries: list[tuple[int, fmpq]] = []
        for unit, part in enumerate(self.sums):
            column = min(part)
            if column in form:
                entries.append((unit, form[column] / part[column]))
        found = coordinates(of_inputs(form, inputs), self.directions)
        for place, factor in enumerate(found):
            unit = len(self.sums) + 2 * place
            entries += [(unit, factor), (unit + 1, -factor)] if factor != 0 else []
        return entries, form.get(CONSTANT, ZERO)


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """Matrices and biases, an activation of this slope between each two.

    It `carries` where a unit is there only for what later levels read.
    """

    layers: tuple[tuple[Exact, Exact], ...]
    slope: fmpq
    carries: bool

    @property
    def levels(self) -> tuple[int, ...]:
        """How many units there are on each level, outputs aside."""
        return tuple(int(W.shape[0]) for W, _ in self.layers[:-1])

    @property
    def units(self) -> int:
        """How many units there are, outputs aside."""
        return sum(self.levels)


def chained(outputs: Sequence[Form], columns: Columns) -> Chain | None:
    """The chain that computes these forms; None where its activation cannot carry what it must.

    Examples
    --------
    >>> from lumpver.model.forms import Columns, add
    >>> columns = Columns(1)
    >>> up, down = (columns.activated({0: s * ONE}, ZERO) for s in (1, -1))
    >>> add(up, -ONE, down)  # ReLU(x) - ReLU(-x) is x
    >>> chained([up], columns).units
    0
    """
    live = needed(outputs, columns)
    slopes = {columns.slopes[c - columns.inputs] for c in live}
    if len(slopes) > 1:
        return None
    [slope] = slopes or {ZERO}
    placed = late(live, columns)
    levels: list[Level] = []
    for at in range(1, max(placed.values(), default=0) + 1):
        later = [columns.behind[c - columns.inputs] for c in live if placed[c] > at]
        born = [c for c in live if placed[c] == at]
        before = [c for c in live if placed[c] < at]
        levels.append(_level(columns, [*later, *outputs], born, before))
    carries = any(level.carries for level in levels)
    if carries and slope != 0:
        return None
    layers = []
    below: Level | None = None
    for taken in [*(level.taken for level in levels), tuple(outputs)]:
        layers.append(_layer(taken, below, columns.inputs))
        below = levels[len(layers) - 1] if len(layers) <= len(levels) else None
    return Chain(tuple(layers), slope, carries)


def early(live: Sequence[int], columns: Columns) -> dict[int, int]:
    """The first level on which each of these columns can be, from 1 on."""
    found: dict[int, int] = {}
    for c in live:
        found[c] = 1 + max((found[d] for d in _parts(c, columns)), default=0)
    return found


def late(live: Sequence[int], columns: Columns) -> dict[int, int]:
    """The last level on which each can be, if there are no more levels than needed."""
    depth = max(early(live, columns).values(), default=0)
    found = dict.fromkeys(live, depth)
    for c in reversed(live):
        for d in _parts(c, columns):
            found[d] = min(found[d], found[c] - 1)
    return found


def _parts(column: int, columns: Columns) -> list[int]:
    """The activated columns that a column is directly made of."""
    return [d for d in columns.behind[column - columns.inputs] if d >= columns.inputs]


def _level(
    columns: Columns, later: Sequence[Form], born: Sequence[int], before: Sequence[int]
) -> Level:
    own = [(c, whole(columns, c)) for c in born if any(c in form for form in later)]
    sums: list[Form] = [{c: s} for c, s in own]
    taken = [scaled(columns.behind[c - columns.inputs], s) for c, s in own]
    groups: dict[tuple[tuple[int, fmpq], ...], Form] = {}
    for c in before:
        read = [(i, form[c]) for i, form in enumerate(later) if c in form]
        if read:
            lead = abs(read[0][1])
            key = tuple((i, value / lead) for i, value in read)
            groups.setdefault(key, {})[c] = lead
    directions = spanning([of_inputs(form, columns.inputs) for form in later])
    sums += groups.values()
    taken += groups.values()
    for direction in directions:
        taken += [direction, scaled(direction, -ONE)]
    return Level(len(own), tuple(taken), tuple(sums), directions)


def whole(columns: Columns, column: int) -> fmpq:
    """Which multiple of a column its unit is to be: as the last one was, where that is exact."""
    factor = columns.factors[column - columns.inputs]
    return factor if odd_part(factor.p) == odd_part(factor.q) == 1 else ONE


def _layer(taken: Sequence[Form], below: Level | None, inputs: int) -> tuple[Exact, Exact]:
    """The matrix and the bias of what these forms are over the level below, or the inputs."""
    width = inputs if below is None else len(below.taken)
    W: dict[int, fmpq] = {}
    b: dict[int, fmpq] = {}
    for i, form in enumerate(taken):
        if below is None:
            entries = [*of_inputs(form, inputs).items()]
            constant = form.get(CONSTANT, ZERO)
        else:
            entries, constant = below.row(form, inputs)
        W |= {i * width + unit: factor for unit, factor in entries}
        b |= {i: constant} if constant != 0 else {}
    return amended(zeros(len(taken), width), W), amended(zeros(len(taken)), b)
