"""The forward sweep: rows that are positive multiples of each other share a block.

Node by node: add up the previous layer's blocks, fold constants into the bias, group rows,
combine units that never switch.

pinned: tensors that keep their units: outputs, and what opaque nodes read
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, assert_never

import numpy as np

from lumpver.errors import NotRational
from lumpver.exact.array import Exact, entry, nonzero
from lumpver.exact.proportional import proportional_rows
from lumpver.exact.scalar import ONE
from lumpver.model.linear import mixes, numbers_of, rows
from lumpver.model.network import Linear, Network, Node, Opaque, Pointwise, Rearrange
from lumpver.model.rearrange import moved_axis
from lumpver.model.relabelling import identity
from lumpver.model.segments import aggregate, led
from lumpver.search.blocks import activated, equal_constants, relabelling_of
from lumpver.search.observation import collapsible, family
from lumpver.search.stable import Signs, signs, spanned
from lumpver.search.withheld import units_of

if TYPE_CHECKING:
    from flint import fmpq

    from lumpver.model.network import Segment
    from lumpver.model.relabelling import Mask, Relabelling
    from lumpver.search.stable import Class
    from lumpver.search.withheld import Withheld


_ROOM: Final = 2**28  # bytes of class sums that are kept


def pinned(network: Network) -> frozenset[str]:
    """Tensors whose units must stay: outputs, what opaque nodes or other axes read.

    Also whatever such a tensor follows from unit by unit, and tensors without a known
    unit axis.
    """
    fixed = {tensor.name for tensor in network.outputs}
    for node in reversed(network.nodes):
        match node:
            case Opaque():
                fixed.update(node.inputs)
            case Linear():
                if network.axes.get(node.input) != node.axis:
                    fixed.add(node.input)
            case Pointwise() | Rearrange():
                if node.output in fixed or not _follows(network, node):
                    fixed.add(node.input)
            case _:
                assert_never(node)
    return frozenset(fixed)


def _follows(network: Network, node: Pointwise | Rearrange) -> bool:
    """Whether the units of the node's input are, one by one, those of its output."""
    axis = network.axes.get(node.input)
    if axis is None:
        return False
    match node:
        case Pointwise():
            return True
        case Rearrange():
            return moved_axis(node, network.tensors[node.input].shape, axis) is not None
        case _:
            assert_never(node)


@dataclass(slots=True)
class Forward:
    """The forward sweep: relabellings found so far, and each segment's class sums."""

    network: Network
    rules: tuple[str, ...]
    withheld: Withheld
    pinned: frozenset[str]
    ends: dict[str, Segment]
    nonnegative: frozenset[str]
    found: dict[str, Relabelling] = field(default_factory=dict)
    sums: dict[str, Exact] = field(default_factory=dict)
    room: int = field(default_factory=lambda: _ROOM)

    def step(self, node: Node) -> None:
        """One node more."""
        match node:
            case Linear():
                if node.output in self.ends:
                    self._segment(self.ends[node.output])
            case Pointwise() | Rearrange():
                if node.input in self.found:
                    self.found[node.output] = carried(node, self.found[node.input])
            case Opaque():
                pass
            case _:
                assert_never(node)

    def _segment(self, segment: Segment) -> None:
        before = self.found.get(segment.input)
        if before is None and not any(map(mixes, segment.nodes)):
            self._unmixed(segment)
            return
        R, b = aggregate(segment, before, 0 if before is None else before.units)
        self._keep(segment, R)
        if segment.output in self.pinned:
            return
        relabelling = self._grouped(segment, R, b)
        if not relabelling.is_identity:
            self.found[segment.output] = relabelling

    def _keep(self, segment: Segment, R: Exact) -> None:
        """The class sums for later, or, once these are large, only where they are not zero."""
        if any(part is R for node in segment.nodes for part in numbers_of(node)):
            self.sums[segment.output] = R
            return
        self.room -= R.nbytes
        self.sums[segment.output] = R if self.room >= 0 else nonzero(R)

    def _unmixed(self, segment: Segment) -> None:
        """A segment that scales and shifts unit by unit: where the scale is 0, constants."""
        sizes = (rows(node.weights) for node in segment.nodes)
        scaled = next((units for units in sizes if units is not None), None)
        if scaled is None or segment.output in self.pinned:
            return
        given = led(segment.nodes, identity(scaled))
        constant = self._constants(segment.output, given.constant, nonzero(given.scale))
        if constant.any():
            classes = [[(int(v), ONE)] for v in np.flatnonzero(~constant)]
            self.found[segment.output] = relabelling_of(classes, constant, given.constant)

    def _grouped(self, segment: Segment, R: Exact, b: Exact) -> Relabelling:
        name = segment.output
        moving = np.asarray(nonzero(R).any(axis=1), dtype=bool)
        free = np.full(R.shape[0], "merges" in self.rules)
        free[units_of(self.withheld.merges, name)] = False
        signs = self._signs(segment, R, b, moving)
        constant = self._constants(name, b, moving)
        if signs.off.any() and (constant | signs.off).all() and not collapsible(self.network, name):
            signs.off[np.flatnonzero(signs.off)[0]] = False
        classes = proportional_rows(
            R, b, np.flatnonzero(moving & free), multiples=self._multiples(name)
        )
        classes += equal_constants(b, np.flatnonzero(~moving & ~constant & free))
        classes += [[(int(v), ONE)] for v in np.flatnonzero(~constant & ~free)]
        classes = sorted(classes, key=lambda members: members[0][0])
        real, off = _parted(classes, signs.off)
        spans = spanned(real, R, b, signs.up)
        return relabelling_of(real, constant, b, spans=spans, off=off)

    def _signs(self, segment: Segment, R: Exact, b: Exact, moving: Mask) -> Signs:
        """The units that the sign-stable rule may use."""
        if "stable" not in self.rules or segment.input not in self.nonnegative:
            return Signs.unknown(R.shape[0])
        merges, unused = np.zeros((2, R.shape[0]), dtype=bool)
        merges[units_of(self.withheld.merges, segment.output)] = True
        unused[units_of(self.withheld.unused | self.withheld.constants, segment.output)] = True
        found = signs(self.network, segment, R, b, self.found.get(segment.input))
        return found.without(up=merges | ~moving, off=unused | ~moving)

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


def _parted(classes: list[Class], off: Mask) -> tuple[list[Class], list[Class]]:
    """The classes with a unit that may be positive, and those without."""
    if not off.any():
        return classes, []
    dark = [all(off[v] for v, _ in members) for members in classes]
    return (
        [members for members, gone in zip(classes, dark, strict=True) if not gone],
        [members for members, gone in zip(classes, dark, strict=True) if gone],
    )


def _activations(network: Network, name: str) -> list[Pointwise]:
    """The activations that read a tensor, through rearrangements and each other."""
    readers = (network.readers.get(member, []) for member in family(network, name))
    return [node for nodes in readers for node in nodes if isinstance(node, Pointwise)]


def _follow(network: Network, name: str, value: fmpq) -> None:
    """Take a value through every activation that it meets, which must know it exactly."""
    values = {name: value}
    for member in family(network, name):
        for node in network.readers.get(member, []):
            match node:
                case Pointwise():
                    values[node.output] = node.activation(values[member])
                case Rearrange():
                    values[node.output] = values[member]
                case Linear() | Opaque():
                    pass
                case _:
                    assert_never(node)


def carried(node: Pointwise | Rearrange, before: Relabelling) -> Relabelling:
    """What an activation or rearrangement makes of a relabelling."""
    match node:
        case Pointwise():
            return activated(before, node.activation)
        case Rearrange():
            return before
        case _:
            assert_never(node)
