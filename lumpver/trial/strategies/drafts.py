"""Drafts: networks as plain rows of numbers, easy to draw, change and shrink.

A draft has one input; each layer reads the input or an earlier layer, so chains, branches
and several outputs can be said. `Draft.network` makes the `Network`, `draft` reads one.

source: the layer that a layer reads, counted from 0; `INPUT` for the input
hidden: a layer that is no output, so that its units may change
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from flint import fmpq

from lumpver.errors import Malformed
from lumpver.exact.floats import representable
from lumpver.exact.scalar import ZERO, number, to_float
from lumpver.model.activations import IDENTITY, Activation
from lumpver.model.network import Linear, Network, Pointwise, Tensor
from lumpver.model.weights import Matrix

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lumpver.exact.array import Exact
    from lumpver.model.network import Node

INPUT: Final = -1
Number = fmpq | float
Row = tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class Layer:
    """y = A(W x + b): one row of W and one entry of b per unit.

    An entry is a float only where its spelling matters: -0.0.
    """

    W: tuple[Row, ...]
    b: Row
    activation: Activation = IDENTITY
    source: int = INPUT

    @property
    def units(self) -> int:
        """How many units the layer has."""
        return len(self.b)


@dataclass(frozen=True, slots=True)
class Draft:
    """Layers in order, each reading an earlier one, and which of them are outputs.

    With `batch` the network's tensors have a leading axis of unknown length; parameters
    are stored as `dtype` where that type holds them.

    Raises
    ------
    Malformed
        If a layer reads itself or a later one, or widths do not fit.

    Examples
    --------
    >>> from lumpver.model.activations import RELU
    >>> twins = Draft.chain(1, [Layer(((1,), (2,)), (0, 0), RELU), Layer(((1, 1),), (0,))])
    >>> twins.network().widths, twins.units
    ((1, 2, 1), 2)
    """

    inputs: int
    layers: tuple[Layer, ...]
    outputs: tuple[int, ...]
    batch: bool = False
    dtype: str = "float64"

    def __post_init__(self) -> None:
        for i, layer in enumerate(self.layers):
            if not INPUT <= layer.source < i:
                raise Malformed(f"layer {i}", expected="an earlier source", got=str(layer.source))
            width = self.width(layer.source)
            if len(layer.W) != layer.units or any(len(row) != width for row in layer.W):
                raise Malformed(f"layer {i}", expected=f"rows of {width}", got="others")
        if not self.outputs or not all(0 <= i < len(self.layers) for i in self.outputs):
            raise Malformed("outputs", expected="layers", got=str(self.outputs))

    @classmethod
    def chain(cls, inputs: int, layers: Sequence[Layer], **options: Any) -> Draft:
        """The draft in which each layer reads the one before; the last is the output."""
        linked = tuple(replace(layer, source=i - 1) for i, layer in enumerate(layers))
        return cls(inputs, linked, (len(linked) - 1,), **options)

    @property
    def is_chain(self) -> bool:
        """Whether each layer reads the one before and only the last is an output."""
        linked = all(layer.source == i - 1 for i, layer in enumerate(self.layers))
        return linked and self.outputs == (len(self.layers) - 1,)

    @property
    def units(self) -> int:
        """How many units feed an activation."""
        return sum(layer.units for layer in self.layers if layer.activation != IDENTITY)

    @property
    def hidden(self) -> tuple[int, ...]:
        """The layers with an activation that are no outputs."""
        return tuple(
            i
            for i, layer in enumerate(self.layers)
            if i not in self.outputs and layer.activation != IDENTITY
        )

    def width(self, i: int) -> int:
        """Units of layer i, or of the input."""
        return self.inputs if i == INPUT else self.layers[i].units

    def readers(self, i: int) -> tuple[int, ...]:
        """The layers that read layer i."""
        return tuple(j for j, layer in enumerate(self.layers) if layer.source == i)

    def name(self, i: int) -> str:
        """The tensor of layer i: as `Network.from_layers` says, outputs y or y1, y2, ..."""
        if i == INPUT:
            return "x"
        if i in self.outputs:
            return "y" if len(self.outputs) == 1 else f"y{self.outputs.index(i) + 1}"
        return f"h{i + 1}"

    def before(self, i: int) -> str:
        """The tensor of layer i before its activation."""
        name = self.name(i)
        return name if self.layers[i].activation == IDENTITY else f"{name}.pre"

    def changed(self, layers: Mapping[int, Layer]) -> Draft:
        """The draft with these layers for those of the same index."""
        return replace(
            self, layers=tuple(layers.get(i, layer) for i, layer in enumerate(self.layers))
        )

    def network(self) -> Network:
        """The network of this draft."""
        nodes: list[Node] = []
        tensors = [self._tensor("x", self.inputs)]
        for i, layer in enumerate(self.layers):
            before, width = self.before(i), layer.units
            W = _stored([list(row) for row in layer.W], (width, self.width(layer.source)), self)
            b = _stored([list(layer.b)], (width,), self)
            nodes.append(Linear(f"layer {i + 1}", self.name(layer.source), before, Matrix(W), b))
            tensors.append(self._tensor(before, width))
            if before != self.name(i):
                nodes.append(
                    Pointwise(f"activation {i + 1}", before, self.name(i), layer.activation)
                )
                tensors.append(self._tensor(self.name(i), width))
        known = {tensor.name: tensor for tensor in tensors}
        outputs = tuple(known[self.name(i)] for i in self.outputs)
        return Network((tensors[0],), outputs, tuple(nodes), known)

    def _tensor(self, name: str, width: int) -> Tensor:
        return Tensor(name, shape=("N", width) if self.batch else (width,))


def _stored(rows: list[list[Number]], shape: tuple[int, ...], draft: Draft) -> Exact:
    """The numbers in the draft's dtype, else float64, else as rationals."""
    flat = [entry for row in rows for entry in row]
    floats = [e if isinstance(e, float) else to_float(number(e)) for e in flat]
    if any(value is None for value in floats):
        exact = np.empty(len(flat), dtype=object)
        exact[:] = [number(entry) for entry in flat]
        return exact.reshape(shape)
    stored = np.array(floats, dtype=np.float64).reshape(shape)
    small = draft.dtype in {"float16", "float32"} and representable(stored, draft.dtype).all()
    return stored.astype(draft.dtype) if small else stored


def plain(numbers: Iterable[Number]) -> list[fmpq]:
    """The numbers as rationals; -0.0 is 0."""
    return [number(entry) for entry in numbers]


def reachable(found: Draft) -> Draft:
    """The draft without layers that no output depends on.

    Examples
    --------
    >>> one = Layer(((1,),), (0,))
    >>> len(reachable(Draft(1, (one, one), (1,))).layers)
    1
    """
    needed: set[int] = set()
    for i in found.outputs:
        j = i
        while j != INPUT and j not in needed:
            needed.add(j)
            j = found.layers[j].source
    order = sorted(needed)
    place = {INPUT: INPUT} | {old: new for new, old in enumerate(order)}
    layers = tuple(replace(found.layers[i], source=place[found.layers[i].source]) for i in order)
    return replace(found, layers=layers, outputs=tuple(place[i] for i in found.outputs))


def dot(a: Sequence[Number], b: Sequence[Number]) -> fmpq:
    """The sum of a[i] b[i], exactly.

    Examples
    --------
    >>> dot([1, fmpq(1, 3)], [2, 3])
    3
    """
    return sum((x * y for x, y in zip(plain(a), plain(b), strict=True)), start=ZERO)


def composed(inner: Layer, outer: Layer) -> Layer:
    """`outer` after `inner` without the activation between them."""
    columns = list(zip(*inner.W, strict=True))
    W = tuple(tuple(dot(row, column) for column in columns) for row in outer.W)
    b = tuple(dot(row, inner.b) + number(c) for row, c in zip(outer.W, outer.b, strict=True))
    return Layer(W, b, outer.activation, inner.source)
