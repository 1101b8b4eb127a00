"""Regions where kinks may cancel: chains of nodes of whose units forms can be had."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lumpver.model.linear import Linear, window_of
from lumpver.model.names import Derived
from lumpver.model.network import Join, Pointwise
from lumpver.model.regions import axis_of, region_window, with_forms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lumpver.model.network import Network, Node
    from lumpver.model.relabelling import Relabelling
    from lumpver.model.window import Window


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """The nodes from `start` to `end`; each reads the one before.

    `inputs` are the units of `start` along `axis`, each as often as a window that moves over it
    has taps.
    Nothing beside them reads what is between.
    """

    start: str
    end: str
    nodes: tuple[Linear | Pointwise, ...]
    inputs: int
    axis: int
    window: Window | None


def left_of(region: Region, before: Relabelling) -> Region:
    """The same of what is left of its start, of so many units as this relabelling has."""
    return replace(region, inputs=region.inputs // before.units * before.width)


def regions(network: Network) -> Iterator[Region]:
    """The longest such chains that have an activation, between tensors that operators make."""
    outputs = {tensor.name for tensor in network.outputs}
    for segment in network.segments:
        nodes = (
            ()
            if isinstance(segment.output, Derived) or _goes_on(network, segment.output, outputs)
            else _chain(network, segment.output, outputs)
        )
        axes = [axis for node in nodes if (axis := axis_of(node)) is not None]
        if not axes or not any(isinstance(node, Pointwise) for node in nodes):
            continue
        start, axis = nodes[0].input, axes[0]
        count, window = network.width.get(start), region_window(nodes)
        within = isinstance(network.producers.get(start), Linear) and start not in network.ends
        within = within or isinstance(start, Derived)  # or of an operator
        if count and network.axes.get(start) == axis and not within:  # else it has no relabelling
            taps = 1 if window is None else window.taps
            yield Region(start, segment.output, nodes, count * taps, axis, window)


def _goes_on(network: Network, name: str, outputs: set[str]) -> bool:
    """Whether a region that ends here would do so further down, too: behind an activation."""
    for _ in range(2):
        readers = network.readers.get(name, [])
        node = _step(readers[0]) if len(readers) == 1 and name not in outputs else None
        if node is None:
            return False
        name = node.output
        if isinstance(node, Linear):
            return window_of([node]) is None
    return False


def _step(node: Node | None) -> Linear | Pointwise | None:
    """The node, if it may be one of a chain."""
    able = with_forms(node)
    return None if isinstance(able, Join) else able


def _chain(network: Network, end: str, outputs: set[str]) -> tuple[Linear | Pointwise, ...]:
    found: list[Linear | Pointwise] = []
    axis, name = None, end
    while not found or (len(network.readers[name]) == 1 and name not in outputs):
        node = _step(network.producers.get(name))
        own = None if node is None else axis_of(node)
        along = axis if own is None else own
        if node is None or (axis is not None and along != axis):
            break
        found.append(node)
        axis, name = along, node.input
        if isinstance(node, Linear) and window_of([node]) is not None:
            break
    while found and isinstance(network.producers.get(name), Linear) and name not in network.ends:
        name = found.pop().output  # within a run no relabelling says what became of units
    return tuple(reversed(found))
