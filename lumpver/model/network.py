"""`Network`: a graph of nodes in topological order, over exact numbers, and what it tells.

All that a network tells is computed by functions beside it, in the modules imported here;
its attributes are the convenient names for them, each computed once.

unit: one entry of a tensor's unit axis
axis: the unit axis counted from the end, -1 for the last

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*, Definition 1.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lumpver.exact.stored import same_numbers
from lumpver.model import evaluation
from lumpver.model.activations import RELU, Activation
from lumpver.model.chain import chained
from lumpver.model.description import describe
from lumpver.model.graph import Graph
from lumpver.model.join import Join
from lumpver.model.linear import Linear, linear
from lumpver.model.nodes import Modelled, Node, Segment, Unary
from lumpver.model.opaque import Constant, Opaque
from lumpver.model.pick import Pick
from lumpver.model.pointwise import Pointwise
from lumpver.model.pool import Pool
from lumpver.model.rearrange import Rearrange
from lumpver.model.shapes import unit_axes
from lumpver.model.tensor import Dimension, Shape, Tensor
from lumpver.model.widths import widths

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lumpver.exact.array import Exact

__all__ = [
    "Constant",
    "Dimension",
    "Join",
    "Linear",
    "Modelled",
    "Network",
    "Node",
    "Opaque",
    "Pick",
    "Pointwise",
    "Pool",
    "Rearrange",
    "Segment",
    "Shape",
    "Tensor",
    "Unary",
    "is_unchanged",
    "linear",
    "same_numbers",
]


@dataclass(frozen=True, eq=False, repr=False)
class Network(Graph):
    """A feed-forward network: the fields of `Graph`, which refuses what is none.

    Examples
    --------
    >>> twins = Network.from_layers([([[1], [2]], [0, 0]), ([[1, 1]], [0])])
    >>> twins.widths
    (1, 2, 1)
    >>> twins(["1/3"])
    (1,)
    """

    @classmethod
    def from_layers(cls, layers: Sequence[Any], *, activation: str | Activation = RELU) -> Network:
        """The chain of `layers`, each `(W, b)` or `(W, b, activation)`; see `chain`."""
        nodes, tensors = chained(layers, activation=activation)
        return cls((tensors["x"],), (tensors["y"],), nodes, tensors)

    def __call__(self, *values: Any) -> Any:
        """The exact outputs for exact inputs, as sympy Rationals; see `evaluation`."""
        return evaluation.call(self, values)

    def evaluate(self, values: Mapping[str, Any]) -> dict[str, Exact]:
        """Exact outputs for exact inputs, as exact arrays, by name; see `evaluation`."""
        return evaluation.evaluate(self, values)

    @cached_property
    def axes(self) -> dict[str, int]:
        """The unit axis of every tensor that an affine node's units reach."""
        return unit_axes(self)

    @cached_property
    def width(self) -> dict[str, int]:
        """The number of units of every tensor whose weights or shape tell it; see `widths`."""
        return widths(self, self.axes)

    @property
    def units(self) -> int:
        """How many units the network has, over all `layers`."""
        return sum(self.width.get(name, 0) for name in self.layers)

    @property
    def widths(self) -> tuple[int, ...]:
        """Units of input, hidden layers and output of a chain, as in the paper."""
        last = self.outputs[0].name if self.outputs else ""
        node = self.producers.get(last)
        made_from = node.input if isinstance(node, Pointwise) else last
        hidden = [self.width.get(n, 0) for n in self.layers if n not in (last, made_from)]
        first = [_last_axis(self.inputs[0])] if self.inputs else []
        return (*first, *hidden, self.width.get(last, 0))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the network's content, for certificates of networks without a file."""
        state = hashlib.sha256()
        for part in describe(self):
            state.update(part)
        return state.hexdigest()

    def __repr__(self) -> str:
        opaque = f", {len(self.opaque)} opaque nodes" if self.opaque else ""
        names = ", ".join(tensor.name for tensor in self.inputs)
        targets = ", ".join(tensor.name for tensor in self.outputs)
        hidden = "-".join(str(self.width.get(name, "?")) for name in self.layers)
        return (
            f"<Network {names} -> {targets}: {self.units} units ({hidden}), "
            f"{self.parameters} parameters{opaque}>"
        )


def _last_axis(tensor: Tensor) -> int:
    size = tensor.shape[-1] if tensor.shape else 0
    return size if isinstance(size, int) else 0


def is_unchanged(reduced: Network, original: Network) -> bool:
    """Whether the reduced network has exactly the original's nodes."""
    return len(reduced.nodes) == len(original.nodes) and all(
        a is b for a, b in zip(reduced.nodes, original.nodes, strict=True)
    )
