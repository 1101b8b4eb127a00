"""ONNX models as Networks: every model loads, what is not modelled is opaque.

The reader is part of what a certificate's reader trusts; it models an operator only in
domain ai.onnx, never a function that borrows its name, and folds constants exactly.

source: what the writer needs again, the model and which of its nodes became which
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lumpver.errors import Malformed
from lumpver.io.onnx.external import inline_external
from lumpver.io.onnx.folding import fold
from lumpver.io.onnx.graph import Walk, open_types, settled, with_length
from lumpver.io.onnx.load import captured_names, label, ordered, parse
from lumpver.io.onnx.operators import model as model_node
from lumpver.io.onnx.opsets import foreign
from lumpver.io.onnx.tensors import FLOATS, Known, known
from lumpver.io.onnx.unpacking import dense
from lumpver.names import Derived
from lumpver.network import (
    Activate,
    Affine,
    Constant,
    Dimension,
    Network,
    Node,
    Opaque,
    Shape,
    Tensor,
)
from lumpver.shapes import moved_axis, rearranged

if TYPE_CHECKING:
    from pathlib import Path

    from onnx import GraphProto, ModelProto, NodeProto

_WITH_OPSETS: Final = 3  # the first IR version that has operator sets
_OVERRIDABLE: Final = 4  # the first in which initializers that are inputs are only defaults
_SPARSE: Final = -1


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """The model a Network was read from, for the writer.

    `origin` gives the index of the NodeProto behind each tensor that a node makes,
    `order` the indices of all NodeProtos in topological order;
    `overridable` are initializers that a caller may replace at run time (IR 4 and later);
    `types` are element types that follow from what tensors meet, not from what makes them;
    `nodes` and `tensors` are the Network's as read, which tell what has changed since.
    """

    model: ModelProto
    origin: dict[str, int]
    order: tuple[int, ...]
    overridable: tuple[str, ...]
    external: dict[str, str]
    opset: int
    types: dict[str, str]
    nodes: tuple[Node, ...]
    tensors: dict[str, Tensor]


def read(data: bytes, *, where: str, folder: Path | None = None) -> Network:
    """The network of an ONNX model; the order of its nodes is restored if need be.

    `folder` is where external data may lie.

    Raises
    ------
    Unreadable
        If the bytes are no ONNX model, or external data is missing or outside `folder`.
    Malformed
        If names clash or are missing, shapes do not fit, or a modelled number is none.
    """
    model = parse(data, where=where)
    external = inline_external(model, folder, where=where)
    graph = model.graph
    stored = _initializers(graph)
    inputs = [value for value in graph.input if value.name not in stored]
    walk = Walk(_opset(model), dict(stored), _inputs(inputs))
    walk.room += len(data) + _beside(external, folder)
    for sparse in graph.sparse_initializer:
        found = dense(walk, sparse, name=sparse.values.name)
        if found is not None:
            walk.constants[found.name] = found
    functions = {(function.domain or "ai.onnx", function.name) for function in model.functions}
    origin: dict[str, int] = {}
    order = ordered(graph, {*walk.tensors, *stored})
    for index in order:
        for node in _read_node(walk, graph.node[index], functions):
            _record(walk, node)
            for name in node.outputs:
                origin[name] = index
    listed = {value.name for value in graph.input} if model.ir_version >= _OVERRIDABLE else set()
    overridable = tuple(name for name in stored if name in listed)
    outputs = tuple(_output(walk, value) for value in graph.output)
    nodes = settled(walk, [value.name for value in graph.output])
    source = Source(
        model,
        origin,
        tuple(order),
        overridable,
        external,
        walk.opset,
        open_types(walk),
        nodes,
        walk.tensors,
    )
    return Network(
        tuple(walk.tensors[value.name] for value in inputs),
        outputs,
        nodes,
        walk.tensors,
        _environment(model),
        source,
    )


def _beside(external: dict[str, str], folder: Path | None) -> int:
    """How many bytes the external files hold."""
    return sum((folder / location).stat().st_size for location in external if folder is not None)


def _inputs(values: list[Any]) -> dict[str, Tensor]:
    found: dict[str, Tensor] = {}
    for value in values:
        if value.name in found or not value.name:
            got = "two" if value.name else "no name"
            raise Malformed(f"input {value.name}", expected="one input", got=got)
        found[value.name] = _named_axes(_tensor(value))
    return found


def _initializers(graph: GraphProto) -> dict[str, Known]:
    found: dict[str, Known] = {}
    for tensor in graph.initializer:
        if tensor.name in found:
            raise Malformed(f"initializer {tensor.name}", expected="one", got="two")
        found[tensor.name] = known(tensor)
    for sparse in graph.sparse_initializer:
        if sparse.values.name in found:
            raise Malformed(f"initializer {sparse.values.name}", expected="one", got="two")
        shape = tuple(int(size) for size in sparse.dims)
        found[sparse.values.name] = Known(sparse.values.name, _SPARSE, shape, sparse)
    if "" in found:
        raise Malformed("initializer", expected="a name", got="none")
    return found


def _opset(model: ModelProto) -> int:
    """The version of the standard operators: 1 where the format is older than versions."""
    versions: dict[str, int] = {}
    for opset in model.opset_import:
        domain, version = opset.domain or "ai.onnx", int(opset.version)
        if versions.setdefault(domain, version) != version:
            got = f"{versions[domain]} and {version}"
            raise Malformed("model", expected=f"one version of operator set {domain}", got=got)
    if "ai.onnx" in versions:
        return versions["ai.onnx"]
    if model.ir_version >= _WITH_OPSETS and not versions:
        raise Malformed("model", expected="operator sets", got="none")
    return 1


def _environment(model: ModelProto) -> bytes:
    """Operator sets and functions, canonically."""
    opsets = sorted({(o.domain or "ai.onnx", int(o.version)) for o in model.opset_import})
    bodies = sorted(function.SerializeToString(deterministic=True) for function in model.functions)
    return repr(opsets).encode() + b"".join(len(b).to_bytes(8, "big") + b for b in bodies)


def _tensor(value: Any) -> Tensor:
    if not value.type.HasField("tensor_type"):
        return Tensor(value.name, f"type {value.type.SerializeToString(True).hex()}", None)
    kind = value.type.tensor_type
    dtype = FLOATS.get(int(kind.elem_type), str(kind.elem_type))
    shape = tuple(_dimension(d) for d in kind.shape.dim) if kind.HasField("shape") else None
    return Tensor(value.name, dtype, shape)


def _named_axes(tensor: Tensor) -> Tensor:
    """An input whose axes of unknown length have names, so that they are known to stay."""
    if tensor.shape is None:
        return tensor
    named = (Derived(f"{tensor.name}[{i}]") if d is None else d for i, d in enumerate(tensor.shape))
    return replace(tensor, shape=tuple(named))


def _dimension(proto: Any) -> Dimension:
    if proto.HasField("dim_value"):
        return int(proto.dim_value) if proto.dim_value > 0 else None
    return str(proto.dim_param) or None


def _output(walk: Walk, value: Any) -> Tensor:
    found = walk.value(value.name)
    if found is None:
        raise Malformed(f"output {value.name}", expected="a tensor", got="none")
    if isinstance(found, Known):
        _record(walk, _opaque_constant(walk.taken(value.name), value.name))
    return _tensor(value)


def _opaque_constant(value: Known, name: str) -> Opaque:
    known = _constant(value)
    if value.is_float and value.element_type != _SPARSE:
        entries = value.array()
        if entries.dtype == object or np.isfinite(entries).all():
            known = replace(known, numbers=entries)
    return Opaque(name, "constant", (known,), (name,))


def _constant(value: Known) -> Constant:
    if value.element_type == _SPARSE:
        return Constant("sparse", value.shape, value.proto.SerializeToString(True))
    return value.as_constant()


def _read_node(walk: Walk, node: NodeProto, functions: set[tuple[str, str]]) -> list[Node]:
    domain = node.domain or "ai.onnx"
    borrowed = (domain, node.op_type) in functions or bool(node.overload)
    standard = domain == "ai.onnx" and not borrowed
    odd = foreign(node, walk.opset) if standard else None
    if odd == "":
        folded = fold(walk, node)
        if folded is not None:
            walk.define(folded)
            return []
        modelled = model_node(walk, node)
        if modelled is not None:
            return modelled
    return [replace(_opaque(walk, node, domain), why=odd or "")]


def _opaque(walk: Walk, node: NodeProto, domain: str) -> Opaque:
    bare = type(node)()
    bare.CopyFrom(node)
    for field in ("name", "doc_string", "input", "output"):
        bare.ClearField(field)
    attributes = sorted(node.attribute, key=lambda attribute: attribute.name)
    del bare.attribute[:]
    bare.attribute.extend(attributes)
    operands = tuple(_operand(walk, name) for name in node.input)
    captured = []
    for name in captured_names(node):
        constant = _operand(walk, name)
        captured.append((name, constant if isinstance(constant, Constant) else None))
    return Opaque(
        label(node),
        f"{domain}:{node.op_type}",
        operands,
        tuple(node.output),
        bare.SerializeToString(deterministic=True),
        tuple(captured),
    )


def _operand(walk: Walk, name: str) -> str | Constant | None:
    if not name:
        return None
    value = walk.constant(name)
    return name if value is None else _constant(value)


def _record(walk: Walk, node: Node) -> None:
    """Make a node's outputs known: type, shape, unit axis, and what they were cast from."""
    if isinstance(node, Opaque):
        for name in node.outputs:
            if name:
                walk.define(Tensor(name, "", None))
    else:
        source = walk.tensors[node.input]
        dtype = _dtype(walk, node, source)
        walk.define(Tensor(node.output, dtype, _shape(node, source.shape)))
        _record_axis(walk, node, source.shape)
    walk.nodes.append(node)


def _record_axis(walk: Walk, node: Node, shape: Shape) -> None:
    if isinstance(node, Opaque):
        return
    if isinstance(node, Affine):
        walk.axes[node.output] = node.axis
        if not node.is_matrix and node.input in walk.last:
            walk.last[node.output] = walk.last[node.input]
    elif node.input in walk.axes:
        axis = walk.axes[node.input]
        moved = axis if isinstance(node, Activate) else moved_axis(node, shape, axis)
        if isinstance(node, Activate) and node.input in walk.last:
            walk.last[node.output] = walk.last[node.input]
        if moved is not None:
            walk.axes[node.output] = moved


def _shape(node: Node, shape: Shape) -> Shape:
    if isinstance(node, Affine) and node.W is not None:
        return with_length(shape, node.axis, int(node.W.shape[0]))
    if isinstance(node, Affine | Activate | Opaque):
        return shape
    return rearranged(node, shape)


def _dtype(walk: Walk, node: Node, source: Tensor) -> str:
    """The output's type; an affine run that was widened stays marked as such."""
    typed = walk.typed.get(node.outputs[0])
    if (typed is None and isinstance(node, Affine) and source.name in walk.wide) or (
        isinstance(node, Affine) and typed == source.dtype and source.name in walk.wide
    ):
        walk.wide[node.output] = walk.wide[source.name]
    return typed or source.dtype
