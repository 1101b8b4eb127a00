"""Families of tensors: a segment's output and all that follows from it unit by unit.

All members have one relabelling, but for constants and what an activation makes 0. A member may
have only some of the units, or units of several families side by side; or those of one head,
where the units of all are so many copies (`search.heads`).

place: for each entry of a member along the axis of its units, the unit that it is; -1 for others
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, assert_never

import numpy as np

from lumpver.model.network import Join, Linear, Opaque, Pick, Pointwise, Pool, Rearrange
from lumpver.search import rearrange

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lumpver.exact.proportional import Rows
    from lumpver.model.network import Network, Node


def beside(network: Network, node: Join) -> bool:
    """Whether a join puts units beside each other, known how many of each operand."""
    axis = node.axis
    return (
        axis is not None
        and all(network.axes.get(name) == axis for name in (*node.inputs, node.output))
        and all(name in network.width for name in node.inputs)
    )


def columns(network: Network, node: Join) -> bool:
    """Whether a join multiplies by a matrix whose columns are units, which those it makes are."""
    names = (node.mixed, node.output)
    return node.mixed is not None and all(network.axes.get(n) == -1 for n in names if n)


def keeps(network: Network, node: Node) -> bool:
    """Whether the units of a node's output are, one by one, those of the one tensor it reads."""
    match node:
        case Pointwise() | Pool() | Rearrange():
            return True
        case Pick():
            return node.along(network.axes.get(node.input)) is None
        case Join():
            return columns(network, node)
        case Linear() | Opaque():
            return False
        case _:
            assert_never(node)


def follows(network: Network, node: Node) -> bool:
    """Whether each unit of a node's output is one that it reads."""
    match node:
        case Pointwise() | Pool() | Rearrange() | Pick():
            return True
        case Join():
            return columns(network, node) or beside(network, node)
        case Linear() | Opaque():
            return False
        case _:
            assert_never(node)


def sources(node: Node) -> tuple[str, ...]:
    """The tensors whose units a node's output has, where it follows from them."""
    mixed = node.mixed if isinstance(node, Join) else None
    return node.inputs if mixed is None else (mixed,)


def family(network: Network, name: str) -> list[str]:
    """The tensor and all that follows from it."""
    found = {name: None}
    names = [name]
    for member in names:
        for node in network.readers.get(member, []):
            comes = member in sources(node) and follows(network, node)
            if comes and node.outputs[0] not in found:
                found[node.outputs[0]] = None
                names.append(node.outputs[0])
    return names


def in_order(network: Network, names: Iterable[str]) -> list[str]:
    """The tensors in the order of the nodes that make them, inputs first."""
    place = network.order
    made = network.producers
    return sorted(names, key=lambda name: place[id(made[name])] if name in made else -1)


def readers(network: Network, name: str) -> Iterator[Node]:
    """Every node that reads a member of the tensor's family."""
    for member in family(network, name):
        yield from network.readers.get(member, [])


def root(network: Network, name: str) -> str:
    """The tensor with all units of this one, one by one, that nothing else has above."""
    node = network.producers.get(name)
    while node is not None and keeps(network, node):
        [name] = sources(node)
        node = network.producers.get(name)
    return name


def reach(network: Network, starts: Mapping[str, Rows]) -> dict[str, Rows]:
    """The places of all that follows from some tensors, given those of these, and theirs."""
    found = dict(starts)
    waiting = [network.order[id(node)] for name in found for node in network.readers.get(name, [])]
    heapify(waiting)
    while waiting:
        node = network.nodes[heappop(waiting)]
        if node.outputs[0] in found:
            continue
        places = _places(network, node, found)
        if places is not None:
            found[node.outputs[0]] = places
            for reader in network.readers.get(node.outputs[0], []):
                heappush(waiting, network.order[id(reader)])
    return found


def alone(network: Network, name: str) -> dict[str, Rows]:
    """The places of a tensor's units in its family."""
    return reach(network, {name: np.arange(network.width[name])})


def _places(network: Network, node: Node, found: Mapping[str, Rows]) -> Rows | None:
    """The places of a node's output, where it follows from tensors whose places are found."""
    match node:
        case Pointwise() | Pool():
            return found[node.input]
        case Rearrange():
            lies, places = rearrange.place(network, node), found[node.input]
            if (heads := rearrange.heads(network, node)) > 1:
                return places[: places.size // heads]  # those of one stand for all
            return None if lies is None else np.asarray(lies[1].of(places))
        case Pick():
            units = node.along(network.axes.get(node.input))
            return found[node.input] if units is None else found[node.input][list(units)]
        case Join() if node.mixed is not None:
            return found.get(node.mixed) if columns(network, node) else None
        case Join():
            if not beside(network, node):
                return None
            none = ((name, np.full(network.width[name], -1)) for name in node.inputs)
            return np.concatenate([found.get(name, other) for name, other in none])
        case Linear() | Opaque():
            return None
        case _:
            assert_never(node)


def origins(network: Network, name: str) -> list[tuple[str, int]]:
    """For each entry of a tensor along the axis of its units, the unit at its root that it is."""
    node = network.producers.get(name)
    if node is not None and not all(operand in network.width for operand in node.inputs):
        node = None
    match node:
        case Pointwise() | Pool():
            return origins(network, node.input)
        case Rearrange() if (lies := rearrange.place(network, node)) is not None:
            found = origins(network, node.input)
            return [found[i] for i in lies[1].of(np.arange(len(found)))]
        case Rearrange() if (heads := rearrange.heads(network, node)) > 1:
            found = origins(network, node.input)
            return found[: len(found) // heads]
        case Pick() if node.input in network.axes:
            units, found = node.along(network.axes[node.input]), origins(network, node.input)
            return found if units is None else [found[i] for i in units]
        case Join() if node.mixed is not None and columns(network, node):
            return origins(network, node.mixed)
        case Join() if beside(network, node):
            return [one for operand in node.inputs for one in origins(network, operand)]
        case Linear() | Rearrange() | Pick() | Join() | Opaque() | None:
            return [(name, unit) for unit in range(network.width.get(name, 0))]
        case _:
            assert_never(node)


def roots(network: Network, name: str) -> list[str]:
    """The tensors at which units of a tensor have their origin."""
    node = network.producers.get(name)
    if node is None or not follows(network, node):
        return [name]
    found = (one for operand in sources(node) for one in roots(network, operand))
    return list(dict.fromkeys(found))
