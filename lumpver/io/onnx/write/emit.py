"""Linear nodes as ONNX nodes: the operators they came from, with other numbers.

Numbers are stored in the tensor's own type where it holds every one of them, else in
float64 between two Casts; nothing is ever rounded.

layout: how an operator stores its matrix and on which side of the tensor it stands
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lumpver.errors import Unrepresentable
from lumpver.exact.array import Exact, nonzero
from lumpver.io.onnx.read.walk import SPREADS
from lumpver.io.pieces import Piece
from lumpver.model.storage import divisors, fits

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto, TensorProto

    from lumpver.model.network import Linear

_TYPES: Final = {"float32": 1, "int64": 7, "float16": 10, "float64": 11, "bfloat16": 16}
_CODES: Final = {
    "bfloat16": "<u2", "float16": "<f2", "float32": "<f4", "float64": "<f8", "int64": "<i8",
}  # fmt: skip
_GEMM: Final = 2  # the axes that it knows
_LEFT: Final = -2  # the axis along which a MatMul's first operand multiplies
_LONE: Final = 11  # the first opset in which a Gemm needs no bias


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
        return Piece(self.numbers.size * np.dtype(_CODES[self.dtype]).itemsize, self._payload)

    def _payload(self) -> memoryview:
        stored = self.numbers
        if self.dtype == "bfloat16":  # the leading bits
            stored = np.ascontiguousarray(stored, dtype="<f4").view("<u4") >> 16
        made = np.ascontiguousarray(stored, dtype=_CODES[self.dtype])
        return made.reshape(-1).view(np.uint8).data


def emit(
    out: Emitted,
    node: Linear,
    proto: NodeProto | None,
    *,
    dtype: str,
    wishes: Wishes,
    turned: bool = False,
    rank: int | None = None,
) -> None:
    """Append what computes `node`, in the manner of the NodeProto it came from.

    Where `turned`, a Gemm has to transpose what it reads. A product of a tensor of `rank` 2
    that is shifted is a Gemm, too.

    Raises
    ------
    Unrepresentable
        If a number is not of that type, or no operator multiplies along the node's axis.
    """
    operator = "" if proto is None else proto.op_type
    if node.is_matrix and node.axis < _LEFT:
        where = f"node {node.name}"
        raise Unrepresentable(where, expected="a matrix along one of the last two axes", got="none")
    if operator == "Gemm" and proto is not None and node.is_matrix:
        _gemm(out, node, _flags(proto, node, turned=turned), dtype, wishes)
    elif rank == _GEMM and node.is_matrix and _shifts(node) and _by_gemm(out, node, dtype):
        _gemm(out, node, {}, dtype, wishes)
    elif node.is_matrix and node.W is not None:
        _matmul(out, node, proto, dtype, wishes)
    elif node.W is not None:
        _diagonal(out, node, dtype, wishes)
    elif node.b is not None:
        _plus(out, node.input, node, operator, dtype, wishes)
    else:
        out.node("Identity", [node.input], node.output)
    if proto is not None and node.name == proto.name:
        out.nodes[-1].name = proto.name


@dataclass(frozen=True, slots=True)
class Wishes:
    """The names that the new weights and bias should have if they are free.

    Better still are the names of the initializers that they replace, if nobody else reads them.
    """

    weights: str
    bias: str
    old_weights: str = ""
    old_bias: str = ""


def _flags(proto: NodeProto, node: Linear, *, turned: bool) -> dict[str, int]:
    """A Gemm's attributes: the weights are stored as they were, the tensor read as is said."""
    flags = {a.name: 1 for a in proto.attribute if a.name.startswith("trans") and a.i}
    flags.pop("transA" if node.axis == -1 else "transB", None)
    if turned:
        flags["transA" if node.axis == -1 else "transB"] = 1
    return flags | {a.name: a.i for a in proto.attribute if a.name == "broadcast"}


def _gemm(out: Emitted, node: Linear, flags: dict[str, int], dtype: str, wishes: Wishes) -> None:
    W, b = node.W, node.b
    if W is None:
        return
    left = node.axis == -1
    stored_by_row = "transB" in flags if left else "transA" not in flags
    weights = _weights(out, wishes, W if stored_by_row else W.T, dtype)
    inputs = [node.input, weights] if left else [weights, node.input]
    if b is not None and (out.opset < _LONE or bool(nonzero(b).any())):
        inputs.append(_bias(out, wishes, b if left else b[:, None], dtype))
    out.node("Gemm", inputs, node.output, **flags)


def _shifts(node: Linear) -> bool:
    return node.b is not None and bool(nonzero(node.b).any())


def _by_gemm(out: Emitted, node: Linear, dtype: str) -> bool:
    """Whether every runtime has a Gemm for it that spreads its bias unasked."""
    return node.axis == -1 and out.opset >= SPREADS and dtype in ("float32", "float64")


def _matmul(
    out: Emitted, node: Linear, proto: NodeProto | None, dtype: str, wishes: Wishes
) -> None:
    W = node.W
    if W is None:
        return
    shifts = _shifts(node)
    total = out.name(f"{node.output}/product") if shifts else node.output
    before = node.axis == -2 or (
        proto is not None and proto.op_type == "MatMul" and node.input == proto.input[1]
    )
    weights = _weights(out, wishes, W if before else W.T, dtype)
    out.node("MatMul", [weights, node.input] if before else [node.input, weights], total)
    if shifts:
        _plus(out, total, node, "Add", dtype, wishes)


def _plus(out: Emitted, x: str, node: Linear, operator: str, dtype: str, wishes: Wishes) -> None:
    b = node.b
    if b is None:
        return
    shape = (b.size,) + (1,) * (-node.axis - 1)
    numbers = (-b if operator == "Sub" else b).reshape(shape)
    bias = _bias(out, wishes, numbers, dtype)
    out.spread("Sub" if operator == "Sub" else "Add", [x, bias], node.output)


def _diagonal(out: Emitted, node: Linear, dtype: str, wishes: Wishes) -> None:
    W = node.W
    if W is None:
        return
    shape = (W.size,) + (1,) * (-node.axis - 1)
    if node.b is not None and bool((W == -1).all()):
        bias = _bias(out, wishes, node.b.reshape(shape), dtype)
        out.spread("Sub", [bias, node.input], node.output)
        return
    total = node.output if node.b is None else out.name(f"{node.output}/product")
    below = divisors(W)
    weights = _weights(out, wishes, (W if below is None else below).reshape(shape), dtype)
    out.spread("Mul" if below is None else "Div", [node.input, weights], total)
    _plus(out, total, node, "Add", dtype, wishes)


def _weights(out: Emitted, wishes: Wishes, numbers: Exact, dtype: str) -> str:
    return out.constant(wishes.weights, numbers, dtype, instead=wishes.old_weights)


def _bias(out: Emitted, wishes: Wishes, numbers: Exact, dtype: str) -> str:
    return out.constant(wishes.bias, numbers, dtype, instead=wishes.old_bias)


def cast(out: Emitted, source: str, target: str, dtype: str) -> None:
    """Append a Cast."""
    out.node("Cast", [source], target, to=_TYPES[dtype])
