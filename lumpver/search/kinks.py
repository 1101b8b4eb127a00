"""Kinks that stay where units that reflect each other cancel: a plain chain of fewer units.

A level makes the columns that later levels need, each as late as can be, and carries what those
read that is made before, or of the inputs.

level: a layer of the chain, of units of one activation
wanted: the forms that the units of the level above are taken of, or those of the outputs

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*, Section 4, which looks
for relationships less restrictive than proportionality; theory F.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lumpver.exact.array import Exact, amended, zeros
from lumpver.exact.scalar import ZERO
from lumpver.model.forms import CONSTANT, needed
from lumpver.search.carried import levels
from lumpver.search.directions import of_inputs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flint import fmpq

    from lumpver.model.forms import Columns, Form
    from lumpver.search.carried import Level


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """Matrices and biases, an activation between each two, of these slopes.

    It `carries` where a unit is there only for what later levels read.
    """

    layers: tuple[tuple[Exact, Exact], ...]
    slopes: tuple[fmpq, ...]
    carries: bool

    @property
    def levels(self) -> tuple[int, ...]:
        """How many units there are on each level, outputs aside."""
        return tuple(int(W.shape[0]) for W, _ in self.layers[:-1])

    @property
    def units(self) -> int:
        """How many units there are, outputs aside."""
        return sum(self.levels)


def chained(outputs: Sequence[Form], columns: Columns) -> list[Chain]:
    """Chains that compute these forms, that of the fewest units first.

    There are none where columns of several slopes are on a level, or one of |y| has to carry what
    may be negative.

    Examples
    --------
    >>> from lumpver.exact.scalar import ONE, ZERO
    >>> from lumpver.model.forms import Columns, add
    >>> columns = Columns(1)
    >>> up, down = (columns.activated({0: s * ONE}, ZERO) for s in (1, -1))
    >>> add(up, -ONE, down)  # ReLU(x) - ReLU(-x) is x
    >>> [chain.units for chain in chained([up], columns)]
    [0]
    """
    found: dict[tuple[int, ...], Chain] = {}
    for fewest in (True, False):
        one = _chained(outputs, columns, fewest=fewest)
        if one is not None:
            found.setdefault(one.levels, one)
    return sorted(found.values(), key=lambda one: one.units)


def _chained(outputs: Sequence[Form], columns: Columns, *, fewest: bool) -> Chain | None:
    """The same: of the fewest units on each level, or of the plainest."""
    live = needed(outputs, columns)
    placed = late(live, columns)
    found: list[Level] = []
    wanted = [*outputs]
    for at in range(max(placed.values(), default=0), 0, -1):
        born = [c for c in live if placed[c] == at]
        some = levels(columns, wanted, born, [c for c in live if placed[c] < at])
        level = next(some, None)
        if level is None:
            return None
        for other in some if fewest else ():
            level = other if len(other.taken) < len(level.taken) else level
        found.insert(0, level)
        wanted = [*level.taken]
    layers = []
    below: Level | None = None
    for level in found:
        layers.append(_layer(level.taken, below, columns.inputs))
        below = level
    layers.append(_layer(outputs, below, columns.inputs))
    carries = any(level.carries for level in found)
    return Chain(tuple(layers), tuple(level.slope for level in found), carries)


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


def _layer(taken: Sequence[Form], below: Level | None, inputs: int) -> tuple[Exact, Exact]:
    """The matrix and the bias of what these forms are over the level below, or the inputs."""
    width = inputs if below is None else len(below.taken)
    W: dict[int, fmpq] = {}
    b: dict[int, fmpq] = {}
    rows = (
        ((of_inputs(form, inputs), form.get(CONSTANT, ZERO)) for form in taken)
        if below is None
        else below.rows(taken, inputs)
    )
    for i, (entries, constant) in enumerate(rows):
        W |= {i * width + unit: factor for unit, factor in entries.items()}
        b |= {i: constant} if constant != 0 else {}
    return amended(zeros(len(taken), width), W), amended(zeros(len(taken)), b)
