"""The dense layers of a network: what is pruned, and the biases that make up for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lumpver.exact.outward import nearest
from lumpver.model.linear import mixes, shifts_only
from lumpver.model.network import Linear
from lumpver.model.weights import Matrix

if TYPE_CHECKING:
    from lumpver.bounds.plan import Plan
    from lumpver.exact.array import Exact
    from lumpver.exact.floats import Floats
    from lumpver.model.network import Network


@dataclass(frozen=True, slots=True, eq=False)
class Dense:
    """A layer whose units are its entries: a row of weights each, `W` the nearest floats.

    `home` is the node with the biases: the layer's own, or the sum behind it.
    """

    node: Linear
    weights: Exact
    home: Linear
    W: Floats

    @property
    def name(self) -> str:
        """The tensor that it makes."""
        return self.node.output


def layers(network: Network, plan: Plan) -> tuple[tuple[Dense, ...], tuple[str, ...]]:
    """The dense layers, in order, and the names of other nodes with weights, left alone.

    Examples
    --------
    >>> from lumpver.bounds.plan import planned
    >>> from lumpver.model.network import Network
    >>> network = Network.from_layers([([[1, 2]], [3]), ([[4]], None)])
    >>> found, others = layers(network, planned(network, {"x": 2}))
    >>> [layer.W.tolist() for layer in found], others
    ([[[1.0, 2.0]], [[4.0]]], ())
    """
    found, others = [], []
    for node in network.nodes:
        if not isinstance(node, Linear) or not mixes(node):
            continue
        weights = node.weights
        if isinstance(weights, Matrix) and _whole(node, weights.numbers, plan):
            numbers = weights.numbers
            found.append(Dense(node, numbers, _home(network, node), nearest(numbers)))
        else:
            others.append(node.name)
    return tuple(found), tuple(others)


def _whole(node: Linear, numbers: Exact, plan: Plan) -> bool:
    """Whether a row of weights belongs to one entry, and not to several positions."""
    sizes = [plan.size(name) if name in plan.shapes else -1 for name in (node.output, node.input)]
    return sizes == list(numbers.shape)


def _home(network: Network, node: Linear) -> Linear:
    """Where the biases stand: in the node, or in the sum that alone reads it."""
    readers = [other for other in network.nodes if node.output in other.inputs]
    shown = any(node.output == tensor.name for tensor in network.outputs)
    if node.b is None and len(readers) == 1 and not shown:
        (reader,) = readers
        if isinstance(reader, Linear) and shifts_only(reader) and reader.b is not None:
            return reader
    return node
