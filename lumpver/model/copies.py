"""Tensors of one network that are equal, since the same is computed of the same.

lead: the first tensor that a tensor is equal to, maybe itself
nothing: the difference of a tensor and its equal
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from lumpver.exact.stored import same_numbers
from lumpver.model.join import Join
from lumpver.model.linear import Linear
from lumpver.model.opaque import Opaque
from lumpver.model.pick import Pick
from lumpver.model.pointwise import Pointwise
from lumpver.model.pool import Pool
from lumpver.model.rearrange import Rearrange
from lumpver.model.weights import Diagonal, Identity, Kernel, Matrix

if TYPE_CHECKING:
    from collections.abc import Hashable

    from lumpver.model.graph import Graph
    from lumpver.model.nodes import Modelled, Node


def leads(network: Graph) -> dict[str, str]:
    """The lead of each tensor, as far as equal nodes of equal tensors tell them.

    Examples
    --------
    >>> from lumpver.model.network import Network, Tensor, linear
    >>> nodes = tuple(linear(name, "x", name, [[2]]) for name in "ab")
    >>> tensors = {name: Tensor(name) for name in "xab"}
    >>> leads(Network((tensors["x"],), (tensors["a"],), nodes, tensors))
    {'x': 'x', 'a': 'a', 'b': 'a'}
    """
    found = {tensor.name: tensor.name for tensor in network.inputs}
    met: dict[Hashable, list[Modelled]] = {}
    for node in network.nodes:
        if isinstance(node, Opaque):
            found |= {name: name for name in node.outputs if name}
            continue
        alike = met.setdefault((_key(node), *(found[name] for name in node.inputs)), [])
        same = next((other for other in alike if _same(node, other)), None)
        found[node.output] = node.output if same is None else found[same.output]
        if same is None:
            alike.append(node)
    return found


def is_nothing(node: Node, lead: dict[str, str]) -> bool:
    """Whether a node makes the difference of two equal tensors."""
    if not isinstance(node, Join) or node.operator != "Sub":
        return False
    return len({lead[name] for name in node.operands}) == 1


def _key(node: Modelled) -> Hashable:
    """What two nodes that do the same have in common; of weights but their type and axis."""
    match node:
        case Linear():
            return "linear", type(node.weights), node.axis
        case Pointwise():
            return "pointwise", node.activation
        case Pool():
            return "pool", node.operator, node.axis, node.window, node.counts_padding
        case Rearrange():
            return "rearrange", node.operator, node.parameters, node.zero_copies
        case Pick():
            return "pick", node.places
        case Join():
            return "join", node.operator, node.axis
        case _:
            assert_never(node)


def _same(a: Modelled, b: Modelled) -> bool:
    """Whether two nodes with one key do the same: that of linear nodes leaves out numbers."""
    if not (isinstance(a, Linear) and isinstance(b, Linear)):
        return True
    return _same_weights(a, b) and same_numbers(a.b, b.b)


def _same_weights(a: Linear, b: Linear) -> bool:
    match a.weights, b.weights:
        case Matrix(one), Matrix(other):
            return same_numbers(one, other)
        case Kernel(), Kernel():
            alike = (a.weights.window, a.weights.groups) == (b.weights.window, b.weights.groups)
            return alike and same_numbers(a.W, b.W)
        case Diagonal(one), Diagonal(other):
            return same_numbers(one, other)
        case Identity(), Identity():
            return True
        case _:
            return False
