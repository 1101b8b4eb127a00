"""Regions where kinks may cancel: chains of nodes of whose units forms can be had."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lumpver.model.linear import Linear, is_idle
from lumpver.model.network import Pointwise
from lumpver.model.regions import with_forms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lumpver.model.network import Network


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """The nodes from `start`, of so many units along `axis`, to `end`; each reads the one before.

    Nothing beside them reads what is between.
    """

    start: str
    end: str
    nodes: tuple[Linear | Pointwise, ...]
    inputs: int
    axis: int


def regions(network: Network) -> Iterator[Region]:
    """The longest such chains that have an activation."""
    outputs = {tensor.name for tensor in network.outputs}
    for segment in network.segments:
        readers = network.readers.get(segment.output, [])
        last = segment.output in outputs or len(readers) != 1 or with_forms(readers[0]) is None
        nodes = _chain(network, segment.output, outputs) if last else ()
        axes = [n.axis for n in nodes if isinstance(n, Linear) and not is_idle(n)]
        if not axes or not any(isinstance(node, Pointwise) for node in nodes):
            continue
        start, axis = nodes[0].input, axes[0]
        count = network.width.get(start)
        within = isinstance(network.producers.get(start), Linear) and start not in network.ends
        if count and network.axes.get(start) == axis and not within:  # else it has no relabelling
            yield Region(start, segment.output, nodes, count, axis)


def _chain(network: Network, end: str, outputs: set[str]) -> tuple[Linear | Pointwise, ...]:
    found: list[Linear | Pointwise] = []
    axis, name = None, end
    while not found or (len(network.readers[name]) == 1 and name not in outputs):
        node = with_forms(network.producers.get(name))
        along = node.axis if isinstance(node, Linear) and not is_idle(node) else axis
        if node is None or (axis is not None and along != axis):
            break
        found.append(node)
        axis, name = along, node.input
    while found and isinstance(network.producers.get(name), Linear) and name not in network.ends:
        name = found.pop().output  # within a run no relabelling says what became of units
    return tuple(reversed(found))
