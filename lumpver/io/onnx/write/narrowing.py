"""Tensors stored in a narrower type, with a Cast to their own behind them, where that holds them.

Runtimes fold such Casts when they load a model, and readers read the exact numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.exact.floats import representable

if TYPE_CHECKING:
    from onnx import ModelProto, TensorProto

_WORTH: Final = 128  # bytes that a node takes, and more
_SINCE: Final = {"float16": 6, "bfloat16": 13}  # operator sets that cast such a type


def narrowed(data: bytes, dtype: str) -> bytes:
    """The model whose tensors are in this type where it holds all their numbers and bytes go.

    A model that is of an earlier operator set, or holds graph inputs of the same names, is as it
    was there.
    """
    from onnx import ModelProto, helper  # noqa: PLC0415 heavy

    model = ModelProto.FromString(data)
    sets = {one.domain: one.version for one in model.opset_import}
    if dtype not in _SINCE or sets.get("", 0) < _SINCE[dtype]:
        return data
    taken = _names(model)
    inputs = {value.name for value in model.graph.input}
    casts = []
    for tensor in model.graph.initializer:
        if tensor.name in inputs or not _fits(tensor, dtype):
            continue
        name = f"{tensor.name}/{dtype}"
        while name in taken:
            name += "'"
        taken.add(name)
        casts.append(helper.make_node("Cast", [name], [tensor.name], to=tensor.data_type))
        _store(tensor, name, dtype)
    if not casts:
        return data
    nodes = [*casts, *model.graph.node]
    model.graph.ClearField("node")
    model.graph.node.extend(nodes)
    return bytes(model.SerializeToString(deterministic=True))


def _names(model: ModelProto) -> set[str]:
    """All names that tensors have."""
    graph = model.graph
    found = {value.name for values in (graph.input, graph.initializer) for value in values}
    return found | {name for node in graph.node for name in (*node.input, *node.output)}


def _fits(tensor: TensorProto, dtype: str) -> bool:
    """Whether the type holds a tensor of a wider one, and takes fewer bytes."""
    from onnx import TensorProto, numpy_helper  # noqa: PLC0415 heavy

    wider = (TensorProto.FLOAT, TensorProto.DOUBLE)
    if tensor.data_type not in wider or tensor.data_location == TensorProto.EXTERNAL:
        return False
    numbers = numpy_helper.to_array(tensor)
    if numbers.nbytes - 2 * numbers.size < _WORTH:
        return False
    return bool(representable(numbers.astype(np.float64), dtype).all())


def _store(tensor: TensorProto, name: str, dtype: str) -> None:
    """The same numbers under another name, in this type."""
    from onnx import TensorProto, numpy_helper  # noqa: PLC0415 heavy

    numbers = numpy_helper.to_array(tensor).astype(np.float32)
    if dtype == "float16":
        raw, kind = numbers.astype(np.float16).astype("<f2").tobytes(), TensorProto.FLOAT16
    else:
        bits = np.ascontiguousarray(numbers).view(np.uint32) >> 16
        raw, kind = bits.astype("<u2").tobytes(), TensorProto.BFLOAT16
    dims = list(tensor.dims)
    tensor.Clear()
    tensor.name, tensor.data_type, tensor.raw_data = name, kind, raw
    tensor.dims.extend(dims)
