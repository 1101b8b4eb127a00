"""Runs whose units go apart: what a Split or Slices make of them may be tied to other tensors.

Bundles have all units of their members. Where some units of a run are picked and added to
something, and others are not, no bundle has them. Then the run is taken for as many runs as
there are parts, each of which makes one; what these are lumped by is that of the whole, along
its diagonal.

part: units that one pick makes a tensor of; together they are all units, in order
pieces: what there is instead of a tensor, a piece for each part
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, assert_never

import numpy as np

from lumpver.model import together
from lumpver.model.linear import mixes
from lumpver.model.network import Linear, Pick, Pointwise
from lumpver.model.relabelling import identity
from lumpver.model.several import Several, image
from lumpver.model.weights import Diagonal, Identity, Kernel, Matrix, Normalization
from lumpver.search.blocks import same
from lumpver.search.observation import pinned
from lumpver.search.pick import held
from lumpver.search.withheld import Withheld

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.model.network import Network, Node, Segment, Tensor
    from lumpver.model.relabelling import Indices, Relabelling
    from lumpver.search.withheld import Units


@dataclass(frozen=True, slots=True, eq=False)
class Parted:
    """A network with some runs in parts, and the pieces of each tensor that is not there.

    `starts` are the first units of the parts of each run, by the run's output.
    """

    whole: Network
    network: Network
    pieces: Mapping[str, tuple[str, ...]]
    starts: Mapping[str, tuple[int, ...]]

    def withheld(self, given: Withheld) -> Withheld:
        """The same units, by the pieces that they are in."""
        return Withheld(*map(self._units, (given.merges, given.constants, given.unused)))

    def _units(self, given: Units) -> Units:
        return frozenset(map(self._unit, given))

    def _unit(self, unit: tuple[str, int]) -> tuple[str, int]:
        name, v = unit
        if name not in self.starts:
            return unit
        part = int(np.searchsorted(self.starts[name], v, side="right")) - 1
        return self.pieces[name][part], v - self.starts[name][part]

    def of_whole(self, found: Mapping[str, Relabelling]) -> dict[str, Relabelling] | None:
        """The relabellings of the whole network; None where parts do not add up to any."""
        result = {name: each for name, each in found.items() if name in self.whole.tensors}
        for name, pieces in self.pieces.items():
            given = [found.get(x) or identity(self.network.width[x]) for x in pieces]
            if any(each.off.size for each in given):
                return None
            if not all(each.is_identity for each in given):
                result[name] = together.beside(given)
        picks = (node for node in self.whole.nodes if isinstance(node, Pick))
        if not all(self._follows(node, result) for node in picks if node.input in self.pieces):
            return None
        return result

    def _follows(self, node: Pick, found: Mapping[str, Relabelling]) -> bool:
        """Whether what a pick makes is relabelled as it follows from what it reads."""
        given, after = found.get(node.input), found.get(node.output)
        if given is None:
            return after is None or after.is_identity
        units = np.array(node.along(self.whole.axes[node.input]), dtype=np.int64)
        made = together.picked(given, units, held(given, units))
        return same(made, after or identity(units.size))


def parted(network: Network) -> Parted | None:
    """The network with runs in parts where what picks make of them is pinned; None where none is.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> parted(Network.from_layers([([[1], [2]], None), ([[1, 1]], None)])) is None
    True
    """
    picks = [node for node in network.nodes if isinstance(node, Pick)]
    fixed = pinned(network) if picks else frozenset()
    if not any(node.output in fixed for node in picks):
        return None
    found: dict[int, list[Node]] = {}
    pieces: dict[str, tuple[str, ...]] = {}
    starts: dict[str, tuple[int, ...]] = {}
    tensors = dict(network.tensors)
    for segment in network.segments:
        ways = _ways(network, segment)
        if ways is None or fixed.isdisjoint(node.output for node in ways[1]):
            continue
        made = _Parting(network, tensors, segment, *ways)
        nodes = made.nodes()
        if nodes is None:
            continue
        gone = (*segment.nodes, *ways[0], *ways[1])
        found |= {id(node): [] for node in gone}
        found[id(segment.nodes[-1])] = nodes
        pieces |= made.pieces
        for name in (*(node.output for node in segment.nodes), *(f.output for f in ways[0])):
            tensors.pop(name)
        starts[segment.output] = made.starts
    if not found:
        return None
    changed = [made for node in network.nodes for made in found.get(id(node), [node])]
    parts = replace(network, nodes=tuple(changed), tensors=tensors)
    return Parted(network, parts, pieces, starts)


Ways = tuple[list[Pointwise], list[Pick]]


def _ways(network: Network, segment: Segment) -> Ways | None:
    """The activations behind a run, and the picks that part all of its units, in order."""
    outputs = {tensor.name for tensor in network.outputs}
    name, functions = segment.output, list[Pointwise]()
    while len(readers := network.readers.get(name, [])) == 1 and name not in outputs:
        [node] = readers
        if not isinstance(node, Pointwise):
            return None
        functions.append(node)
        name = node.output
    picks = [one for one in readers if isinstance(one, Pick)]
    axis, width = segment.axis, network.width.get(name)
    if len(picks) < len(readers) or name in outputs or network.axes.get(name) != axis:
        return None
    if any(node.along(axis) is None or node.besides(axis) for node in picks):
        return None
    if any(node.axis not in {None, axis} for node in functions) or not width:
        return None
    picks.sort(key=lambda node: node.along(axis) or ())
    places = [place for node in picks for place in node.along(axis) or ()]
    return (functions, picks) if places == list(range(width)) else None


@dataclass(slots=True, eq=False)
class _Parting:
    """One run, the activations behind it and the picks of these, to be made part by part."""

    network: Network
    tensors: dict[str, Tensor]
    segment: Segment
    functions: list[Pointwise]
    picks: list[Pick]

    @property
    def starts(self) -> tuple[int, ...]:
        """The first unit of each part."""
        return tuple(min(node.along(self.segment.axis) or ()) for node in self.picks)

    @property
    def pieces(self) -> dict[str, tuple[str, ...]]:
        """The pieces of the run's output, and of what activations make of it."""
        last = (self.functions or self.segment.nodes)[-1].output
        names = dict.fromkeys([self.segment.output, *(node.output for node in self.functions)])
        return {
            name: tuple(self._piece(name, i, last) for i in range(len(self.picks)))
            for name in names
        }

    def _piece(self, name: str, part: int, last: str) -> str:
        if name == last:
            return self.picks[part].output
        made = f"{name}/{part}"
        while made in self.network.tensors:
            made += "'"
        return made

    def nodes(self) -> list[Node] | None:
        """The nodes of all parts; None where the run cannot be parted."""
        found: list[Node] = []
        for part, pick in enumerate(self.picks):
            units = np.array(pick.along(self.segment.axis), dtype=np.int64)
            made = self._part(part, units)
            if made is None:
                return None
            found += made
        return found

    def _part(self, part: int, units: Indices) -> list[Node] | None:
        run = self.segment.nodes
        mixing = [i for i, node in enumerate(run) if mixes(node)]
        if not mixing:
            return None
        name = self.segment.input
        found: list[Node] = []
        last = (self.functions or run)[-1].output
        nodes: list[Linear | Pointwise] = [*run, *self.functions]
        for i, node in enumerate(nodes):
            given = node if i < mixing[-1] else _some(node, units)
            if given is None:
                return None
            output = self._piece(node.output, part, last)
            found.append(replace(given, name=output, input=name, output=output))
            self._define(node.output, output, None if i < mixing[-1] else units.size)
            name = output
        return found

    def _define(self, name: str, piece: str, units: int | None) -> None:
        """The tensor that a piece is."""
        before = self.network.tensors[name]
        shape = before.shape
        if shape is not None and units is not None:
            lengths = list(shape)
            lengths[self.segment.axis] = units
            shape = tuple(lengths)
        self.tensors[piece] = replace(before, name=piece, shape=shape)


def _some(node: Linear | Pointwise, units: Indices) -> Linear | Pointwise | None:
    """A node that makes some units alone, None where they are not rows of their own."""
    if isinstance(node, Pointwise):
        given = node.activation
        if not isinstance(given, Several):
            return node
        chosen = given.chosen(units.tolist())  # of fewer, more would be known than of the whole
        alike = image(chosen, None, None) == image(given, None, None)
        return replace(node, activation=chosen) if alike else None
    b = None if node.b is None else node.b[units]
    match node.weights:
        case Matrix(numbers):
            return replace(node, weights=Matrix(numbers[units]), b=b)
        case Kernel(numbers, window, groups):
            if groups > 1:
                return None
            return replace(node, weights=Kernel(numbers[units], window), b=b)
        case Diagonal(factors):
            return replace(node, weights=Diagonal(factors[units]), b=b)
        case Identity():
            return replace(node, b=b)
        case Normalization(gamma, mean, variance) as weights:
            parts = (part[units] for part in (gamma, mean, variance))
            gamma, mean, variance = parts
            made = replace(weights, gamma=gamma, mean=mean, variance=variance)
            return replace(node, weights=made, b=b)
        case _:
            assert_never(node.weights)
