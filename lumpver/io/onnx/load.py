"""From bytes to a checked ModelProto: parsing, external data, names, order.

What is hashed is what is parsed: every file is read once, into one buffer.

external data: tensor payloads in files beside the model
"""

from __future__ import annotations

import hashlib
import heapq
from typing import TYPE_CHECKING, Any

from lumpver.errors import Malformed, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from onnx import GraphProto, ModelProto, NodeProto, TensorProto

_EXTERNAL = 1
_MOST_DEPTH = 32


def parse(data: bytes, *, where: str) -> ModelProto:
    """The model that these bytes encode.

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
    return model


def tensors(graph: GraphProto, *, depth: int = 0) -> Iterator[TensorProto]:
    """Every tensor stored in a graph: initializers, attributes, subgraphs."""
    if depth > _MOST_DEPTH:
        raise Malformed("model", expected="subgraphs of bounded depth", got="deeper ones")
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors
            for subgraph in subgraphs_of(attribute):
                yield from tensors(subgraph, depth=depth + 1)


def subgraphs_of(attribute: Any) -> list[GraphProto]:
    """The graphs in one attribute."""
    single = [attribute.g] if attribute.HasField("g") else []
    return [*single, *attribute.graphs]


def inline_external(model: ModelProto, folder: Path | None, *, where: str) -> dict[str, str]:
    """Put external payloads into the model; the digest of each file used, by location.

    Raises
    ------
    Unreadable
        If a file is missing, outside the model's folder, or too short.
    """
    buffers: dict[str, bytes] = {}
    for tensor in tensors(model.graph):
        if tensor.data_location != _EXTERNAL:
            continue
        entries = {item.key: item.value for item in tensor.external_data}
        location = entries.get("location", "")
        if location not in buffers:
            buffers[location] = _read_beside(folder, location, where=where)
        buffer = buffers[location]
        try:
            start = int(entries.get("offset", "0"))
            length = int(entries.get("length", str(len(buffer) - start)))
        except ValueError as error:
            raise Malformed(
                f"tensor {tensor.name}", expected="an offset and length", got=str(entries)[:80]
            ) from error
        if start < 0 or length < 0 or start + length > len(buffer):
            raise Unreadable(
                f"{where}: {location}",
                expected=f"at least {start + length} bytes",
                got=str(len(buffer)),
            )
        tensor.raw_data = buffer[start : start + length]
        tensor.ClearField("data_location")
        del tensor.external_data[:]
    return {name: hashlib.sha256(data).hexdigest() for name, data in sorted(buffers.items())}


def _read_beside(folder: Path | None, location: str, *, where: str) -> bytes:
    place = f"{where}: external data {location!r}"
    if folder is None:
        raise Unreadable(place, expected="a model without external data", got="no folder")
    root = folder.resolve()
    path = (root / location).resolve()
    if not location or root not in path.parents:
        raise Unreadable(place, expected="a file inside the model's folder", got=str(location))
    if not path.is_file():
        raise Unreadable(place, expected="a file", got="nothing there")
    return path.read_bytes()


def captured_names(node: NodeProto) -> list[str]:
    """Outer names that the subgraphs of a node read, in order of first use."""
    found: dict[str, None] = {}
    for attribute in node.attribute:
        for graph in subgraphs_of(attribute):
            for name in _free(graph, depth=0):
                found.setdefault(name)
    return list(found)


def _free(graph: GraphProto, *, depth: int) -> Iterator[str]:
    if depth > _MOST_DEPTH:
        raise Malformed("model", expected="subgraphs of bounded depth", got="deeper ones")
    bound = {value.name for value in graph.input}
    bound |= {tensor.name for tensor in graph.initializer}
    bound |= {sparse.values.name for sparse in graph.sparse_initializer}
    bound |= {name for node in graph.node for name in node.output}
    used = [name for node in graph.node for name in node.input]
    used += [value.name for value in graph.output]
    for node in graph.node:
        for attribute in node.attribute:
            for inner in subgraphs_of(attribute):
                used += list(_free(inner, depth=depth + 1))
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
