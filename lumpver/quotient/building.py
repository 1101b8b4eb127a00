"""The quotient network: one unit per block, Definition 7 with class sums and constants.

Tensors keep their names; those of width 0 disappear, and what read them reads, with zero
weights, from further up. Nodes that do not change are the same objects as before.

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*, Definition 7.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, assert_never

import numpy as np

from lumpver.exact.array import divide, equal, is_float, nonzero, rationals, zeros
from lumpver.model.linear import (
    Diagonal,
    Identity,
    Matrix,
    Weights,
    first_matrix,
    mixes,
    rows,
    units_read,
)
from lumpver.model.network import (
    Linear,
    Modelled,
    Network,
    Node,
    Opaque,
    Pointwise,
    Rearrange,
    Tensor,
)
from lumpver.model.relabelling import identity
from lumpver.model.segments import led, lumped
from lumpver.quotient.composition import compose, without_zeros
from lumpver.quotient.linear import chosen, taken_together
from lumpver.search.blocks import representatives

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.exact.array import Exact
    from lumpver.io.storage import Storage
    from lumpver.model.network import Segment
    from lumpver.model.relabelling import Relabelling
    from lumpver.search.lumping import Lumping


def quotient(
    network: Network,
    lumping: Lumping,
    *,
    storage: Storage | None = None,
    sums: Mapping[str, Exact] | None = None,
) -> Network:
    """The network with one unit per block of `lumping`; `sums` are those that it was found with.

    For every input both networks give the same output, if `lumping` comes from `coarsest`
    or passes `violations` (Theorem 1*, theory D2.3). Runs of affine nodes are multiplied out
    where that has fewer numbers and, with a `storage`, takes fewer bytes.

    Examples
    --------
    >>> from lumpver.search.lumping import coarsest
    >>> twins = Network.from_layers([([[1], [2]], None), ([[1, 1]], None)])
    >>> reduced = quotient(twins, coarsest(twins))
    >>> reduced.widths, reduced(["1/3"]) == twins(["1/3"])
    ((1, 1, 1), True)
    """
    build = _Build(network, lumping, {} if sums is None else sums, storage)
    ends = {segment.output: segment for segment in network.segments}
    for node in network.nodes:
        match node:
            case Linear():
                if node.output in ends:
                    build.segment(ends[node.output])
            case Pointwise() | Rearrange():
                build.follow(node)
            case Opaque():
                build.nodes.append(node)
            case _:
                assert_never(node)
    return Network(
        network.inputs,
        network.outputs,
        _in_order(build.nodes, network),
        build.tensors(),
        network.environment,
        network.source,
    )


def _in_order(nodes: list[Node], network: Network) -> tuple[Node, ...]:
    """The nodes in the order of those that made the same tensors before."""
    place = {name: i for i, node in enumerate(network.nodes) for name in node.outputs}
    kept = {id(node): i for i, node in enumerate(network.nodes)}
    return tuple(sorted(nodes, key=lambda node: kept.get(id(node), place[node.outputs[-1]])))


@dataclass(slots=True)
class _Build:
    """The quotient so far: its nodes; what readers of vanished tensors read, how wide."""

    network: Network
    lumping: Lumping
    sums: Mapping[str, Exact]
    storage: Storage | None = None
    nodes: list[Node] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    base: dict[str, tuple[str, int]] = field(default_factory=dict)

    def tensors(self) -> dict[str, Tensor]:
        """The types of the quotient's tensors: those of before, with other widths."""
        found = {t.name: t for t in self.network.inputs}
        for node in self.nodes:
            for name in filter(None, node.outputs):
                found[name] = self.network.tensors[name]
            if not isinstance(node, Opaque):
                width = self._made(node, found)
                found[node.output] = _with_width(
                    found[node.output], self.network.axes.get(node.output), width
                )
        return found

    def _made(self, node: Modelled, known: dict[str, Tensor]) -> int | None:
        """Units of a node's output, None where they cannot have changed."""
        after = self.lumping.of(node.output)
        match node:
            case Linear():
                made = rows(node.weights)
                if made is not None:
                    return made
            case Pointwise():
                pass
            case Rearrange():
                return None if after is None else after.width
            case _:
                assert_never(node)
        if after is not None:
            return after.width
        shape, axis = known[node.input].shape, self.network.axes.get(node.output)
        size = None if shape is None or axis is None else shape[axis]
        return size if isinstance(size, int) else None

    def follow(self, node: Pointwise | Rearrange) -> None:
        """A node whose units follow others one by one: none where they have vanished."""
        found = self.lumping.of(node.output)
        if found is not None and found.width == 0:
            self.gone.add(node.output)
            self.base[node.output] = self.base[node.input]
            return
        match node:
            case Pointwise():
                self.nodes.append(node)
            case Rearrange():
                self.nodes.append(node if found is None else _resized(node, self.network, found))
            case _:
                assert_never(node)

    def segment(self, segment: Segment) -> None:
        """The segment in the quotient: columns taken together, rows chosen."""
        before, after = self.lumping.of(segment.input), self.lumping.of(segment.output)
        if after is not None and after.width == 0:
            self._vanish(segment, before)
            return
        if segment.input in self.gone:
            nodes = self._constant(segment, before, after)
        elif before is None and after is None:
            nodes = list(segment.nodes)
        elif not any(map(mixes, segment.nodes)):
            nodes = [self._whole(segment, before, after)]
        else:
            nodes = chosen(self._taken_together(segment, before), after)
        if "compose" in self.lumping.rules:
            nodes = compose(nodes, storage=self.storage)
        if nodes != list(segment.nodes):
            nodes = without_zeros(nodes, self.network.tensors)
        self.nodes += nodes
        self._forget(segment, nodes)

    def _forget(self, segment: Segment, nodes: list[Linear]) -> None:
        made = {node.output for node in nodes}
        self.gone |= {node.output for node in segment.nodes if node.output not in made}

    def _vanish(self, segment: Segment, before: Relabelling | None) -> None:
        """All units of the output are constants or ghosts: keep only a place to read."""
        if segment.input in self.gone:
            place = self.base[segment.input]
        else:
            columns = self._columns(segment) if before is None else before.width
            place = (segment.input, columns)
        self._forget(segment, [])
        self.base[segment.output] = place

    def _columns(self, segment: Segment) -> int:
        """Units that a segment reads, also where the shape of its input is unknown."""
        told = (units_read(node) for node in segment.nodes)
        first = next((units for units in told if units is not None), None)
        if first is not None:
            return first
        after = self.lumping.of(segment.output)  # without numbers, as many units as before
        return self.network.width[segment.output] if after is None else after.units

    def _constant(
        self, segment: Segment, before: Relabelling | None, after: Relabelling | None
    ) -> list[Linear]:
        """The segment of a vanished input: its bias alone, spread over a tensor above."""
        base, columns = self.base[segment.input]
        nodes = chosen(self._taken_together(segment, before), after)
        found = first_matrix(nodes)
        if found is None:
            whole = self._whole(segment, before, after)
            blank = Matrix(zeros(rows(whole.weights) or 0, columns))
            return [replace(whole, input=base, weights=blank)]
        first, numbers = found
        blank = Matrix(zeros(int(numbers.shape[0]), columns))
        return [replace(nodes[first], input=base, weights=blank), *nodes[first + 1 :]]

    def _taken_together(self, segment: Segment, before: Relabelling | None) -> list[Linear]:
        return taken_together(list(segment.nodes), before, self.sums.get(segment.output))

    def _whole(
        self, segment: Segment, before: Relabelling | None, after: Relabelling | None
    ) -> Linear:
        """The segment as one node, for segments without a matrix: a diagonal, if that will do."""
        given = led(segment.nodes, before or identity(self._columns(segment)))
        kept = np.arange(given.units) if after is None else representatives(after, given.units)
        unit = np.ones(kept.size) if after is None else after.scale[kept]
        scale, b = divide(given.scale[kept], unit), divide(given.constant[kept], unit)
        block, last = given.block[kept], segment.nodes[-1]
        weights: Weights = Diagonal(scale)
        if given.mixed:
            W = lumped(np.eye(given.units)[kept], given.without_ghosts())
            weights = Matrix(divide(W, unit[:, None]))
        elif block.size != given.width or (block != np.arange(given.width)).any():
            used = np.flatnonzero((block >= 0) & (block < given.width))
            W = zeros(kept.size, given.width)
            W = W if is_float(scale) else rationals(W)
            W[used, block[used]] = scale[used]
            weights = Matrix(W)
        elif equal(scale, np.ones(scale.size)).all():
            weights = Identity()
        shifts = any(node.b is not None for node in segment.nodes)
        plain = not shifts and not nonzero(b).any()
        bias = None if plain else b
        return Linear(last.name, segment.input, last.output, weights, bias, last.axis)


def _with_width(tensor: Tensor, axis: int | None, width: int | None) -> Tensor:
    if width is None or axis is None or tensor.shape is None:
        return tensor
    shape = list(tensor.shape)
    shape[axis] = width
    return replace(tensor, shape=tuple(shape))


def _resized(node: Rearrange, network: Network, found: Relabelling) -> Rearrange:
    """A Reshape that names the number of units, with the new number."""
    if node.operator != "Reshape" or node.parameters is None:
        return node
    target = list(node.parameters)
    axis = network.axes[node.output]
    if target[axis] == found.units:
        target[axis] = found.width
    return replace(node, parameters=tuple(target))
