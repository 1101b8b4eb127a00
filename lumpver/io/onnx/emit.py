"""Affine nodes as ONNX nodes: the operators they came from, with other numbers.

Numbers are stored in the tensor's own type where it holds every one of them, else in
float64 between two Casts; nothing is ever rounded.

layout: how an operator stores its matrix and on which side of the tensor it stands
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from lumpver.errors import Unrepresentable
from lumpver.exact.array import Exact, as_float64, is_float
from lumpver.exact.floats import representable

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto

    from lumpver.network import Affine

_TYPES = {"float32": 1, "float16": 10, "float64": 11, "bfloat16": 16}


@dataclass(slots=True)
class Emitted:
    """Nodes and initializers made so far, and the names that are taken."""

    taken: set[str]
    nodes: list[NodeProto] = field(default_factory=list)
    initializers: list[TensorProto] = field(default_factory=list)

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

        name = self.name(f"{output}/{operator}")
        self.nodes.append(helper.make_node(operator, inputs, [output], name, **attributes))

    def constant(self, wish: str, numbers: Exact, dtype: str) -> str:
        """Append an initializer holding `numbers`; its name."""
        name = self.name(wish)
        self.initializers.append(tensor(name, numbers, dtype))
        return name


def tensor(name: str, numbers: Exact, dtype: str) -> TensorProto:
    """The numbers as a TensorProto with raw data.

    Raises
    ------
    Unrepresentable
        If the type does not hold one of them.
    """
    from onnx import TensorProto  # noqa: PLC0415 heavy

    if not fits(numbers, dtype):
        raise Unrepresentable(f"tensor {name}", expected=f"{dtype} numbers", got="others")
    proto = TensorProto(name=name, data_type=_TYPES[dtype], dims=numbers.shape)
    if dtype == "bfloat16":
        bits = np.ascontiguousarray(numbers, dtype="<f4").view("<u4") >> 16
        proto.raw_data = bits.astype("<u2").tobytes()
    else:
        code = {"float16": "<f2", "float32": "<f4", "float64": "<f8"}[dtype]
        proto.raw_data = np.ascontiguousarray(numbers, dtype=code).tobytes()
    return proto


def fits(numbers: Exact | None, dtype: str) -> bool:
    """Whether a type holds every one of the numbers."""
    if numbers is None:
        return True
    if not is_float(numbers):
        return False
    stored = {"float16": 2, "float32": 4, "float64": 8}.get(dtype, 0)
    if numbers.dtype.itemsize == stored:
        return True
    return bool(representable(as_float64(numbers), dtype).all())


def emit(
    out: Emitted, node: Affine, proto: NodeProto | None, *, dtype: str, wishes: Wishes
) -> None:
    """Append what computes `node`, in the manner of the NodeProto it came from."""
    operator = "" if proto is None else proto.op_type
    if operator == "Gemm" and proto is not None and node.is_matrix:
        _gemm(out, node, proto, dtype, wishes)
    elif node.is_matrix and node.W is not None:
        _matmul(out, node, proto, dtype, wishes)
    elif node.W is not None:
        _diagonal(out, node, dtype, wishes)
    elif node.b is not None:
        _plus(out, node.input, node, operator, dtype, wishes)
    else:
        out.node("Identity", [node.input], node.output)


@dataclass(frozen=True, slots=True)
class Wishes:
    """The names that the new weights and bias should have if they are free."""

    weights: str
    bias: str


def _gemm(out: Emitted, node: Affine, proto: NodeProto, dtype: str, wishes: Wishes) -> None:
    from lumpver.io.onnx.graph import attributes  # noqa: PLC0415 heavy

    values = attributes(proto)
    flags = {name: 1 for name in ("transA", "transB") if values.get(name)}
    if "broadcast" in values:
        flags["broadcast"] = values["broadcast"]
    W, b = node.W, node.b
    if W is None:
        return
    left = node.axis == -1
    stored_by_row = bool(flags.get("transB")) if left else not flags.get("transA")
    weights = out.constant(wishes.weights, W if stored_by_row else W.T, dtype)
    # the original operand keeps its place; a transposed one is read untransposed
    x = node.input if not flags.get("transA" if left else "transB") else _untransposed(proto, left)
    inputs = [x, weights] if left else [weights, x]
    if b is not None:
        inputs.append(out.constant(wishes.bias, b if left else b[:, None], dtype))
    out.node("Gemm", inputs, node.output, **flags)


def _untransposed(proto: NodeProto, left: bool) -> str:  # noqa: FBT001 a side, not a switch
    return str(proto.input[0 if left else 1])


def _matmul(
    out: Emitted, node: Affine, proto: NodeProto | None, dtype: str, wishes: Wishes
) -> None:
    W = node.W
    if W is None:
        return
    total = node.output if node.b is None else out.name(f"{node.output}/product")
    before = node.axis == -2 or (
        proto is not None and proto.op_type == "MatMul" and node.input == proto.input[1]
    )
    weights = out.constant(wishes.weights, W if before else W.T, dtype)
    out.node("MatMul", [weights, node.input] if before else [node.input, weights], total)
    if node.b is not None:
        _plus(out, total, node, "Add", dtype, wishes)


def _plus(out: Emitted, x: str, node: Affine, operator: str, dtype: str, wishes: Wishes) -> None:
    b = node.b
    if b is None:
        return
    shape = (b.size,) + (1,) * (-node.axis - 1)
    numbers = (-b if operator == "Sub" else b).reshape(shape)
    bias = out.constant(wishes.bias, numbers, dtype)
    out.node("Sub" if operator == "Sub" else "Add", [x, bias], node.output)


def _diagonal(out: Emitted, node: Affine, dtype: str, wishes: Wishes) -> None:
    W = node.W
    if W is None:
        return
    shape = (W.size,) + (1,) * (-node.axis - 1)
    if node.b is not None and bool((W == -1).all()):
        bias = out.constant(wishes.bias, node.b.reshape(shape), dtype)
        out.node("Sub", [bias, node.input], node.output)
        return
    total = node.output if node.b is None else out.name(f"{node.output}/product")
    weights = out.constant(wishes.weights, W.reshape(shape), dtype)
    out.node("Mul", [node.input, weights], total)
    _plus(out, total, node, "Add", dtype, wishes)


def cast(out: Emitted, source: str, target: str, dtype: str) -> None:
    """Append a Cast."""
    out.node("Cast", [source], target, to=_TYPES[dtype])
