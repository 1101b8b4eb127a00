"""ONNX models as Networks: every model loads, what is not modelled is opaque.

The reader is part of what a certificate's reader trusts; it models an operator only in
domain ai.onnx, never a function that borrows its name, and folds constants exactly.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lumpver.errors import Malformed
from lumpver.io.onnx.read.constants import SPARSE, as_node, constant
from lumpver.io.onnx.read.declared import OVERRIDABLE, environment, inputs, opset, tensor
from lumpver.io.onnx.read.detached import detach
from lumpver.io.onnx.read.drawing import drawn, drawn_by_functions
from lumpver.io.onnx.read.external import Beside, External, take_external
from lumpver.io.onnx.read.folding import fold
from lumpver.io.onnx.read.lengths import measure
from lumpver.io.onnx.read.load import captured_names, label, names_read, ordered, parse, trimmed
from lumpver.io.onnx.read.operators import model as model_node
from lumpver.io.onnx.read.opsets import floating, foreign
from lumpver.io.onnx.read.recording import record
from lumpver.io.onnx.read.settling import needed, open_types, settled
from lumpver.io.onnx.read.source import Source
from lumpver.io.onnx.read.tensors import Known, known
from lumpver.io.onnx.read.unmodelled import shaped, typed
from lumpver.io.onnx.read.unpacking import dense
from lumpver.io.onnx.read.walk import Walk
from lumpver.io.onnx.read.wire import lifted
from lumpver.model.network import (
    Constant,
    Network,
    Node,
    Opaque,
    Tensor,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from onnx import GraphProto, ModelProto, NodeProto


def read(
    data: bytes, *, where: str, folder: Path | None = None, beside: Beside | None = None
) -> Network:
    """The network of an ONNX model; the order of its nodes is restored if need be.

    `folder` is where external data may lie, or `beside` says more of that.

    Raises
    ------
    Unreadable
        If the bytes are no ONNX model, or external data is missing or outside `folder`.
    Malformed
        If names clash or are missing, shapes do not fit, or a modelled number is none.
    """
    network = _read(data, where=where, beside=beside or Beside(folder))
    _ = network.width  # weights that read one tensor must agree on its units
    return network


def _read(data: bytes, *, where: str, beside: Beside) -> Network:
    model, external, detached = _light(data, beside, where)
    graph = model.graph
    stored = _initializers(graph, detached)
    given = [value for value in graph.input if value.name not in stored]
    walk = Walk(opset(model), dict(stored), inputs(given))
    walk.room += len(data) + external.size
    _unpack(walk, graph)
    functions = drawn_by_functions(model)
    origin: dict[str, int] = {}
    order = ordered(graph, {*walk.tensors, *stored})
    read = names_read(graph)
    for index in order:
        for node in _read_node(walk, graph.node[index], functions, read):
            record(walk, node)
            for name in filter(None, node.outputs):
                origin[name] = index
    listed = {value.name for value in graph.input} if model.ir_version >= OVERRIDABLE else set()
    overridable = tuple(name for name in stored if name in listed)
    measured = {name: made for name, made in walk.constants.items() if made.measured}
    outputs = tuple(_output(walk, value) for value in graph.output)
    ends = [value.name for value in graph.output]
    nodes = needed(walk, settled(walk, ends), ends)
    spare = frozenset(walk.parts.union(walk.lengths)) - {
        name for node in nodes for name in node.outputs
    }
    for name in spare:
        del walk.tensors[name]
    source = Source(
        model,
        {name: index for name, index in origin.items() if name not in spare},
        tuple(order),
        overridable,
        external.digests,
        walk.opset,
        open_types(walk),
        nodes,
        walk.tensors,
        frozenset(walk.resolved),
        measured,
        spare,
        detached,
    )
    return Network(
        tuple(walk.tensors[value.name] for value in given),
        outputs,
        nodes,
        walk.tensors,
        environment(model),
        source,
    )


def _light(
    data: bytes, beside: Beside, where: str
) -> tuple[ModelProto, External, Mapping[str, Any]]:
    """The model, its external data, and the payloads that the model does not hold."""
    light, places = lifted(data)
    model = parse(light, where=where)
    inside = detach(model, data, places)
    external = take_external(model, beside, where=where)
    return model, external, external.detached | inside


def _initializers(graph: GraphProto, detached: Mapping[str, Any]) -> dict[str, Known]:
    found: dict[str, Known] = {}
    for proto in graph.initializer:
        if proto.name in found:
            raise Malformed(f"initializer {proto.name}", expected="one", got="two")
        found[proto.name] = known(proto, raw=detached.get(proto.name))
    for sparse in graph.sparse_initializer:
        if sparse.values.name in found:
            raise Malformed(f"initializer {sparse.values.name}", expected="one", got="two")
        shape = tuple(int(size) for size in sparse.dims)
        found[sparse.values.name] = Known(sparse.values.name, SPARSE, shape, sparse)
    if "" in found:
        raise Malformed("initializer", expected="a name", got="none")
    return found


def _output(walk: Walk, value: Any) -> Tensor:
    found = walk.value(value.name)
    if found is None:
        raise Malformed(f"output {value.name}", expected="a tensor", got="none")
    if isinstance(found, Known):
        record(walk, as_node(walk.taken(value.name), value.name))
    return tensor(value)


def _unpack(walk: Walk, graph: GraphProto) -> None:
    """Make sparse initializers dense where there is room."""
    for sparse in graph.sparse_initializer:
        found = dense(walk, sparse, name=sparse.values.name)
        if found is not None:
            walk.constants[found.name] = found


def _read_node(
    walk: Walk,
    whole: NodeProto,
    functions: Mapping[tuple[str, str], str],
    read: Collection[str],
) -> list[Node]:
    node = trimmed(whole, read)
    domain = node.domain or "ai.onnx"
    borrowed = (domain, node.op_type) in functions or bool(node.overload)
    standard = domain == "ai.onnx" and not borrowed
    odd = foreign(node, walk.opset) if standard else None
    if odd == "":
        folded = fold(walk, node) or measure(walk, node)
        if isinstance(folded, Known):
            walk.define(replace(folded, measured=folded.measured or _measured(walk, node)))
            return []
        if folded is not None:
            walk.lengths[node.output[0]] = folded
        modelled = model_node(walk, node)
        if modelled is not None:
            walk.floating |= _floats_on(walk, modelled)
            return modelled
    draws = drawn(whole, functions)
    why = odd or walk.unfit.get(next(iter(whole.output), ""), "")
    kept = replace(_opaque(walk, whole, domain), why=why, draws=draws)
    for name in whole.output:
        walk.typed.pop(name, None)
    if not standard or odd:
        return [kept]
    walk.floating |= floating(whole, walk.opset, walk.is_float)
    walk.typed |= typed(walk, whole)
    return [replace(kept, shaped=shaped(whole, walk.opset))]


def _measured(walk: Walk, node: NodeProto) -> bool:
    """Whether a constant operand follows from the shape of a tensor."""
    return any(found is not None and found.measured for found in map(walk.constant, node.input))


def _opaque(walk: Walk, node: NodeProto, domain: str) -> Opaque:
    bare = type(node)()
    bare.CopyFrom(node)
    for label_ in ("name", "doc_string", "input", "output"):
        bare.ClearField(label_)
    attributes = sorted(node.attribute, key=lambda attribute: attribute.name)
    del bare.attribute[:]
    bare.attribute.extend(attributes)
    operands = tuple(_operand(walk, name) for name in node.input)
    captured = []
    for name in captured_names(node):
        read = _operand(walk, name)
        captured.append((name, read if isinstance(read, Constant) else None))
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
    return name if value is None else constant(value)


def _floats_on(walk: Walk, nodes: Sequence[Node]) -> set[str]:
    """What the nodes that stand for one of the file's make, where they read floats."""
    if not any(walk.is_float(name) for node in nodes for name in node.inputs):
        return set()
    return {name for node in nodes for name in node.outputs}
