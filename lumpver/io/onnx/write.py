"""Reduced networks as ONNX models: what changed is written anew, the rest is kept.

Nodes that did not change are copied, their tensors byte for byte; names of inputs and
outputs, batch axes, opsets, metadata and opaque nodes stay.

run: consecutive nodes of a segment written in float64 because their own type is too small
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lumpver.errors import Unreadable
from lumpver.io.onnx.emit import Emitted, Wishes, cast, emit, fits
from lumpver.io.onnx.load import captured_names
from lumpver.network import Affine, Network, Node, Rearrange

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto

    from lumpver.io.onnx.read import Source


def write(reduced: Network, original: Network) -> bytes:
    """The ONNX model of `reduced`, made from the model that `original` was read from.

    Raises
    ------
    Unrepresentable
        If a number of a changed node is no float64.
    Unreadable
        If the model is too large for one file.
    """
    source: Source = original.source
    unchanged = {id(node) for node in original.nodes}
    if all(id(node) in unchanged for node in reduced.nodes) and len(reduced.nodes) == len(
        original.nodes
    ):
        return _serialized(source.model)
    out = Emitted(_all_names(source.model))
    _nodes(out, reduced, original, unchanged)
    model = _frame(source.model)
    kept = _constants(source.model, reduced, out)
    model.graph.node.extend(kept)
    _initializers(model, source.model, out)
    _inputs_and_types(model, source.model, reduced, original)
    return _serialized(model)


def _serialized(model: ModelProto) -> bytes:
    try:
        return bytes(model.SerializeToString())
    except Exception as error:
        raise Unreadable(
            "model", expected="at most 2 GiB in one file", got=str(error)[:60]
        ) from error


def _all_names(model: ModelProto) -> set[str]:
    graph = model.graph
    names = {value.name for value in (*graph.input, *graph.output, *graph.value_info)}
    names |= {tensor.name for tensor in graph.initializer}
    names |= {node.name for node in graph.node}
    for node in graph.node:
        names |= {*node.input, *node.output, *captured_names(node)}
    return names


def _nodes(out: Emitted, reduced: Network, original: Network, unchanged: set[int]) -> None:
    """Append the nodes of the reduced graph, in the original's order."""
    source: Source = original.source
    made: dict[int, list[Node]] = {}
    for node in reduced.nodes:
        index = source.origin.get(node.outputs[0] or next(filter(None, node.outputs)))
        if index is not None:
            made.setdefault(index, []).append(node)
    before: dict[int, int] = {}
    for index in (source.origin[name] for n in original.nodes for name in n.outputs[:1] if name):
        before[index] = before.get(index, 0) + 1
    runs = _widened_runs(reduced, unchanged)
    for index in source.order:
        proto = source.model.graph.node[index]
        nodes = made.get(index, [])
        whole = len(nodes) == before.get(index, 0) and all(id(n) in unchanged for n in nodes)
        if whole and not any(n.outputs[0] in runs for n in nodes):
            out.nodes.append(proto)
            continue
        for node in nodes:
            _one(out, node, proto, reduced, runs)


def _one(
    out: Emitted, node: Node, proto: NodeProto, reduced: Network, runs: dict[str, tuple[bool, bool]]
) -> None:
    """Append one changed node."""
    if isinstance(node, Rearrange):
        if node.output in proto.output:
            _reshape(out, node, proto)
        return
    if not isinstance(node, Affine):
        out.nodes.append(proto)
        return
    dtype = reduced.tensors[node.input].dtype or reduced.tensors[node.output].dtype
    wishes = Wishes(f"{node.output}/weights", f"{node.output}/bias")
    if node.output not in runs:
        emit(out, node, proto, dtype=dtype, wishes=wishes)
        return
    first, last = runs[node.output]
    target = node.output if not last else out.name(f"{node.output}/float64")
    inside = replace(node, output=target)
    if first:
        inside = replace(inside, input=out.name(f"{node.input}/float64"))
        cast(out, node.input, inside.input, "float64")
        if proto.op_type == "Gemm":
            proto = _plain_gemm(proto)
    emit(out, inside, proto, dtype="float64", wishes=wishes)
    if last:
        cast(out, target, node.output, dtype)


def _plain_gemm(proto: NodeProto) -> Any:
    """A Gemm is written as one only where its operand is read as it is."""
    flags = {a.name: a.i for a in proto.attribute}
    if not flags.get("transA"):
        return proto
    from onnx import NodeProto  # noqa: PLC0415 heavy

    return NodeProto(op_type="MatMul", input=["", ""], output=proto.output)


def _widened_runs(reduced: Network, unchanged: set[int]) -> dict[str, tuple[bool, bool]]:
    """For each affine output to be written in float64: is it first, is it last of its run."""
    runs: dict[str, tuple[bool, bool]] = {}
    for segment in reduced.segments:
        tight = [
            i
            for i, node in enumerate(segment.nodes)
            if id(node) not in unchanged
            and not all(fits(part, reduced.tensors[node.output].dtype) for part in (node.W, node.b))
        ]
        if not tight:
            continue
        for i in range(tight[0], tight[-1] + 1):
            runs[segment.nodes[i].output] = (i == tight[0], i == tight[-1])
    return runs


def _reshape(out: Emitted, node: Rearrange, proto: NodeProto) -> None:
    """A Reshape with another number of units in its target."""
    import numpy as np  # noqa: PLC0415 needed nowhere else
    from onnx import numpy_helper  # noqa: PLC0415 heavy

    changed = type(proto)()
    changed.CopyFrom(proto)
    target = np.array(node.parameters, dtype=np.int64)
    if len(proto.input) > 1:
        name = out.name(f"{node.output}/shape")
        out.initializers.append(numpy_helper.from_array(target, name))
        changed.input[1] = name
    else:
        for attribute in changed.attribute:
            if attribute.name == "shape":
                attribute.ints[:] = target.tolist()
    out.nodes.append(changed)


def _frame(model: ModelProto) -> ModelProto:
    """Everything of a model but its nodes, initializers, inputs and value types."""
    from onnx import ModelProto  # noqa: PLC0415 heavy

    frame = ModelProto()
    for descriptor, value in model.ListFields():
        if descriptor.name == "graph":
            continue
        _copy_field(frame, descriptor.name, value)
    skipped = {"node", "initializer", "input", "value_info"}
    for descriptor, value in model.graph.ListFields():
        if descriptor.name not in skipped:
            _copy_field(frame.graph, descriptor.name, value)
    return frame


def _copy_field(target: Any, name: str, value: Any) -> None:
    if hasattr(value, "add") or hasattr(value, "extend"):
        getattr(target, name).extend(value)
    elif hasattr(value, "CopyFrom"):
        getattr(target, name).CopyFrom(value)
    else:
        setattr(target, name, value)


def _constants(model: ModelProto, reduced: Network, out: Emitted) -> list[Any]:
    """The nodes in order, without constant nodes that only changed nodes used."""
    produced = {name for node in reduced.nodes for name in node.outputs}
    outputs = {value.name for value in model.graph.output}
    read_before = _read(model.graph.node) | outputs
    nodes = out.nodes
    while True:
        used = _read(nodes) | outputs
        kept = [
            node
            for node in nodes
            if any(name in used or name in produced or name not in read_before
                   for name in node.output)
        ]  # fmt: skip
        if len(kept) == len(nodes):
            return kept
        nodes = kept


def _read(nodes: Any) -> set[str]:
    found: set[str] = set()
    for node in nodes:
        found.update(node.input)
        found.update(captured_names(node))
    return found


def _initializers(model: ModelProto, before: ModelProto, out: Emitted) -> None:
    """Keep the initializers that are read, or were not read before either; add the new."""
    outputs = {value.name for value in before.graph.output}
    used = _read(model.graph.node) | outputs
    read_before = _read(before.graph.node) | outputs
    for tensor in before.graph.initializer:
        if tensor.name in used or tensor.name not in read_before:
            model.graph.initializer.append(tensor)
    model.graph.initializer.extend(out.initializers)


def _inputs_and_types(
    model: ModelProto, before: ModelProto, reduced: Network, original: Network
) -> None:
    from onnx import helper  # noqa: PLC0415 heavy

    stored = {tensor.name for tensor in model.graph.initializer}
    stored |= {sparse.values.name for sparse in model.graph.sparse_initializer}
    true_inputs = {tensor.name for tensor in original.inputs}
    model.graph.input.extend(
        value for value in before.graph.input if value.name in true_inputs | stored
    )
    if before.ir_version < 4:
        listed = {value.name for value in model.graph.input}
        model.graph.input.extend(
            helper.make_tensor_value_info(tensor.name, tensor.data_type, list(tensor.dims))
            for tensor in model.graph.initializer
            if tensor.name not in listed
        )
    model.graph.value_info.extend(
        value
        for value in before.graph.value_info
        if value.name not in original.tensors
        or reduced.tensors.get(value.name) == original.tensors[value.name]
    )
