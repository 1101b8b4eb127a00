"""The layers that may lose units at a price: what makes them, and every weight that reads them.

A layer is one if its units feed one activation, and that is read by dense layers or convolutions
alone, as it is or laid out flat.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.model.activations import Activation
from lumpver.model.linear import groups_of, mixes, moving, shifts_only, taps_of
from lumpver.model.network import Linear, Pointwise, Rearrange
from lumpver.model.rearrange import spread_axis
from lumpver.model.spread import ALONE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.bounds.plan import Plan
    from lumpver.model.network import Network, Node, Segment
    from lumpver.model.relabelling import Indices
    from lumpver.model.spread import Spread

_MOST: Final = 2**22  # entries of a matrix that is laid out


@dataclass(frozen=True, slots=True, eq=False)
class Reader:
    """A run that reads a layer: its columns are (copies, units, parts, taps), one after the other.

    `padded` says that some positions miss a tap, so that no constant passes.
    """

    run: Segment
    over: Spread
    taps: int
    padded: bool

    def columns(self, unit: int, units: int) -> Indices:
        """The columns of a unit among so many."""
        each = np.arange(self.over.copies * units * self.over.parts * self.taps)
        shape = (self.over.copies, units, self.over.parts * self.taps)
        return np.asarray(each.reshape(shape)[:, unit].ravel())


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """A layer: the run that makes it, its activation and what that makes, and who reads that.

    `units` lie along an axis of `shape`; `name` is the run's output, `made` the activation's.
    """

    name: str
    made: str
    run: Segment
    activation: Activation
    readers: tuple[Reader, ...]
    units: int
    shape: tuple[int, ...]
    axis: int

    @property
    def least(self) -> int:
        """How many units have to stay: one where a kernel, or what lays them out flat, reads it."""
        plain_ = all(r.over == ALONE and moving(r.run.nodes) is None for r in self.readers)
        return 0 if plain_ else 1

    @property
    def lead(self) -> Linear:
        """The node that mixes what the layer reads."""
        return self.run.nodes[0]


def sites(network: Network, plan: Plan) -> tuple[Site, ...]:
    """The layers that may lose units, in order.

    Examples
    --------
    >>> from lumpver.bounds.plan import planned
    >>> from lumpver.model.network import Network
    >>> network = Network.from_layers([([[1], [2]], None), ([[1, 1]], None)])
    >>> [(site.name, site.units) for site in sites(network, planned(network, {"x": 1}))]
    [('h1.pre', 2)]
    """
    found = []
    for run in network.segments:
        site = _site(network, plan, run)
        if site is not None:
            found.append(site)
    return tuple(found)


def _site(network: Network, plan: Plan, run: Segment) -> Site | None:
    outputs = {tensor.name for tensor in network.outputs}
    behind = network.readers.get(run.output, [])
    if run.output in outputs or len(behind) != 1 or not plain(run):
        return None
    (node,) = behind
    if not isinstance(node, Pointwise) or node.output in outputs or node.output not in plan.shapes:
        return None
    kinds = network.activations(run.output)
    if len(kinds) != 1 or not isinstance(node.activation, Activation):
        return None
    readers = _readers(network, plan.shapes, node.output, run.axis)
    shape = plan.shapes[node.output]
    units = network.width.get(run.output, 0)
    if not readers or units < 1 or len(shape) < -run.axis or shape[run.axis] != units:
        return None
    return Site(run.output, node.output, run, node.activation, readers, units, shape, run.axis)


def plain(run: Segment) -> bool:
    """Whether a run is one matrix or kernel that mixes all units, and perhaps biases behind it."""
    lead, rest = run.nodes[0], run.nodes[1:]
    if not mixes(lead) or groups_of(run.nodes) > 1 or lead.W is None or lead.W.size > _MOST:
        return False
    return all(shifts_only(node) for node in rest) and len(rest) <= 1


def _readers(
    network: Network, shapes: Mapping[str, tuple[int, ...]], name: str, axis: int
) -> tuple[Reader, ...]:
    """The runs that read a tensor; none if something else does."""
    found: list[Reader] = []
    waiting: list[tuple[str, int, Spread]] = [(name, axis, ALONE)]
    shown = {tensor.name for tensor in network.outputs}
    while waiting:
        name, axis, over = waiting.pop()
        if name in shown:
            return ()
        for node in network.readers.get(name, []):
            passed = _passed(network, shapes, node, axis)
            match passed:
                case None:
                    return ()
                case Reader(run, _, taps, padded):
                    found.append(Reader(run, over, taps, padded))
                case (output, place, more):
                    waiting.append((output, place, over.then(more)))
    return tuple(found)


def _passed(
    network: Network, shapes: Mapping[str, tuple[int, ...]], node: Node, axis: int
) -> Reader | tuple[str, int, Spread] | None:
    """What reads units along an axis, or where they lie behind a rearrangement."""
    match node:
        case Rearrange(input=read) if read in shapes:
            moved = spread_axis(node, shapes[read], axis)
            return None if moved is None else (node.output, *moved)
        case Linear(axis=along) if along == axis:
            run = network.starts.get(node.output)
        case _:
            return None
    if run is None or not plain(run):
        return None
    kernel = moving(run.nodes)
    padded = kernel is not None and bool(kernel.window.missed.any())
    return Reader(run, ALONE, taps_of(run.nodes), padded)
