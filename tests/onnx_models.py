"""Builders of small ONNX models for tests, and how they are run in onnxruntime."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from onnx import TensorProto, helper, load_from_string, numpy_helper

from lumpver.exact.array import equal
from lumpver.io.onnx.read import read
from lumpver.io.onnx.write import write
from lumpver.reducing.reduction import Reduction, reduce

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lumpver.io.storage import Types
    from lumpver.model.network import Network

TYPES = {
    "float32": TensorProto.FLOAT,
    "float64": TensorProto.DOUBLE,
    "float16": TensorProto.FLOAT16,
    "bfloat16": TensorProto.BFLOAT16,
    "int64": TensorProto.INT64,
    "int32": TensorProto.INT32,
    "bool": TensorProto.BOOL,
}
Typed = str | tuple[str, str, "Sequence[int | str | None] | None"]


def value(given: Any) -> Any:
    """A ValueInfo from `(name, dtype, shape)`, or `(name, shape)` for float32."""
    name, *rest = given
    dtype, shape = rest if len(rest) == 2 else ("float32", rest[0])
    return helper.make_tensor_value_info(name, TYPES[dtype], shape)


def tensor(name: str, numbers: Any, dtype: str | None = None, *, typed: bool = False) -> Any:
    """A TensorProto, raw unless `typed`; numbers are float32 unless they are an array."""
    array = numbers if isinstance(numbers, np.ndarray) else np.array(numbers, dtype=np.float32)
    if dtype is None and not typed:
        return numpy_helper.from_array(np.array(array, order="C"), name)
    kind = TYPES[dtype] if dtype else helper.np_dtype_to_tensor_dtype(array.dtype)
    if typed or dtype == "bfloat16":
        made = helper.make_tensor(name, kind, array.shape, array.ravel().tolist())
        return made if typed else _raw(made, array)
    return numpy_helper.from_array(array.astype(helper.tensor_dtype_to_np_dtype(kind)), name)


def _raw(made: Any, array: Any) -> Any:
    """The bfloat16 tensor with a raw payload; its numbers must be bfloat16 already."""
    bits = np.ascontiguousarray(array, dtype="<f4").view("<u4") >> 16
    for field in ("int32_data", "raw_data"):
        made.ClearField(field)
    made.raw_data = bits.astype("<u2").tobytes()
    return made


def ints(name: str, *numbers: int) -> Any:
    """A vector of int64."""
    return numpy_helper.from_array(np.array(numbers, dtype=np.int64), name)


def node(operator: str, inputs: str, outputs: str, name: str = "", **attributes: Any) -> Any:
    """A NodeProto; inputs and outputs are names between spaces, `_` for an omitted one."""
    names = [["" if n == "_" else n for n in names.split()] for names in (inputs, outputs)]
    return helper.make_node(operator, *names, name=name or None, **attributes)


def steps(text: str) -> list[Any]:
    """Nodes from a text such as `MatMul x W h; Cast h y to=11`: operator, inputs, output."""
    made = []
    for part in text.split(";"):
        operator, *words = part.split()
        given = [word.split("=") for word in words if "=" in word]
        *operands, output = [word for word in words if "=" not in word]
        attributes = {key: float(v) if "." in v else int(v) for key, v in given}
        made.append(node(operator, " ".join(operands), output, **attributes))
    return made


def model(
    nodes: Sequence[Any],
    tensors: Sequence[Any] = (),
    *,
    inputs: Sequence[Any] = (("x", ["N", 2]),),
    outputs: Sequence[Any] = (("y", [None, None]),),
    opset: int = 17,
    ir: int = 8,
    **fields: Any,
) -> Any:
    """A ModelProto; `fields` go to `make_model` or, `value_info` and such, to the graph."""
    mine = {k: fields.pop(k) for k in ("value_info", "sparse_initializer") if k in fields}
    graph = helper.make_graph(
        list(nodes), "g", [value(v) for v in inputs], [value(v) for v in outputs], list(tensors)
    )
    graph.value_info.extend(value(v) for v in mine.get("value_info", ()))
    graph.sparse_initializer.extend(mine.get("sparse_initializer", ()))
    opsets = [helper.make_opsetid("", opset), *fields.pop("opsets", ())]
    return helper.make_model(graph, ir_version=ir, opset_imports=opsets, **fields)


def whole(text: str, *stored: Any, x: Any = ("N", 2), **fields: Any) -> Any:
    """A model of these steps on an input x of this shape."""
    return model(steps(text), stored, inputs=fields.pop("inputs", [("x", x)]), **fields)


def network(made: Any, folder: Path | None = None) -> Network:
    """What the reader makes of a ModelProto or of bytes."""
    data = made if isinstance(made, bytes) else made.SerializeToString()
    return read(data, where="model", folder=folder)


def run(made: Any, feeds: Mapping[str, Any]) -> dict[str, Any]:
    """What onnxruntime makes of a ModelProto, bytes or file, without its optimizations."""
    runtime = pytest.importorskip("onnxruntime")
    options = runtime.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    source = (
        made
        if isinstance(made, bytes)
        else (made.SerializeToString() if hasattr(made, "SerializeToString") else str(made))
    )
    session = runtime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    names = [value.name for value in session.get_outputs()]
    return dict(zip(names, session.run(None, dict(feeds)), strict=True))


def written(made: Any, types: Types = "widen", **options: Any) -> tuple[Reduction, bytes]:
    """The reduction of a model, and the ONNX that is written for it."""
    original = network(made)
    found = reduce(original, floats_only=True, types=types, **options)
    return found, write(found.network, original)


def operators(data: bytes) -> list[str]:
    """The operators of a model in order."""
    return [node.op_type for node in load_from_string(data).graph.node]


def feeds(made: Any, seed: int = 0, batch: int = 2) -> dict[str, Any]:
    """Small integers for every input that is no initializer, unknown axes being `batch` long."""
    rng = np.random.default_rng(seed)
    stored = {initializer.name for initializer in made.graph.initializer}
    found = {}
    for given in made.graph.input:
        if given.name not in stored:
            kind = given.type.tensor_type
            shape = [d.dim_value or batch for d in kind.shape.dim]
            dtype = helper.tensor_dtype_to_np_dtype(kind.elem_type)
            found[given.name] = rng.integers(-4, 5, shape).astype(dtype)
    return found


def agree(made: Any, seeds: int = 3) -> None:
    """Assert that the reader's network and onnxruntime give the same numbers and shapes."""
    found = network(made)
    for seed in range(seeds):
        given = feeds(made, seed)
        ours = found.evaluate({name: x.astype(float) for name, x in given.items()})
        theirs = run(made, given)
        assert list(ours) == list(theirs)
        for name, expected in theirs.items():
            assert ours[name].shape == expected.shape, name
            assert equal(ours[name], expected.astype(float)).all(), name


def external(name: str, shape: Sequence[int], **entries: str) -> Any:
    """A float32 TensorProto whose payload lies in another file."""
    made = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=shape)
    made.data_location = TensorProto.EXTERNAL
    for key, text in entries.items():
        made.external_data.add(key=key, value=text)
    return made
