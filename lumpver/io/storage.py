"""What a network's numbers take in a file: which element type holds them, in how many bytes.

own: the type that a tensor has in its model; "real" where there is no such model
allowed: the largest type in which a segment's numbers may be stored: its own, or float64
parts: numbers of one type that add up to a bias that it does not hold
tight: a node with a number that its own type does not hold
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal, assert_never

import numpy as np

from lumpver.exact.array import Exact, as_float64, divide, is_float, nonzero
from lumpver.exact.floats import representable
from lumpver.exact.parts import parts
from lumpver.exact.scalar import to_float
from lumpver.model.linear import mixes, normalizes, numbers_of, window_of
from lumpver.model.weights import Diagonal, Identity, Kernel, Matrix, Normalization

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flint import fmpq

    from lumpver.model.network import Linear, Network, Segment
    from lumpver.model.relabelling import Mask

Types = Literal["auto", "keep", "widen"]

_ITEM: Final = {"float16": 2, "bfloat16": 2, "float32": 4, "float64": 8}
_LAST: Final = -2
_NODE: Final = 60  # about what a node and the names of its constants take
_CASTS: Final = 160  # about what two Casts take
_PARTS: Final = 4  # of a bias at most: sums of products of float32 take two or three


def own_type(network: Network, name: str) -> str:
    """The element type of a tensor, as declared or as what it meets has it; "" if unknown."""
    known = getattr(network.source, "types", {})
    return str(network.tensors[name].dtype or known.get(name, ""))


def item_size(network: Network, name: str) -> int:
    """Bytes that a number of a tensor's type takes."""
    return _ITEM.get(own_type(network, name), 8)


def fits(numbers: Exact | None, dtype: str) -> bool:
    """Whether a type holds every one of the numbers.

    Examples
    --------
    >>> fits(np.array([1.5]), "float16"), fits(np.array([0.1]), "float32")
    (True, False)
    """
    if numbers is None:
        return True
    if not is_float(numbers):
        return False
    if numbers.dtype.name == dtype:
        return True
    return dtype in _ITEM and bool(representable(as_float64(numbers), dtype).all())


def misfits(numbers: Exact, dtype: str) -> Mask:
    """Where an entry is no number of a type."""
    if dtype not in _ITEM:
        return np.ones(numbers.shape, dtype=bool)
    if is_float(numbers):
        return ~representable(as_float64(numbers), dtype)
    flat = [not holds(value, dtype) for value in numbers.ravel()]
    return np.array(flat, dtype=bool).reshape(numbers.shape)


def holds(value: fmpq, dtype: str) -> bool:
    """Whether a number is one of a type.

    Examples
    --------
    >>> from flint import fmpq
    >>> holds(fmpq(1, 3), "float64"), holds(fmpq(1, 4), "bfloat16")
    (False, True)
    """
    found = to_float(value)
    return found is not None and fits(np.array([found]), dtype)


def stored_numbers(node: Linear) -> list[Exact]:
    """The numbers that a file holds for a node: divisors where factors are no floats.

    Examples
    --------
    >>> from lumpver.model.linear import linear
    >>> stored_numbers(linear("third", "x", "y", ["1/3", 1]))
    [array([3., 1.])]
    """
    match node.weights:
        case Diagonal(factors):
            below = divisors(factors)
            node = node if below is None else replace(node, weights=Diagonal(below))
        case Matrix() | Kernel() | Identity() | Normalization():
            pass
        case _:
            assert_never(node.weights)
    return list(numbers_of(node))


def weights_and_bias(node: Linear) -> tuple[list[Exact], Exact | None]:
    """The numbers that a file holds for a node, the bias apart."""
    return stored_numbers(replace(node, b=None)), node.b


def bias_parts(b: Exact | None, dtype: str) -> tuple[Exact, ...] | None:
    """The bias, or numbers of a type that add up to it; None where too many would be needed.

    Examples
    --------
    >>> len(bias_parts(np.array([1 + 2.0**-30]), "float32"))
    2
    """
    if b is None or fits(b, dtype):
        return () if b is None else (b,)
    return parts(b, dtype, most=_PARTS)


def node_fits(node: Linear, dtype: str) -> bool:
    """Whether a type holds a node's weights, and numbers that add up to its bias."""
    weights, b = weights_and_bias(node)
    return all(fits(part, dtype) for part in weights) and bias_parts(b, dtype) is not None


def divisors(factors: Exact) -> Exact | None:
    """What to divide by instead of multiplying, where only that is floats."""
    if is_float(factors) or not nonzero(factors).all():
        return None
    found = divide(np.ones(1), factors)
    return found if is_float(found) else None


def is_changed(segment: Segment, network: Network) -> bool:
    """Whether a segment is not, node by node, one of a network's."""
    return any(network.producers.get(node.output) is not node for node in segment.nodes)


@dataclass(frozen=True, slots=True)
class Storage:
    """How the segments of `network`, and of networks made from it, may be stored.

    All in float64 with `everywhere`, else only those whose outputs are in `wide`. `counted`
    says that bytes count, also where nothing else would be gained.
    """

    network: Network
    everywhere: bool = True
    wide: frozenset[str] = field(default_factory=frozenset)
    counted: bool = True

    def allowed(self, nodes: Sequence[Linear]) -> str:
        """The largest type in which a segment's numbers may be stored.

        What is read has to be of a known type: only then is a Cast known to widen it.
        """
        own, name = own_type(self.network, nodes[-1].output), nodes[-1].output
        if own == "real":
            return "float64"
        if any(map(convolves, nodes)) or any(map(normalizes, nodes)):
            return own  # onnxruntime has no Conv of float64
        known = own and self.network.tensors[nodes[0].input].dtype
        return "float64" if known and (self.everywhere or name in self.wide) else own

    def is_typed(self, name: str) -> bool:
        """Whether a tensor comes from a model that says of which type its numbers are."""
        return own_type(self.network, name) != "real"

    def tight(self, nodes: Sequence[Linear]) -> bool:
        """Whether the own type of one of the nodes does not hold its numbers."""
        return not all(self._holds(node, _own(self.network, node)) for node in nodes)

    def stores(self, nodes: Sequence[Linear]) -> bool:
        """Whether a segment's nodes can be stored as they are."""
        if any(mixes(node) and node.axis < _LAST and not self._channels(node) for node in nodes):
            return False  # no operator multiplies matrices along such an axis
        source, made = nodes[0].input, nodes[0].output
        if not self.network.tensors[source].dtype and own_type(self.network, source) != own_type(
            self.network, made
        ):
            return False  # nobody would know that the Cast between them rounds nothing
        if not self.tight(nodes):
            return True
        allowed = self.allowed(nodes)
        return all(self._holds(node, allowed) for node in nodes)

    def _holds(self, node: Linear, dtype: str) -> bool:
        """Whether a type holds a node; biases in parts are for models, which say their types."""
        if self.is_typed(node.output):
            return node_fits(node, dtype)
        return all(fits(part, dtype) for part in stored_numbers(node))

    def _channels(self, node: Linear) -> bool:
        """Whether a Conv computes the node: its axis is that of the channels."""
        shape = self.network.tensors[node.input].shape
        return shape is not None and node.axis == 1 - len(shape)

    def widened(self, nodes: Sequence[Linear]) -> int:
        """How many bytes more the nodes take in float64 than in their own types."""
        more = (
            (8 - item_size(self.network, node.output)) * part.size
            for node in nodes
            for part in stored_numbers(node)
        )
        return sum(more) + _CASTS

    def apart(self, nodes: Sequence[Linear]) -> int:
        """About how many bytes more the nodes take because biases are stored in parts."""
        total = 0
        for node in filter(lambda node: self.is_typed(node.output), nodes):
            found = bias_parts(node.b, _own(self.network, node)) or ()
            more = _NODE + sum(part.size for part in found[:1]) * item_size(
                self.network, node.output
            )
            total += more * max(0, len(found) - 1)
        return total

    def size(self, nodes: Sequence[Linear]) -> int:
        """About how many bytes the nodes of one segment take."""
        own = sum(
            item_size(self.network, node.output) * part.size
            for node in nodes
            for part in stored_numbers(node)
        )
        more = self.widened(nodes) if self.tight(nodes) else self.apart(nodes)
        return own + _NODE * len(nodes) + more

    def total(self, segments: Sequence[Segment]) -> int:
        """About how many bytes the segments take."""
        return sum(self.size(segment.nodes) for segment in segments)

    def smaller(self, whole: list[Linear], run: list[Linear]) -> bool:
        """Whether a segment is stored in fewer bytes as `whole` than as `run`."""
        if not self.stores(whole):
            return False
        return not self.stores(run) or not self.counted or self.size(whole) < self.size(run)


def convolves(node: Linear) -> bool:
    """Whether a Conv alone computes the node."""
    return mixes(node) and (window_of([node]) is not None or node.axis < _LAST)


def _own(network: Network, node: Linear) -> str:
    own = own_type(network, node.output)
    return "float64" if own == "real" else own
