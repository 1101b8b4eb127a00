"""Differences of equal tensors, as what they are: 0, whatever is read.

Only outputs are looked at, as of networks that compare two others; nobody reads on there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from lumpver.claim.facts import Fact
from lumpver.exact.array import zeros
from lumpver.model.copies import is_nothing, leads
from lumpver.model.network import Join, Linear
from lumpver.model.relabelling import identity
from lumpver.model.weights import Matrix

if TYPE_CHECKING:
    from lumpver.model.network import Network, Node

_MOST: Final = 2**10  # units of such an output


def told(network: Network) -> Network:
    """The network, itself if it has none, with 0 times the first tensor for such a difference.

    Examples
    --------
    >>> from lumpver.model.network import Network, Tensor, linear
    >>> nodes = (*(linear(n, "x", n, [[2]]) for n in "ab"), Join("y", ("a", "b"), "y", "Sub"))
    >>> tensors = {name: Tensor(name, shape=(1,)) for name in "xaby"}
    >>> found = told(Network((tensors["x"],), (tensors["y"],), nodes, tensors))
    >>> found.nodes[-1].W.tolist()
    [[0.0]]
    """
    ends = {tensor.name for tensor in network.outputs}
    lead: dict[str, str] = {}
    nodes = list(network.nodes)
    for place, node in enumerate(nodes):
        if isinstance(node, Join) and node.operator == "Sub" and node.output in ends:
            lead = lead or leads(network)
            nodes[place] = _nothing(network, node) if is_nothing(node, lead) else node
    same = all(a is b for a, b in zip(nodes, network.nodes, strict=True))
    return network if same else replace(network, nodes=tuple(nodes))


def absorbed(network: Network, plain: Network) -> dict[str, tuple[Fact, ...]]:
    """What there is to state of runs that end in `network`, but go on in what it was told as.

    Nobody reads their units, whatever these are.
    """
    widths = ((name, network.width[name]) for name in network.ends if name not in plain.ends)
    return {
        name: (Fact(None, replace(identity(width), width=0, ghosts=width)),)
        for name, width in widths
    }


def _nothing(network: Network, node: Join) -> Node:
    """0 times the first operand, where it is known how many units that has."""
    name, source = node.output, node.operands[0]
    axis, width = network.axes.get(source), network.width.get(source)
    shape = network.tensors[name].shape
    known = shape is not None and axis is not None and len(shape) >= -axis
    if not known or width is None or width > _MOST or axis != network.axes.get(name):
        return node
    if shape is None or axis is None or shape[axis] != width or network.readers.get(name):
        return node
    return Linear(node.name, source, name, Matrix(zeros(width, width)), None, axis)
