"""The numbers of a network while units go: floats, rounded to the types that layers have.

A unit that goes is taken for a sum of others of its layer and a constant; readers read those.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from lumpver.errors import Malformed
from lumpver.exact.floats import FORMATS
from lumpver.exact.outward import nearest
from lumpver.model.linear import moving
from lumpver.model.network import Linear
from lumpver.model.weights import Matrix

if TYPE_CHECKING:
    from lumpver.compressing.sites import Site
    from lumpver.exact.array import Exact
    from lumpver.exact.floats import Floats
    from lumpver.model.network import Network, Segment
    from lumpver.model.weights import Kernel


@dataclass(frozen=True, slots=True)
class Step:
    """A unit of a layer goes: it is taken for `constant` and the sum of `parts`, units and factors.

    `twin` is the unit that it is nearly a multiple of, `scale` times, if it is of one; the
    network in between has that multiple in its place, and else a constant.
    """

    site: int
    unit: int
    parts: tuple[tuple[int, float], ...] = ()
    constant: float = 0.0
    twin: int | None = None
    scale: float = 1.0

    @property
    def kind(self) -> str:
        """What it is called where steps are counted."""
        if self.twin is not None:
            return "multiple"
        return "sum" if self.parts else "constant"


@dataclass(slots=True, eq=False)
class Numbers:
    """Weights and biases by the tensors that their nodes make, where they are not the network's.

    They are rounded to `dtype` where that is narrower than their layers'. `scales` has units, by
    the number of their layer, that the network's are so many times.
    """

    network: Network
    weights: dict[str, Floats] = field(default_factory=dict)
    biases: dict[str, Floats] = field(default_factory=dict)
    dtype: str | None = None
    scales: dict[tuple[int, int], int] = field(default_factory=dict)

    def copy(self) -> Numbers:
        """The same, to be changed apart."""
        weights = {name: W.copy() for name, W in self.weights.items()}
        biases = {name: b.copy() for name, b in self.biases.items()}
        return Numbers(self.network, weights, biases, self.dtype, dict(self.scales))

    def of(self, run: Segment) -> Floats:
        """The weights of a run, to be changed in place."""
        return self.loaded(run.nodes[0])

    def loaded(self, node: Linear) -> Floats:
        """The weights of a node, and its biases if it has any."""
        if node.output not in self.weights:
            self.weights[node.output] = nearest(stored(node)).copy()
        if node.b is not None:
            self.shifted(node)
        return self.weights[node.output]

    def shifted(self, node: Linear) -> Floats:
        """The biases of a node that has some."""
        if node.output not in self.biases and node.b is not None:
            self.biases[node.output] = nearest(node.b).copy()
        return self.biases[node.output]

    def bias(self, run: Segment) -> Floats:
        """Its biases, to be changed in place."""
        home = home_of(run)
        if home.output not in self.biases:
            made = self.of(run).shape[0]
            self.biases[home.output] = np.zeros(made) if home.b is None else nearest(home.b).copy()
        return self.biases[home.output]

    def take(self, site: Site, step: Step) -> None:
        """What reads a unit reads what it is taken for instead."""
        for reader in site.readers:
            W = self.of(reader.run)
            gone = reader.columns(step.unit, site.units)
            column = W[:, gone].copy()
            for unit, factor in step.parts:
                W[:, reader.columns(unit, site.units)] += factor * column
            if step.constant:
                self.bias(reader.run)[:] += step.constant * column.sum(axis=1)
            W[:, gone] = 0.0

    def built(self) -> Network:
        """The network with these numbers, each rounded to the type of its layer."""
        nodes = [
            self._node(node) if isinstance(node, Linear) else node for node in self.network.nodes
        ]
        return replace(self.network, nodes=tuple(nodes))

    def _node(self, node: Linear) -> Linear:
        W, b = self.weights.get(node.output), self.biases.get(node.output)
        dtype = self.type_of(node)
        if W is not None:
            node = replace(node, weights=with_numbers(node, rounded(W, dtype)))
        return node if b is None else replace(node, b=rounded(b, dtype))

    def type_of(self, node: Linear) -> str:
        """The type of a node's numbers: its layer's, or the one that is asked, if narrower."""
        own = self.network.tensors[node.output].dtype
        if self.dtype is None or own not in FORMATS:
            return self.dtype or own
        return min(own, self.dtype, key=lambda one: FORMATS[one][0])


def stored(node: Linear) -> Exact:
    """The numbers of a matrix or a kernel.

    Raises
    ------
    Malformed
        If the node has none.
    """
    if node.W is None:
        raise Malformed(f"node {node.name}", expected="weights", got="none")
    return node.W


def home_of(run: Segment) -> Linear:
    """The node of a plain run that has its biases: the last."""
    return run.nodes[-1]


def with_numbers(node: Linear, numbers: Exact) -> Matrix | Kernel:
    """The weights of a node with other numbers."""
    kernel = moving([node])
    return Matrix(numbers) if kernel is None else replace(kernel, numbers=numbers)


def rounded(numbers: Floats, dtype: str) -> Floats:
    """The nearest numbers of a type, ties to even; of other types than floats these themselves.

    Examples
    --------
    >>> rounded(np.array([1 / 3, 1.0]), "bfloat16").tolist()
    [0.333984375, 1.0]
    """
    with np.errstate(all="ignore"):
        match dtype:
            case "float32":
                return numbers.astype(np.float32).astype(np.float64)
            case "float16":
                return numbers.astype(np.float16).astype(np.float64)
            case "bfloat16":
                bits = numbers.astype(np.float32).view(np.uint32)
                bits = bits + 0x7FFF + ((bits >> 16) & 1)
                return (bits & np.uint32(0xFFFF0000)).view(np.float32).astype(np.float64)
    return numbers
