"""Two networks in one table: which outputs are equal, and how the others differ.

gap: a pair of outputs with its difference as forms over atoms, where both are units of
    one spine
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from lumpver.claim.domain import FREE, Range
from lumpver.exact.array import Exact, equal, nonzero, rationals
from lumpver.exact.scalar import ZERO
from lumpver.model.join import same_shape
from lumpver.model.network import Opaque
from lumpver.proving.answers import JOINT
from lumpver.proving.effort import Budget
from lumpver.proving.joint import Sweep, swept
from lumpver.proving.layouts import Root, shape_numbers, shapes_told
from lumpver.proving.table import Table
from lumpver.proving.values import Combination, Units, forms

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from lumpver.proving.boxes import Box
    from lumpver.proving.joint.boxed import Both
    from lumpver.proving.joint.sweep import Relate
    from lumpver.proving.pairing import Output, Pair


@dataclass(frozen=True, slots=True, eq=False)
class Gap:
    """Ours minus theirs: `M atoms + k`, and the atoms that each side reads."""

    output: Output
    spine: int
    atoms: tuple[int, ...]
    M: Exact
    k: Exact
    ours: tuple[int, ...]
    theirs: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """A pair read into one table, and a box by the first network's input names."""

    pair: Pair
    table: Table
    a: Sweep
    b: Sweep
    box: Box

    def equal(self, output: Output) -> bool:
        """Whether both have the same number, or are the same constants."""
        if self.a.number_of(output.ours) == self.b.number_of(output.theirs):
            return True
        one, other = constants(self.a, output.ours), constants(self.b, output.theirs)
        if one is None or other is None or one.size != other.size:
            return False
        return bool(equal(one.ravel(), other.ravel()).all())

    def unshaped(self, names: Collection[str]) -> tuple[Output, ...]:
        """Those of the outputs whose shapes are not known to be equal."""
        if not names:
            return ()
        ours, theirs = (
            shape_numbers(side.network, side.number_of, side.table.number)
            for side in (self.a, self.b)
        )
        one, other = (
            shapes_told(side.network, [names[i] for names in self.pair.inputs])
            for i, side in enumerate((self.a, self.b))
        )
        return tuple(
            output
            for output in self.pair.outputs
            if output.name in names
            and ours[output.ours] != theirs[output.theirs]
            and not same_shape(one[output.ours], other[output.theirs])
        )

    @property
    def open(self) -> tuple[Output, ...]:
        """The outputs that are not known to be equal."""
        return tuple(output for output in self.pair.outputs if not self.equal(output))

    def gap(self, output: Output) -> Gap | None:
        """The outputs' difference, where it is a matter of one spine."""
        ours, theirs = self.a.values[output.ours], self.b.values[output.theirs]
        if not isinstance(ours, Units) or not isinstance(theirs, Units):
            return None
        if (ours.spine, ours.width) != (theirs.spine, theirs.width):
            return None
        atoms, M, k = _difference(ours, theirs)
        sides = (tuple(side.atoms.tolist()) for side in (ours, theirs))
        return Gap(output, ours.spine, atoms, M, k, *sides)

    def root(self, spine: int) -> tuple[int, Root, int] | None:
        """The input that a spine begins with, by its place, and the stride of its units."""
        return root_of(self.table, self.pair, spine)

    def ranges(self, spine: int) -> tuple[Range, ...]:
        """What the box says of the spine's roots, at whatever position."""
        return ranges_of(self.table, self.pair, self.box, spine)


def constants(side: Sweep, name: str) -> Exact | None:
    """The tensor's entries where no input has any part in them, lengths that are open as 1."""
    value, node = side.values[name], side.network.producers.get(name)
    if isinstance(node, Opaque):
        return node.value
    shape = side.network.tensors[name].shape
    if not isinstance(value, Units) or shape is None or len(shape) < -value.axis:
        return None
    if nonzero(value.dense[0]).any():
        return None
    sizes = [size if isinstance(size, int) else 1 for size in shape]
    along = [1] * (len(sizes) + value.axis) + [-1] + [1] * (-1 - value.axis)
    return np.asarray(np.broadcast_to(value.dense[1].reshape(along), sizes))


def root_of(table: Table, pair: Pair, spine: int) -> tuple[int, Root, int] | None:
    """As `Comparison.root`."""
    root = table.spines[spine]
    if not isinstance(root, Root) or not isinstance(root.place, int):
        return None
    for i in range(len(pair.inputs)):
        if table.number(("input", i)) == root.number:
            return i, root, root.place
    return None


def ranges_of(table: Table, pair: Pair, box: Box, spine: int) -> tuple[Range, ...]:
    """As `Comparison.ranges`."""
    width = len(table.roots[spine])
    found = root_of(table, pair, spine)
    given = None if found is None else box.get(pair.inputs[found[0]][0])
    if found is None or given is None or not width or len(given) % (width * found[2]):
        return (FREE,) * width
    stride = found[2]
    return tuple(
        _hull([bounds for i, bounds in enumerate(given) if i // stride % width == u])
        for u in range(width)
    )


def compare(
    pair: Pair,
    box: Box,
    *,
    relate: Callable[[Table, dict[int, Combination]], Relate] | None = None,
    known: Both | None = None,
    budget: Budget | None = None,
    step: str = JOINT,
) -> Comparison:
    """Both networks read into one table, the first one first.

    `relate`, made for the table and what is merged in it, is what sweeping adds to joint lumping;
    `known` is what the box says of the tensors of both.
    The budget's watch is told of every node as one of `step`.
    """
    table = Table()
    merged: dict[int, Combination] = {}
    related = None if relate is None else relate(table, merged)
    nodes = len(pair.a.nodes) + len(pair.b.nodes)
    limits = budget or Budget()
    a, b = (
        Sweep(table, network, tag, merged, related, partial(_told, limits, step, before, nodes))
        for network, tag, before in ((pair.a, "a", 0), (pair.b, "b", len(pair.a.nodes)))
    )
    for side, sweep in enumerate((a, b)):
        sweep.known = None if known is None else known[side]
        numbers = {names[side]: table.number(("input", i)) for i, names in enumerate(pair.inputs)}
        swept(sweep, numbers)
    return Comparison(pair, table, a, b, box)


def _told(budget: Budget, step: str, before: int, of: int, node: int) -> None:
    budget.watch(step, before + node, of)


def _difference(ours: Units, theirs: Units) -> tuple[tuple[int, ...], Exact, Exact]:
    atoms = np.union1d(ours.atoms, theirs.atoms)
    M = np.full((ours.width, atoms.size), ZERO, dtype=object)
    for side, sign in ((ours, 1), (theirs, -1)):
        columns = np.searchsorted(atoms, side.atoms)
        M[:, columns] = M[:, columns] + rationals(side.dense[0]) * sign
    k = rationals(ours.dense[1]) - rationals(theirs.dense[1])
    used = np.flatnonzero(nonzero(M).any(axis=0))
    return tuple(atoms[used].tolist()), M[:, used], k


def _hull(ranges: list[Range]) -> Range:
    lows, highs = [low for low, _ in ranges], [high for _, high in ranges]
    return (
        None if None in lows else min(low for low in lows if low is not None),
        None if None in highs else max(high for high in highs if high is not None),
    )


def rows(gap: Gap) -> list[Combination]:
    """The differences that are not zero as they stand."""
    units = Units(gap.spine, -1, None, np.array(gap.atoms, dtype=np.int64), None, gap.M, gap.k)
    return [(row, constant) for row, constant in forms(units) if row or constant != 0]
