"""Regions where kinks may cancel: chains of nodes of whose units forms can be had."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, assert_never

from lumpver.model.linear import Linear, mixes, window_of
from lumpver.model.names import Derived
from lumpver.model.network import Join, Opaque, Pick, Pointwise, Pool, Rearrange
from lumpver.model.regions import axis_of, region_window, with_forms
from lumpver.model.shapes import behind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lumpver.model.network import Network, Node
    from lumpver.model.relabelling import Relabelling
    from lumpver.model.tensor import Dimension, Shape
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
    shapes = _shapes(network)
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
        able = not within and _tells(network, shapes, start, axis)
        if count and network.axes.get(start) == axis and able:  # else no relabelling is known there
            taps = 1 if window is None else window.taps
            yield Region(start, segment.output, nodes, count * taps, axis, window)


def _tells(network: Network, shapes: Mapping[str, Shape], name: str, axis: int) -> bool:
    """Whether a shape, or the matrix that makes a tensor, tells how many units it has."""
    while (shape := shapes.get(name)) is None or not _has(shape, axis):
        match network.producers.get(name):
            case Pointwise(input=before):
                name = before
            case Linear() as node:
                return node.axis == axis and mixes(node)
            case _:
                return False
    return True


def _has(shape: Sequence[Dimension], axis: int) -> bool:
    return len(shape) >= -axis and isinstance(shape[axis], int)


def _shapes(network: Network) -> dict[str, Shape]:
    """The shape of every tensor as it follows from those of inputs, or as an operator declares."""
    found: dict[str, Shape] = {tensor.name: tensor.shape for tensor in network.inputs}
    for node in network.nodes:
        match node:
            case Linear() | Pointwise() | Rearrange() | Pick() | Pool() | Join():
                found[node.output] = behind(node, found)
            case Opaque():
                found |= {name: network.tensors[name].shape for name in node.outputs if name}
            case _:
                assert_never(node)
    return found


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
