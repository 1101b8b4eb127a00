"""Whole models that are one thing smaller: outputs, nodes, units, numbers.

They compute something else; whether they still fail is for whoever asks.

bypass: what reads a node's output reads its input, which has the same shape
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

import numpy as np

from lumpver.exact.array import compact, rationals
from lumpver.exact.scalar import number
from lumpver.model.linear import Linear
from lumpver.model.network import Join, Network, Opaque, Pick, Pointwise, Pool, Rearrange
from lumpver.model.weights import Diagonal, Identity, Kernel, Matrix, Normalization
from lumpver.trial.strategies.entries import leads
from lumpver.trial.strategies.growing import left

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lumpver.exact.array import Exact
    from lumpver.model.nodes import Node


def smaller(network: Network) -> Iterator[Network]:
    """Smaller networks, the boldest first.

    Examples
    --------
    >>> one = Network.from_layers([([[3], [1]], [1, 0]), ([[2, 2]], None)])
    >>> [found.units for found in smaller(one)][:3]
    [0, 1, 1]
    """
    yield from _outputs(network)
    yield from _bypasses(network)
    yield from _units(network)
    yield from _numbers(network)


def _outputs(network: Network) -> Iterator[Network]:
    for tensor in network.outputs if len(network.outputs) > 1 else ():
        kept = tuple(other for other in network.outputs if other is not tensor)
        yield alive(replace(network, outputs=kept))


def alive(network: Network) -> Network:
    """The network without nodes that no output depends on."""
    needed = {tensor.name for tensor in network.outputs}
    nodes: list[Node] = []
    for node in reversed(network.nodes):
        if needed.intersection(node.outputs):
            needed.update(node.inputs)
            nodes.append(node)
    known = needed | {tensor.name for tensor in network.inputs}
    tensors = {name: tensor for name, tensor in network.tensors.items() if name in known}
    return replace(network, nodes=tuple(nodes[::-1]), tensors=tensors)


def _bypasses(network: Network) -> Iterator[Network]:
    ends = {tensor.name for tensor in network.outputs}
    for node in network.nodes:
        for source in dict.fromkeys(node.inputs):
            target = node.outputs[0]
            same = network.tensors[source].shape == network.tensors[target].shape
            if same and target not in ends and not isinstance(node, Opaque):
                nodes = (_reading(other, target, source) for other in network.nodes)
                yield alive(replace(network, nodes=tuple(nodes)))


def _reading(node: Node, before: str, after: str) -> Node:
    """The node reading another tensor."""
    if before not in node.inputs:
        return node
    match node:
        case Join():
            operands = tuple(after if name == before else name for name in node.operands)
            return replace(node, operands=operands)
        case Linear() | Pointwise() | Pool() | Rearrange() | Pick():
            return replace(node, input=after)
        case Opaque():
            return node
        case _:
            assert_never(node)


def _units(network: Network) -> Iterator[Network]:
    """Half of the units of all that is tied, then all but one."""
    for lead in leads(network):
        width = network.width[lead]
        halves = [range(width // 2), range(width // 2, width)] if width > 3 else []
        for kept in [*halves, *([v for v in range(width) if v != u] for u in range(width))]:
            found = left(network, lead, list(kept)) if kept else None
            if found is not None:
                yield found


def _numbers(network: Network) -> Iterator[Network]:
    """Without a bias, and with one number of a node 0."""
    for i, node in enumerate(network.nodes):
        if not isinstance(node, Linear):
            continue
        for changed in _simpler(node):
            yield replace(network, nodes=(*network.nodes[:i], changed, *network.nodes[i + 1 :]))


def _simpler(node: Linear) -> Iterator[Linear]:
    if node.b is not None:
        yield replace(node, b=None)
        for b in _zeroed(node.b):
            yield replace(node, b=b)
    match node.weights:
        case Matrix(W):
            yield from (replace(node, weights=Matrix(V)) for V in _zeroed(W))
        case Kernel(W, window, groups):
            yield from (replace(node, weights=Kernel(V, window, groups)) for V in _zeroed(W))
        case Diagonal() | Identity() | Normalization():
            pass
        case _:
            assert_never(node.weights)


def _zeroed(numbers: Exact) -> Iterator[Exact]:
    exact = rationals(numbers)
    for place in np.flatnonzero(exact.astype(bool)).tolist():
        found = exact.copy()
        found.flat[place] = number(0)
        yield compact(found)
