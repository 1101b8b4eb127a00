"""Nodes and initializers of a model in the making, and the names that are taken."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lumpver.errors import Unrepresentable
from lumpver.io.onnx.read.tensors import CODES, INT64
from lumpver.io.onnx.read.walk import SPREADS
from lumpver.io.pieces import Piece
from lumpver.io.storage import fits

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto, TensorProto

    from lumpver.exact.array import Exact

_TYPES: Final = {**CODES, "int64": INT64}
_BYTES: Final = {
    "bfloat16": "<u2", "float16": "<f2", "float32": "<f4", "float64": "<f8", "int64": "<i8",
}  # fmt: skip


@dataclass(slots=True)
class Emitted:
    """Nodes and initializers made so far, and the names that are taken.

    `heirs` tells of new initializers whose place they take; nodes get names where `named`;
    `measured` are constants that were computed, stored if they are read.
    """

    taken: set[str]
    opset: int
    named: bool = True
    heirs: dict[str, str] = field(default_factory=dict)
    nodes: list[NodeProto] = field(default_factory=list)
    initializers: list[Initializer] = field(default_factory=list)
    measured: list[TensorProto] = field(default_factory=list)

    def name(self, wish: str) -> str:
        """A name that nothing has yet, `wish` if possible."""
        found, count = wish, 1
        while found in self.taken:
            count += 1
            found = f"{wish}.{count}"
        self.taken.add(found)
        return found

    def node(self, operator: str, inputs: list[str], output: str, **attributes: Any) -> None:
        """Append a node."""
        from onnx import helper  # noqa: PLC0415 heavy

        name = self.name(f"{output}/{operator}") if self.named else None
        self.nodes.append(helper.make_node(operator, inputs, [output], name, **attributes))

    def spread(self, operator: str, inputs: list[str], output: str) -> None:
        """Append a node whose constant operand is repeated along other axes."""
        extra = {"broadcast": 1} if self.opset < SPREADS else {}
        self.node(operator, inputs, output, **extra)

    def constant(self, wish: str, numbers: Exact, dtype: str, *, instead: str = "") -> str:
        """Append an initializer holding `numbers`, `instead` of another; its name.

        Raises
        ------
        Unrepresentable
            If the type does not hold one of them.
        """
        name = self.name(wish)
        if instead:
            self.heirs[name] = instead
        if not fits(numbers, dtype):
            raise Unrepresentable(f"tensor {name}", expected=f"{dtype} numbers", got="others")
        self.initializers.append(Initializer(name, numbers, dtype))
        return name

    def weights(self, wishes: Wishes, numbers: Exact, dtype: str) -> str:
        """Append the weights of a node; their name."""
        return self.constant(wishes.weights, numbers, dtype, instead=wishes.old_weights)

    def bias(self, wishes: Wishes, numbers: Exact, dtype: str) -> str:
        """Append the bias of a node; its name."""
        return self.constant(wishes.bias, numbers, dtype, instead=wishes.old_bias)


@dataclass(slots=True)
class Initializer:
    """A tensor to store: its bytes are made when they are written."""

    name: str
    numbers: Exact
    dtype: str

    def put_into(self, graph: GraphProto) -> Piece:
        """Add it to the graph's initializers, without its payload, which is handed out."""
        proto = graph.initializer.add()
        proto.name, proto.data_type = self.name, _TYPES[self.dtype]
        proto.dims.extend(self.numbers.shape)
        return Piece(self.numbers.size * np.dtype(_BYTES[self.dtype]).itemsize, self._payload)

    def _payload(self) -> memoryview:
        stored = self.numbers
        if self.dtype == "bfloat16":  # the leading bits
            stored = np.ascontiguousarray(stored, dtype="<f4").view("<u4") >> 16
        made = np.ascontiguousarray(stored, dtype=_BYTES[self.dtype])
        return made.reshape(-1).view(np.uint8).data


@dataclass(frozen=True, slots=True)
class Wishes:
    """The names that the new weights and bias should have if they are free.

    Better still are the names of the initializers that they replace, if nobody else reads them.
    """

    weights: str
    bias: str
    old_weights: str = ""
    old_bias: str = ""


def cast(out: Emitted, source: str, target: str, dtype: str) -> None:
    """Append a Cast."""
    out.node("Cast", [source], target, to=_TYPES[dtype])
