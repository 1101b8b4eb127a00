"""`Network`: a graph of nodes in topological order, over exact numbers.

A chain of layers is the simple case. Tensors have one feature axis, the *unit axis*,
along which affine nodes and lumpings act; all other axes are left alone.

unit: one entry of a tensor's unit axis
axis: the unit axis counted from the end, -1 for the last
opaque: a node that lumpver does not model; it is kept, compared, never evaluated
pinned: a tensor whose units must stay as they are

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*, Definition 1.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from lumpver.errors import Malformed
from lumpver.model.nodes import (
    Constant,
    Dimension,
    Linear,
    Node,
    Opaque,
    Pointwise,
    Rearrange,
    Segment,
    Shape,
    Tensor,
    linear,
    same_numbers,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lumpver.exact.array import Exact
    from lumpver.model.activations import Activation

__all__ = [
    "Constant",
    "Dimension",
    "Linear",
    "Network",
    "Node",
    "Opaque",
    "Pointwise",
    "Rearrange",
    "Segment",
    "Shape",
    "Tensor",
    "is_unchanged",
    "linear",
    "same_numbers",
]


_RANDOM: Final = (b"Random", b"Multinomial", b"Bernoulli", b"Dropout")


@dataclass(frozen=True, eq=False)
class Network:
    """A feed-forward network: typed inputs and outputs, nodes in topological order.

    `tensors` gives the type of every tensor as far as it is known. `environment` is what
    two models must share beyond their nodes (operator sets, functions), canonically.
    `source` is whatever the reader wants the writer to have; it is never compared.

    Raises
    ------
    Malformed
        If a tensor is read before it is produced, produced twice, or is missing, or a name is
        a constant's and a tensor's.

    Examples
    --------
    >>> twins = Network.from_layers([([[1], [2]], [0, 0]), ([[1, 1]], [0])])
    >>> twins.widths
    (1, 2, 1)
    >>> twins(["1/3"])
    (1,)
    """

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    nodes: tuple[Node, ...]
    tensors: Mapping[str, Tensor]
    environment: bytes = b""
    source: Any = field(default=None, repr=False)

    def __post_init__(self) -> None:
        known = {tensor.name for tensor in self.inputs}
        if len(known) != len(self.inputs):
            raise Malformed("inputs", expected="distinct names", got="one name twice")
        for node in self.nodes:
            for name in node.inputs:
                if name not in known:
                    raise Malformed(f"node {node.name}", expected="a tensor", got=repr(name))
            for name in node.outputs:
                if name and name in known:
                    raise Malformed(f"node {node.name}", expected="a new name", got=name)
                known.add(name)
        self._require_disjoint()
        for tensor in self.outputs:
            if tensor.name not in known:
                raise Malformed("outputs", expected="a tensor", got=repr(tensor.name))

    def _require_disjoint(self) -> None:
        """No captured constant has the name of a tensor, but that of an output it is."""
        for node in self.nodes:
            for name, constant in node.captured if isinstance(node, Opaque) else ():
                other = None if constant is None else self.producers.get(name)
                taken = other is not None and not (isinstance(other, Opaque) and other.is_constant)
                if taken or (constant is not None and name in {t.name for t in self.inputs}):
                    raise Malformed(f"constant {name}", expected="a new name", got="a tensor's")

    @classmethod
    def from_layers(
        cls, layers: Sequence[Any], *, activation: str | Activation = "relu"
    ) -> Network:
        """The chain of `layers`, each `(W, b)` or `(W, b, activation)`; see `chain`."""
        from lumpver.model.chain import from_layers  # noqa: PLC0415 the chain imports Network

        return from_layers(layers, activation=activation)

    def __call__(self, *values: Any) -> Any:
        """The exact outputs for exact inputs, as sympy Rationals; see `evaluation`."""
        from lumpver.model.evaluation import call  # noqa: PLC0415 evaluation imports Network

        return call(self, values)

    def evaluate(self, values: Mapping[str, Any]) -> dict[str, Exact]:
        """Exact outputs for exact inputs, as exact arrays, by name; see `evaluation`."""
        from lumpver.model.evaluation import evaluate  # noqa: PLC0415 evaluation imports Network

        return evaluate(self, values)

    @cached_property
    def producers(self) -> dict[str, Node]:
        """The node that produces each tensor."""
        return {name: node for node in self.nodes for name in node.outputs if name}

    @cached_property
    def readers(self) -> dict[str, list[Node]]:
        """The nodes that read each tensor, in order."""
        found: dict[str, list[Node]] = {}
        for node in self.nodes:
            for name in dict.fromkeys(node.inputs):
                found.setdefault(name, []).append(node)
        return found

    @cached_property
    def axes(self) -> dict[str, int]:
        """The unit axis of every tensor that an affine node's units reach."""
        from lumpver.model.shapes import unit_axes  # noqa: PLC0415 shapes imports Network

        return unit_axes(self)

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """The maximal affine runs, in topological order of their outputs."""
        runs: dict[str, list[Linear]] = {}
        whole: list[list[Linear]] = []
        open_ends = {tensor.name for tensor in self.outputs}
        for node in self.nodes:
            if not isinstance(node, Linear):
                continue
            run = runs.pop(node.input, [])
            run = [*run, node] if run and run[-1].axis == node.axis else [node]
            only = self.readers.get(node.output, [])
            joined = (
                node.output not in open_ends
                and len(only) == 1
                and isinstance(only[0], Linear)
                and only[0].axis == node.axis
            )
            if joined:
                runs[node.output] = run
            else:
                whole.append(run)
        return tuple(Segment(tuple(run)) for run in whole)

    @cached_property
    def ends(self) -> dict[str, Segment]:
        """The segment that each of their outputs comes from."""
        return {segment.output: segment for segment in self.segments}

    @cached_property
    def width(self) -> dict[str, int]:
        """The number of units of every tensor whose weights or shape tell it; see `shapes`."""
        from lumpver.model.widths import widths  # noqa: PLC0415 widths imports Network

        return widths(self)

    @property
    def layers(self) -> tuple[str, ...]:
        """The tensors whose units are counted: segment outputs that an activation reads."""
        return tuple(
            segment.output
            for segment in self.segments
            if any(isinstance(node, Pointwise) for node in self.readers.get(segment.output, []))
        )

    @property
    def units(self) -> int:
        """How many units the network has, over all `layers`."""
        return sum(self.width.get(name, 0) for name in self.layers)

    @property
    def parameters(self) -> int:
        """How many numbers the affine nodes hold."""
        return sum(
            part.size
            for node in self.nodes
            if isinstance(node, Linear)
            for part in (node.W, node.b)
            if part is not None
        )

    def random(self, node: Opaque) -> str | None:
        """What in a node, or in a function that it may call, draws random numbers, if anything."""
        places = (node.operator.encode(), node.content, self.environment)
        found = (word for word in _RANDOM if any(word in place for place in places))
        return next((word.decode() for word in found), None)

    @property
    def opaque(self) -> tuple[Opaque, ...]:
        """The nodes that are not modelled."""
        return tuple(n for n in self.nodes if isinstance(n, Opaque) and n.value is None)

    @property
    def widths(self) -> tuple[int, ...]:
        """Units of input, hidden layers and output of a chain, as in the paper."""
        last = self.outputs[0].name if self.outputs else ""
        node = self.producers.get(last)
        made_from = node.input if isinstance(node, Pointwise) else last
        hidden = [self.width[name] for name in self.layers if name not in (last, made_from)]
        first = [_last_axis(self.inputs[0])] if self.inputs else []
        return (*first, *hidden, self.width.get(last, 0))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the network's content, for certificates of networks without a file."""
        from lumpver.model.description import describe  # noqa: PLC0415 describe imports Network

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
