"""The ReLU units of an ONNX model, counted without lumpver: what each is, what makes it.

unit: an output of a linear operator with constant weights that a ReLU reads, through what keeps
    units apart (element by element, by position, in another shape); a filter is one unit
ReLU: Relu, LeakyRelu, PRelu, Clip, and Max with a constant
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any, Final

import onnx
from onnx import shape_inference

if TYPE_CHECKING:
    from collections.abc import Callable

    from onnx import GraphProto, ModelProto, NodeProto

RELUS: Final = ("Relu", "LeakyRelu", "PRelu", "ThresholdedRelu", "Clip", "Max")
_KEEP: Final = (
    "Identity", "Cast", "Dropout", "Neg", "BatchNormalization", "Scale", "ImageScaler",
    "AveragePool", "MaxPool", "LpPool", "GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool",
    "ReduceMean", "ReduceSum", "ReduceMax", "Flatten", "Reshape", "Squeeze", "Unsqueeze",
    "Transpose", "Slice", "Pad", "Resize", "Upsample", "Expand", "Tile",
    "QuantizeLinear", "DequantizeLinear", *RELUS,
)  # fmt: skip
_MEET: Final = ("Add", "Sub", "Mul", "Div", "Sum", "Mean", "Min", "Max", "Where")
_FACTORS: Final = ("Mul", "Div")


@dataclass(frozen=True, slots=True)
class ReluNode:
    """A ReLU of a model: its name, the tensor that it reads, and how many units that has."""

    node: str
    tensor: str
    units: int


def relu_nodes(model: ModelProto) -> list[ReluNode]:
    """The ReLUs of the main graph that read units, in the order of the file."""
    return _Graph(model).relus()


class _Graph:
    """What the graph tells: producers, shapes, and which tensors are constants."""

    def __init__(self, model: ModelProto) -> None:
        graph = model.graph
        self.nodes = list(graph.node)
        self.producers = {name: node for node in self.nodes for name in node.output if name}
        self.shapes = _shapes(model)
        self.constants = {tensor.name for tensor in graph.initializer}
        self.constants |= {sparse.values.name for sparse in graph.sparse_initializer}
        self.counts: dict[str, int | None] = {}
        while more := {
            name
            for node in self.nodes
            if all(name in self.constants for name in node.input if name)
            and node.op_type not in ("RandomNormal", "RandomUniform")
            for name in node.output
            if name not in self.constants
        }:
            self.constants |= more

    def relus(self) -> list[ReluNode]:
        found = []
        for node in self.nodes:
            tensor = self._operand(node)
            if node.op_type not in RELUS or tensor is None or not node.output[0]:
                continue
            if node.op_type == "Max" and sum(n in self.constants for n in node.input) != 1:
                continue
            units = self.units(tensor)
            if units:
                found.append(ReluNode(node.name or node.output[0], tensor, units))
        return found

    def _operand(self, node: NodeProto) -> str | None:
        """The tensor that a node of one reads."""
        return next((name for name in node.input if name and name not in self.constants), None)

    def units(self, tensor: str) -> int | None:
        """How many units a tensor has, if a linear operator makes it.

        Walks without recursion, since chains are long.
        """
        stack = [tensor]
        while stack:
            name = stack[-1]
            node = self.producers.get(name)
            if name in self.counts or node is None:
                self.counts.setdefault(name, None)
                stack.pop()
                continue
            needed = [source for source in self._above(node) if source not in self.counts]
            if needed:
                stack += needed
                continue
            self.counts[name] = self._made(node)
            stack.pop()
        return self.counts[tensor]

    def _above(self, node: NodeProto) -> list[str]:
        """The tensors whose units are those that the node makes."""
        dynamic = [name for name in node.input if name and name not in self.constants]
        if node.op_type in _FACTORS and len(dynamic) > 1:
            return []
        if node.op_type in _MEET or node.op_type == "Concat":
            return dynamic
        return dynamic[:1] if node.op_type in (*_KEEP, "Split") else []

    def _made(self, node: NodeProto) -> int | None:
        linear = _LINEAR.get(node.op_type)
        if linear is not None:
            return linear(self, node)
        counts = [count for source in self._above(node) if (count := self.counts.get(source))]
        if not counts:
            return None
        if node.op_type == "Concat":
            return sum(counts)
        if node.op_type == "Split":
            return max(1, counts[0] // len(node.output))
        return max(counts)

    def length(self, name: str, axis: int) -> int | None:
        """A length of a tensor, if inference knows it."""
        shape = self.shapes.get(name)
        return shape[axis] if shape and -len(shape) <= axis < len(shape) else None


def _shapes(model: ModelProto) -> dict[str, list[int | None]]:
    try:
        inferred = shape_inference.infer_shapes(model, data_prop=True).graph
    except Exception:  # noqa: BLE001 inference is only a help here
        inferred = model.graph
    found: dict[str, list[int | None]] = {}
    for value in (*_values(inferred), *_values(model.graph)):
        kind = value.type.tensor_type
        if kind.HasField("shape"):
            dims = kind.shape.dim
            found.setdefault(value.name, [d.dim_value if d.dim_value > 0 else None for d in dims])
    found |= {tensor.name: list(tensor.dims) for tensor in model.graph.initializer}
    for node in model.graph.node:
        for attribute in node.attribute if node.op_type == "Constant" else ():
            if attribute.name == "value":
                found[node.output[0]] = list(attribute.t.dims)
    return found


def _values(graph: GraphProto) -> list[Any]:
    return [*graph.value_info, *graph.input, *graph.output]


def _filters(place: int, axis: int) -> Callable[[_Graph, NodeProto], int | None]:
    """How many filters the constant weights at one input are."""

    def made(graph: _Graph, node: NodeProto) -> int | None:
        name = node.input[place] if place < len(node.input) else ""
        if name not in graph.constants:
            return None
        groups = next((a.i for a in node.attribute if a.name == "group"), 1) if axis else 1
        found = graph.length(name, axis)
        return None if found is None else found * groups

    return made


def _product(places: tuple[int, int]) -> Callable[[_Graph, NodeProto], int | None]:
    """How many outputs a product with one constant matrix has."""

    def made(graph: _Graph, node: NodeProto) -> int | None:
        left, right = (node.input[place] for place in places)
        flags = {a.name: a.i for a in node.attribute}
        if right in graph.constants and left not in graph.constants:
            shape = graph.shapes.get(right) or []
            axis = -2 if flags.get("transB") else -1
            return graph.length(right, axis) if len(shape) > 1 else None
        if left in graph.constants and right not in graph.constants:
            shape = graph.shapes.get(left) or []
            axis = -1 if flags.get("transA") else -2
            return graph.length(left, axis) if len(shape) > 1 else None
        return None

    return made


def _einsum(graph: _Graph, node: NodeProto) -> int | None:
    """How many units an Einsum with one constant makes: the lengths that only that has."""
    equation = next((a.s.decode() for a in node.attribute if a.name == "equation"), "")
    terms, _, result = equation.replace(" ", "").partition("->")
    constant = [name in graph.constants for name in node.input]
    if sum(constant) != 1 or not all(constant) ^ (len(constant) > 1):
        return None
    place = constant.index(True)
    term = terms.split(",")[place]
    lengths = graph.shapes.get(node.input[place]) or []
    others = "".join(t for i, t in enumerate(terms.split(",")) if i != place)
    own = [
        n for letter, n in zip(term, lengths, strict=False)
        if n and letter in result and letter not in others
    ]  # fmt: skip
    return prod(own) if own else None


_LINEAR: Final[dict[str, Callable[[_Graph, NodeProto], int | None]]] = {
    "Conv": _filters(1, 0),
    "ConvTranspose": _filters(1, 1),
    "ConvInteger": _filters(1, 0),
    "QLinearConv": _filters(3, 0),
    "FusedConv": _filters(1, 0),
    "Gemm": _product((0, 1)),
    "FusedGemm": _product((0, 1)),
    "MatMul": _product((0, 1)),
    "MatMulInteger": _product((0, 1)),
    "QLinearMatMul": _product((0, 3)),
    "Einsum": _einsum,
}


def parsed(data: bytes) -> ModelProto:
    """The model in the bytes, with no external data loaded."""
    model = onnx.ModelProto()
    model.ParseFromString(data)
    return model
