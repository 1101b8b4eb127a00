"""From bytes to a checked ModelProto: parsing, names, order, what subgraphs capture.

captured: an outer name that a node's subgraph reads
"""

from __future__ import annotations

import heapq
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from lumpver.errors import Malformed, Unreadable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from onnx import GraphProto, ModelProto, NodeProto, TensorProto

# A Split without lengths makes so many parts; of old, what gives statistics computes them, too.
_COUNTED: Final = frozenset({"BatchNormalization", "Split"})


def parse(data: bytes, *, where: str) -> ModelProto:
    """The model that these bytes encode; protobuf bounds how deep its graphs are nested.

    Raises
    ------
    Unreadable
        If they encode none.
    """
    import onnx  # noqa: PLC0415 heavy: only where a model is read
    from google.protobuf.message import DecodeError  # noqa: PLC0415 comes with onnx

    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
    except (DecodeError, RecursionError) as error:
        raise Unreadable(where, expected="an ONNX model", got="bytes that are none") from error
    if not model.ir_version or not model.HasField("graph") or not model.graph.output:
        raise Unreadable(where, expected="an ONNX model with outputs", got="none")
    _check_names(model, where)
    return model


def _check_names(model: ModelProto, where: str) -> None:
    """Protobuf hands out bytes where a text is not UTF-8; then nothing here is a name."""
    graph = model.graph
    values = (value.name for value in (*graph.input, *graph.output, *graph.initializer))
    texts = (
        text
        for node in graph.node
        for text in (node.op_type, node.domain, node.name, *node.input, *node.output)
    )
    attributes = (attribute.name for node in graph.node for attribute in node.attribute)
    opsets = (opset.domain for opset in model.opset_import)
    for text in chain(values, texts, attributes, opsets):
        if not isinstance(text, str):
            raise Unreadable(where, expected="names in UTF-8", got=repr(text)[:60])


def tensors(model: ModelProto) -> Iterator[TensorProto]:
    """Every tensor stored in a model: initializers, attributes, subgraphs, functions."""
    yield from _in_graph(model.graph)
    for function in model.functions:
        yield from _in_nodes(function.node)


def _in_graph(graph: GraphProto) -> Iterator[TensorProto]:
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    yield from _in_nodes(graph.node)


def _in_nodes(nodes: Iterable[NodeProto]) -> Iterator[TensorProto]:
    for attribute in chain.from_iterable(node.attribute for node in nodes):
        if attribute.HasField("t"):
            yield attribute.t
        yield from attribute.tensors
        single = [attribute.sparse_tensor] if attribute.HasField("sparse_tensor") else []
        for sparse in (*single, *attribute.sparse_tensors):
            yield from (sparse.values, sparse.indices)
        for subgraph in subgraphs_of(attribute):
            yield from _in_graph(subgraph)


def subgraphs_of(attribute: Any) -> list[GraphProto]:
    """The graphs in one attribute."""
    single = [attribute.g] if attribute.HasField("g") else []
    return [*single, *attribute.graphs]


def captured_names(node: NodeProto) -> list[str]:
    """Outer names that the subgraphs of a node read, in order of first use."""
    found: dict[str, None] = {}
    for attribute in node.attribute:
        for graph in subgraphs_of(attribute):
            for name in _free(graph):
                found.setdefault(name)
    return list(found)


def _free(graph: GraphProto) -> Iterator[str]:
    bound = {value.name for value in graph.input}
    bound |= {tensor.name for tensor in graph.initializer}
    bound |= {sparse.values.name for sparse in graph.sparse_initializer}
    bound |= {name for node in graph.node for name in node.output}
    used = [name for node in graph.node for name in node.input]
    used += [value.name for value in graph.output]
    for node in graph.node:
        for attribute in node.attribute:
            for inner in subgraphs_of(attribute):
                used += list(_free(inner))
    yield from (name for name in used if name and name not in bound)


def ordered(graph: GraphProto, available: set[str]) -> list[int]:
    """Indices of the nodes in a topological order, the given one where it is one.

    Raises
    ------
    Malformed
        If a name is never produced, produced twice, or nodes form a cycle.
    """
    produced = set(available)
    for node in graph.node:
        for name in node.output:
            if name and name in produced:
                raise Malformed(f"tensor {name}", expected="one producer", got="two")
            produced.add(name)
    needs = [{name for name in (*node.input, *captured_names(node)) if name} for node in graph.node]
    for node, names in zip(graph.node, needs, strict=True):
        missing = sorted(names - produced)
        if missing:
            raise Malformed(
                f"node {label(node)}", expected="inputs that exist", got=repr(missing[0])
            )
    return _kahn(graph, needs, set(available))


def names_read(graph: GraphProto) -> set[str]:
    """The names that some node, a subgraph or an output of the graph reads."""
    found = {value.name for value in graph.output}
    for node in graph.node:
        found.update(node.input, captured_names(node))
    return found


def trimmed(node: NodeProto, read: Collection[str]) -> NodeProto:
    """The node without the last of its outputs but the first that nobody reads.

    Not where it means something how many there are.

    Examples
    --------
    >>> from onnx import helper
    >>> trimmed(helper.make_node("Dropout", ["x"], ["y", "mask"]), {"x", "y"}).output
    ['y']
    """
    kept = max((i for i, name in enumerate(node.output) if name in read), default=0)
    if kept + 1 >= len(node.output) or node.op_type in _COUNTED:
        return node
    found = type(node)()
    found.CopyFrom(node)
    del found.output[kept + 1 :]
    return found


def _kahn(graph: GraphProto, needs: list[set[str]], known: set[str]) -> list[int]:
    waiting: dict[str, list[int]] = {}
    open_needs = [len(names - known) for names in needs]
    for index, names in enumerate(needs):
        for name in names - known:
            waiting.setdefault(name, []).append(index)
    ready = [index for index, count in enumerate(open_needs) if count == 0]
    order: list[int] = []
    while ready:
        index = heapq.heappop(ready)
        order.append(index)
        for name in graph.node[index].output:
            for reader in waiting.pop(name, []) if name else []:
                open_needs[reader] -= 1
                if open_needs[reader] == 0:
                    heapq.heappush(ready, reader)
    if len(order) != len(graph.node):
        stuck = next(i for i, count in enumerate(open_needs) if count)
        raise Malformed(f"node {label(graph.node[stuck])}", expected="no cycle", got="one")
    return order


def label(node: NodeProto) -> str:
    """A name to call a node by: its own, else its first output's."""
    return node.name or next((name for name in node.output if name), node.op_type)
