"""A model in float64 from end to end, for `--dtype float64`.

Every number is the same one in a larger type, and no Cast is left: what converted between
float types is an Identity then.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.errors import Unrepresentable
from lumpver.exact.array import as_float64
from lumpver.io.onnx.read.folding import fold
from lumpver.io.onnx.read.opsets import COPY
from lumpver.io.onnx.read.tensors import CODES, FLOATS, Known, known
from lumpver.io.onnx.read.unpacking import dense
from lumpver.io.onnx.read.walk import Walk
from lumpver.model.network import Opaque

if TYPE_CHECKING:
    from collections.abc import Iterable

    from onnx import ModelProto, NodeProto, TensorProto

    from lumpver.io.onnx.read.source import Source
    from lumpver.model.network import Network, Tensor

_ROUNDING: Final = ("Cast", "DequantizeLinear")  # also of floats; the latter has no float64


def doubled(network: Network) -> bytes:
    """The ONNX model that `network` was read from, in float64.

    Raises
    ------
    Unrepresentable
        If a node is not modelled: nobody knows what it does in another type.
    """
    for node in network.nodes:
        if isinstance(node, Opaque):
            where, got = f"node {node.name}", node.operator
            raise Unrepresentable(where, expected="modelled nodes only, for float64", got=got)
    source: Source = network.source
    before = whole(source)
    model = type(before)()
    model.CopyFrom(before)
    graph = model.graph
    walk = _constants(source, before)
    for index in source.order:
        node = before.graph.node[index]
        folded = source.measured.get(next(iter(node.output), "")) or fold(walk, node)
        if folded is not None:
            walk.define(folded)
        operands = [walk.constant(name) for name in node.input]
        made = not any(operand is not None and operand.is_float for operand in operands)
        _convert(graph.node[index], folded, made=made or node.op_type in _ROUNDING)
    for tensor in (*graph.initializer, *(sparse.values for sparse in graph.sparse_initializer)):
        _double(tensor)
    for value in (*graph.input, *graph.output, *graph.value_info):
        if value.type.tensor_type.elem_type in FLOATS:
            value.type.tensor_type.elem_type = CODES["float64"]
    return bytes(model.SerializeToString())


def whole(source: Source) -> ModelProto:
    """The model of a `Source`, all payloads in it."""
    model = source.model
    if not source.detached:
        return model
    made = type(model)()
    made.CopyFrom(model)
    for tensor in made.graph.initializer:
        payload = source.detached.get(tensor.name)
        if payload is not None and not tensor.raw_data:
            tensor.raw_data = payload.tobytes()
    return made


def _constants(source: Source, before: ModelProto) -> Walk:
    """What the reader knew before the first node."""
    walk = Walk(source.opset, {t.name: known(t) for t in before.graph.initializer}, {})
    walk.room += before.ByteSize()
    for sparse in before.graph.sparse_initializer:
        found = dense(walk, sparse, name=sparse.values.name)
        if found is not None:
            walk.define(found)
    return walk


def in_float64(network: Network) -> Network:
    """An exact network whose tensors are to be stored in float64."""
    return replace(
        network,
        inputs=tuple(_typed(network.inputs)),
        outputs=tuple(_typed(network.outputs)),
        tensors={tensor.name: tensor for tensor in _typed(network.tensors.values())},
    )


def _typed(tensors: Iterable[Tensor]) -> list[Tensor]:
    return [replace(t, dtype="float64") if t.dtype == "real" else t for t in tensors]


def _double(tensor: TensorProto) -> None:
    """Store a tensor of floats in float64."""
    if tensor.data_type not in FLOATS or tensor.data_type == CODES["float64"]:
        return
    found = known(tensor).array()
    name, dims = tensor.name, list(tensor.dims)
    tensor.Clear()
    tensor.name, tensor.data_type = name, CODES["float64"]
    tensor.dims.extend(dims)
    tensor.raw_data = np.ascontiguousarray(found, dtype="<f8").tobytes()


def _convert(node: NodeProto, folded: Known | None, *, made: bool) -> None:
    """Give a node float64 numbers; a Cast of a tensor does nothing any more.

    Constants that are `made` of no others, or that a runtime rounds, become what they are
    `folded` to.
    """
    from onnx import helper, numpy_helper  # noqa: PLC0415 heavy

    if folded is not None and folded.is_float and made:
        numbers = as_float64(folded.array())
        node.op_type = "Constant"
        del node.input[:]
        del node.attribute[:]
        node.attribute.append(helper.make_attribute("value", numpy_helper.from_array(numbers)))
    elif node.op_type == "Cast":
        node.op_type = COPY
        del node.attribute[:]
