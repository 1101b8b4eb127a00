"""The coarsest lumping of Definition 6*, found in one sweep forward and one backward.

Forward: add up the previous layer's blocks, fold constants into the bias, put rows that
are positive multiples of each other into one block. Backward: drop what nobody observes.
On a chain the result is the unique maximum (Theorem 2*, theory D2.3).

block: a class of units, numbered by its smallest member
withheld: units that a rule has to leave alone
pinned: tensors that keep their units: outputs, and what opaque nodes read

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*, Definition 6,
repaired: class sums weighted by 1/rho, constants folded.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.blocks import activated, equal_constants, relabelling_of
from lumpver.errors import Malformed, NotRational
from lumpver.exact.array import Exact, entry, nonzero
from lumpver.exact.proportional import proportional_rows
from lumpver.exact.scalar import ONE
from lumpver.network import Activate, Affine, Network, Opaque, Rearrange
from lumpver.observation import Mask, collapsible, drop_unobserved, family, representatives
from lumpver.relabelling import identity
from lumpver.segments import aggregate, led
from lumpver.shapes import moved_axis

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flint import fmpq

    from lumpver.network import Segment
    from lumpver.relabelling import Relabelling

RULES: Final = ("merges", "constants", "unused", "compose")
Units = frozenset[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Withheld:
    """Units that must not be merged, folded as constants, or dropped as unused."""

    merges: Units = frozenset()
    constants: Units = frozenset()
    unused: Units = frozenset()

    def union(self, other: Withheld) -> Withheld:
        """Everything that either withholds."""
        return Withheld(
            self.merges | other.merges,
            self.constants | other.constants,
            self.unused | other.unused,
        )

    def __bool__(self) -> bool:
        return bool(self.merges or self.constants or self.unused)


@dataclass(frozen=True, eq=False)
class Lumping:
    """Blocks and scales of every tensor that does not simply keep its units.

    `relabellings` has the tensors that segments produce and those that follow from them
    through activations and rearrangements; a tensor that is not there keeps its units. `sums`
    says nothing new: class sums of one-matrix segments, which a quotient needs again.
    """

    relabellings: Mapping[str, Relabelling]
    rules: tuple[str, ...] = RULES
    sums: Mapping[str, Exact] = field(default_factory=dict, repr=False)

    def of(self, name: str) -> Relabelling | None:
        """The relabelling of a tensor, None for the identity."""
        return self.relabellings.get(name)

    def blocks(self, name: str) -> tuple[tuple[int, ...], ...]:
        """The members of each block of a tensor, ghosts last; constants are in none.

        Examples
        --------
        >>> network = Network.from_layers([([[1], [2]], None), ([[1, 1]], None)])
        >>> coarsest(network).blocks("h1")
        ((0, 1),)
        """
        found = self.relabellings[name]
        return tuple(
            tuple(int(v) for v in found.members(column)) for column in range(found.columns)
        )

    def rho(self, name: str) -> tuple[fmpq | None, ...]:
        """The paper's rho of each unit, 1 / scale; None for constants."""
        found = self.relabellings[name]
        return tuple(
            None if found.block[v] < 0 else ONE / entry(found.scale, v) for v in range(found.units)
        )


def coarsest(
    network: Network,
    *,
    rules: Iterable[str] = RULES,
    keep: Units = frozenset(),
    withheld: Withheld | None = None,
) -> Lumping:
    """The coarsest lumping by `rules` that leaves the units in `keep` as they are.

    `keep` and `withheld` name units as (tensor, index), the tensor being the output of an
    affine segment. The quotient by the result computes the same function (Theorem 1*).

    Raises
    ------
    Malformed
        If a rule is unknown or a kept unit does not exist.

    Examples
    --------
    >>> network = Network.from_layers([([[1], [2], [0]], [0, 0, 7]), ([[1, 1, 1]], [0])])
    >>> found = coarsest(network)
    >>> found.blocks("h1"), found.rho("h1")
    (((0, 1),), (1, 1/2, None))
    """
    given = frozenset(rules)
    chosen = tuple(rule for rule in RULES if rule in given)
    unknown = sorted(given - set(RULES))
    if unknown:
        raise Malformed("rules", expected=f"some of {', '.join(RULES)}", got=unknown[0])
    for name, unit in sorted(keep):
        if not 0 <= unit < network.width.get(name, 0):
            raise Malformed("keep", expected="an existing unit", got=f"{name}[{unit}]")
    left = Withheld(keep, keep, keep).union(withheld or Withheld())
    ends = {segment.output: segment for segment in network.segments}
    sweep = _Forward(network, chosen, left, pinned(network), ends)
    for node in network.nodes:
        sweep.step(node)
    found = sweep.found
    if "unused" in chosen:
        found = drop_unobserved(network, found, sweep.sums, pinned=sweep.pinned, kept=left.unused)
    return Lumping(found, chosen, _reusable(sweep, found))


def pinned(network: Network) -> frozenset[str]:
    """Tensors whose units must stay: outputs, what opaque nodes or other axes read.

    Also whatever such a tensor follows from unit by unit, and tensors without a known
    unit axis.
    """
    fixed = {tensor.name for tensor in network.outputs}
    for node in reversed(network.nodes):
        if isinstance(node, Opaque):
            fixed.update(node.inputs)
        elif isinstance(node, Affine):
            if network.axes.get(node.input) != node.axis:
                fixed.add(node.input)
        elif node.output in fixed or not _follows(network, node):
            fixed.add(node.input)
    return frozenset(fixed)


def _follows(network: Network, node: Activate | Rearrange) -> bool:
    """Whether the units of the node's input are, one by one, those of its output."""
    axis = network.axes.get(node.input)
    if isinstance(node, Activate) or axis is None:
        return axis is not None
    shape = network.tensors[node.input].shape
    return moved_axis(node, shape, axis) is not None


@dataclass(slots=True)
class _Forward:
    """The forward sweep: relabellings found so far, and each segment's class sums."""

    network: Network
    rules: tuple[str, ...]
    withheld: Withheld
    pinned: frozenset[str]
    ends: dict[str, Segment]
    found: dict[str, Relabelling] = field(default_factory=dict)
    sums: dict[str, tuple[Exact, Exact]] = field(default_factory=dict)

    def step(self, node: Affine | Activate | Rearrange | Opaque) -> None:
        if isinstance(node, Affine):
            segment = self.ends.get(node.output)
            if segment is not None:
                self._segment(segment)
        elif isinstance(node, Activate | Rearrange) and node.input in self.found:
            before = self.found[node.input]
            function = node.activation if isinstance(node, Activate) else None
            self.found[node.output] = before if function is None else activated(before, function)

    def _segment(self, segment: Segment) -> None:
        before = self.found.get(segment.input)
        mixes = any(node.is_matrix for node in segment.nodes)
        if not mixes and before is None:
            self._unmixed(segment)
            return
        R, b = aggregate(segment, before, 0 if before is None else before.units)
        self.sums[segment.output] = (R, b)
        if segment.output in self.pinned:
            return
        relabelling = self._grouped(segment.output, R, b)
        if not relabelling.is_identity:
            self.found[segment.output] = relabelling

    def _unmixed(self, segment: Segment) -> None:
        """A segment that scales and shifts unit by unit: where the scale is 0, constants."""
        diagonal = next((node.W for node in segment.nodes if node.W is not None), None)
        if diagonal is None or segment.output in self.pinned:
            return
        given = led(segment.nodes, identity(diagonal.size))
        constant = self._constants(segment.output, given.constant, nonzero(given.scale))
        if constant.any():
            classes = [[(int(v), ONE)] for v in np.flatnonzero(~constant)]
            self.found[segment.output] = relabelling_of(classes, constant, given.constant)

    def _grouped(self, name: str, R: Exact, b: Exact) -> Relabelling:
        n = R.shape[0]
        moving = np.asarray(nonzero(R).any(axis=1), dtype=bool)
        constant = self._constants(name, b, moving)
        free = np.full(n, "merges" in self.rules)
        free[[unit for tensor, unit in self.withheld.merges if tensor == name]] = False
        classes = proportional_rows(
            R, b, np.flatnonzero(moving & free), multiples=self._multiples(name)
        )
        classes += equal_constants(b, np.flatnonzero(~moving & ~constant & free))
        classes += [[(int(v), ONE)] for v in np.flatnonzero(~constant & ~free)]
        return relabelling_of(classes, constant, b)

    def _constants(self, name: str, b: Exact, moving: Mask) -> Mask:
        """Units to fold: nothing that varies enters them, and their value is rational."""
        constant = np.zeros(moving.shape, dtype=bool)
        for v in np.flatnonzero(~moving):
            constant[v] = self._folds(name, int(v), entry(b, int(v)))
        if constant.size and constant.all() and not collapsible(self.network, name):
            constant[0] = False
        return constant

    def _multiples(self, name: str) -> bool:
        return all(node.activation.homogeneous for node in _activations(self.network, name))

    def _folds(self, name: str, unit: int, value: fmpq) -> bool:
        """Whether a unit without varying input may be folded: its value is rational."""
        if "constants" not in self.rules or (name, unit) in self.withheld.constants:
            return False
        try:
            _follow(self.network, name, value)
        except NotRational:
            return False
        return True


def _activations(network: Network, name: str) -> list[Activate]:
    """The activations that read a tensor, through rearrangements and each other."""
    readers = (network.readers.get(member, []) for member in family(network, name))
    return [node for nodes in readers for node in nodes if isinstance(node, Activate)]


def _follow(network: Network, name: str, value: fmpq) -> None:
    """Take a value through every activation that it meets, which must know it exactly."""
    values = {name: value}
    for member in family(network, name):
        for node in network.readers.get(member, []):
            if isinstance(node, Activate):
                values[node.output] = node.activation(values[member])
            elif isinstance(node, Rearrange):
                values[node.output] = values[member]


def _reusable(sweep: _Forward, found: Mapping[str, Relabelling]) -> dict[str, Exact]:
    """W M of every segment whose only matrix comes first, for the blocks that are left."""
    result = {}
    for name, (R, _) in sweep.sums.items():
        first, *rest = sweep.ends[name].nodes
        source = sweep.ends[name].input
        after = found.get(source)
        if after is None or not first.is_matrix or any(node.W is not None for node in rest):
            continue
        before = sweep.found.get(source)
        rows = representatives(after, after.units)
        columns = rows if before is None else before.block[rows]
        whole = columns.size == R.shape[1] and bool((columns == np.arange(columns.size)).all())
        result[name] = R if whole else R[:, columns]
    return result
