"""Reduced networks as ONNX models: what changed is written anew, the rest is kept.

Nodes that did not change are copied, their tensors byte for byte; names of inputs and
outputs, batch axes, opsets, metadata and opaque nodes stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, assert_never

from lumpver.io.naming import rename
from lumpver.io.onnx.read.declared import OVERRIDABLE
from lumpver.io.onnx.read.load import captured_names, subgraphs_of
from lumpver.io.onnx.read.wire import head
from lumpver.io.onnx.write.body import body
from lumpver.io.onnx.write.emitted import Emitted
from lumpver.io.onnx.write.encoding import Encoded, viewed
from lumpver.model.linear import mixes
from lumpver.model.network import (
    Join,
    Linear,
    Opaque,
    Pick,
    Pointwise,
    Pool,
    Rearrange,
    is_unchanged,
)

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto

    from lumpver.io.naming import Name
    from lumpver.io.onnx.read.source import Source
    from lumpver.model.network import Network


def write(reduced: Network, original: Network, name: Name | None = None) -> bytes:
    """The ONNX model of `reduced`, made from the model that `original` was read from.

    It has this `name`; of what it was made from it keeps what names it for some inputs only.

    Raises
    ------
    Unrepresentable
        If a number of a changed node is no float64.
    Unreadable
        If the model is too large for one file.
    """
    return encoded(reduced, original, name).as_one().joined()


def encoded(reduced: Network, original: Network, name: Name | None = None) -> Encoded:
    """The same, to be written in pieces.

    Raises
    ------
    Unrepresentable
        As for `write`.
    """
    source: Source = original.source
    if is_unchanged(reduced, original):
        named = enumerate(tensor.name for tensor in source.model.graph.initializer)
        detached = source.detached
        payloads = {i: viewed(detached[n]) for i, n in named if n in detached}
        return Encoded(_named(source.model, name), payloads)
    out = Emitted(_all_names(source.model.graph), source.opset, named=False)
    retyped = body(reduced, original, out)
    made = Encoded(_frame(source.model))
    rename(made.model, name)
    kept = _constants(source.model, reduced, out)
    reused = _inherited(kept, source.model, out)
    made.model.graph.node.extend(kept)
    _initializers(made, source, out)
    _inputs(made.model, source.model, original, reused)
    _value_info(made.model, source.model, reduced, original, retyped | reused)
    return made


def _named(model: ModelProto, name: Name | None) -> ModelProto:
    """The model; with that name, if there is one."""
    if name is None:
        return model
    copy = type(model)()
    copy.CopyFrom(model)
    rename(copy, name)
    return copy


def _all_names(graph: GraphProto) -> set[str]:
    """Every name in a graph and the graphs inside, which must not have one name twice."""
    names = {value.name for value in (*graph.input, *graph.output, *graph.value_info)}
    names |= {tensor.name for tensor in graph.initializer}
    names |= {sparse.values.name for sparse in graph.sparse_initializer}
    names |= {node.name for node in graph.node}
    for node in graph.node:
        names |= {*node.input, *node.output}
        for attribute in node.attribute:
            for inside in subgraphs_of(attribute):
                names |= _all_names(inside)
    return names


def _frame(model: ModelProto) -> ModelProto:
    """Everything of a model but its nodes, initializers, inputs and value types."""
    from onnx import ModelProto  # noqa: PLC0415 heavy

    frame = ModelProto()
    for descriptor, value in model.ListFields():
        if descriptor.name == "graph":
            continue
        _copy_field(frame, descriptor, value)
    skipped = {"node", "initializer", "sparse_initializer", "input", "value_info"}
    for descriptor, value in model.graph.ListFields():
        if descriptor.name not in skipped:
            _copy_field(frame.graph, descriptor, value)
    return frame


def _copy_field(target: Any, descriptor: Any, value: Any) -> None:
    name = descriptor.name
    if hasattr(value, "add") or hasattr(value, "extend"):
        getattr(target, name).extend(value)
    elif hasattr(value, "CopyFrom"):
        getattr(target, name).CopyFrom(value)
    elif isinstance(value, bytes):  # a text that is not UTF-8, which only bytes can set
        target.MergeFromString(head(descriptor.number, len(value)) + value)
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


def _inherited(nodes: list[NodeProto], before: ModelProto, out: Emitted) -> set[str]:
    """Give new initializers the names of those that they replace, where these go; which names."""
    graph = before.graph
    free = {tensor.name for tensor in graph.initializer} - _read(nodes)
    free -= {value.name for value in graph.output}
    free -= {annotation.tensor_name for annotation in graph.quantization_annotation}
    if before.ir_version >= OVERRIDABLE:
        free -= {value.name for value in graph.input}
    names: dict[str, str] = {}
    for new, old in out.heirs.items():
        if old in free:
            free.remove(old)
            names[new] = old
    for tensor in out.initializers:
        tensor.name = names.get(tensor.name, tensor.name)
    for node in nodes if names else ():
        if not names.keys().isdisjoint(node.input):
            node.input[:] = [names.get(name, name) for name in node.input]
    return set(names.values())


def _initializers(made: Encoded, source: Source, out: Emitted) -> None:
    """Keep the initializers that are read, or were not read before either; add the new."""
    before, model = source.model, made.model
    outputs = {value.name for value in before.graph.output}
    used = _read(model.graph.node) | outputs
    read_before = _read(before.graph.node) | outputs
    replaced = {tensor.name for tensor in out.initializers}
    for tensor in before.graph.initializer:
        if tensor.name not in replaced and (tensor.name in used or tensor.name not in read_before):
            model.graph.initializer.append(tensor)
            if tensor.name in source.detached:
                made.put(viewed(source.detached[tensor.name]))
    for sparse in before.graph.sparse_initializer:
        if sparse.values.name in used or sparse.values.name not in read_before:
            model.graph.sparse_initializer.append(sparse)
    for new in out.initializers:
        made.add(new)
    model.graph.initializer.extend(tensor for tensor in out.measured if tensor.name in used)


def _inputs(model: ModelProto, before: ModelProto, original: Network, reused: set[str]) -> None:
    from onnx import helper  # noqa: PLC0415 heavy

    stored = {tensor.name for tensor in model.graph.initializer} - reused
    stored |= {sparse.values.name for sparse in model.graph.sparse_initializer}
    true_inputs = {tensor.name for tensor in original.inputs}
    model.graph.input.extend(
        value for value in before.graph.input if value.name in true_inputs | stored
    )
    if before.ir_version < OVERRIDABLE:
        listed = {value.name for value in model.graph.input}
        model.graph.input.extend(
            helper.make_tensor_value_info(tensor.name, tensor.data_type, list(tensor.dims))
            for tensor in model.graph.initializer
            if tensor.name not in listed
        )


def _value_info(
    model: ModelProto, before: ModelProto, reduced: Network, original: Network, retyped: set[str]
) -> None:
    """Keep what was said of tensors that are surely of the same type and shape."""
    open_ = {name for name in _followed(reduced, original) if _is_open(reduced, name)}
    model.graph.value_info.extend(
        value
        for value in before.graph.value_info
        if value.name not in retyped | open_
        and reduced.tensors.get(value.name) == original.tensors.get(value.name)
    )


def _followed(reduced: Network, original: Network) -> set[str]:
    """The tensors that changed nodes make, and what follows from these unit by unit."""
    unchanged = {id(node) for node in original.nodes}
    found: set[str] = set()
    for node in reduced.nodes:
        match node:
            case Opaque():
                continue
            case Linear():
                follows = node.input in found and not mixes(node)
            case Pointwise() | Pool() | Rearrange() | Pick():
                follows = node.input in found
            case Join():
                follows = not found.isdisjoint(node.inputs)
            case _:
                assert_never(node)
        if follows or id(node) not in unchanged:
            found.add(node.output)
    return found


def _is_open(network: Network, name: str) -> bool:
    """Whether some length of a tensor is not known."""
    shape = network.tensors[name].shape
    return shape is None or None in shape
