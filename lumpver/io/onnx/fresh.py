"""Networks that were never ONNX, as ONNX models: chains from Python, NNet and JSON.

float32 where it holds every number, else float64; names and shapes stay as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lumpver.errors import Unrepresentable
from lumpver.exact.scalar import to_float
from lumpver.io.onnx.emit import Emitted, Wishes, emit, fits, tensor
from lumpver.network import Activate, Affine, Network, Opaque, Rearrange, Tensor

if TYPE_CHECKING:
    from lumpver.network import Node

_OPSET = 17
_IR = 8
_TYPES = {"float32": 1, "float16": 10, "float64": 11, "bfloat16": 16}


def fresh(network: Network) -> bytes:
    """An ONNX model that computes what `network` does.

    Raises
    ------
    Unrepresentable
        If a number is no float64, or a node is opaque.
    """
    from onnx import helper  # noqa: PLC0415 heavy

    dtype = _dtype(network)
    names = {*network.tensors, *(node.name for node in network.nodes)}
    out = Emitted(names)
    for node in network.nodes:
        _node(out, node, dtype)
    graph = helper.make_graph(
        out.nodes,
        "lumpver",
        [_value(tensor, dtype) for tensor in network.inputs],
        [_value(tensor, dtype) for tensor in network.outputs],
        out.initializers,
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR
    )
    return bytes(model.SerializeToString())


def _dtype(network: Network) -> str:
    given = {tensor.dtype for tensor in network.inputs} - {"real"}
    if given:
        return next(iter(given))
    for dtype in ("float32", "float64"):
        if all(_fits(node, dtype) for node in network.nodes):
            return dtype
    node = next(node for node in network.nodes if not _fits(node, "float64"))
    raise Unrepresentable(f"node {node.name}", expected="float64 numbers", got="others")


def _fits(node: Node, dtype: str) -> bool:
    if isinstance(node, Affine):
        return fits(node.W, dtype) and fits(node.b, dtype)
    return True


def _value(tensor: Tensor, dtype: str) -> Any:
    from onnx import helper  # noqa: PLC0415 heavy

    kind = dtype if tensor.dtype == "real" else tensor.dtype
    return helper.make_tensor_value_info(tensor.name, _TYPES[kind], tensor.shape)


def _node(out: Emitted, node: Node, dtype: str) -> None:
    if isinstance(node, Affine):
        wishes = Wishes(f"{node.output}/weights", f"{node.output}/bias")
        emit(out, node, None, dtype=dtype, wishes=wishes)
    elif isinstance(node, Activate):
        _activation(out, node, dtype)
    elif isinstance(node, Rearrange):
        _rearrangement(out, node)
    else:
        _refuse(node)


def _refuse(node: Opaque) -> None:
    raise Unrepresentable(f"node {node.name}", expected="a modelled node", got=node.operator)


def _activation(out: Emitted, node: Activate, dtype: str) -> None:
    import numpy as np  # noqa: PLC0415 needed nowhere else

    function = node.activation
    values = [to_float(value) for value in function.parameters]
    if None in values:
        raise Unrepresentable(f"node {node.name}", expected="float parameters", got=str(function))
    if function.operator == "LeakyRelu":
        slope = out.name(f"{node.output}/slope")
        out.initializers.append(tensor(slope, np.array([values[0]], dtype=np.float64), dtype))
        out.node("PRelu", [node.input, slope], node.output)
    elif function.operator == "Clip":
        bounds = [out.name(f"{node.output}/{end}") for end in ("min", "max")]
        for name, value in zip(bounds, values, strict=True):
            out.initializers.append(tensor(name, np.array(value, dtype=np.float64), dtype))
        out.node("Clip", [node.input, *bounds], node.output)
    else:
        out.node(function.operator, [node.input], node.output)


def _rearrangement(out: Emitted, node: Rearrange) -> None:
    import numpy as np  # noqa: PLC0415 needed nowhere else
    from onnx import numpy_helper  # noqa: PLC0415 heavy

    values = node.parameters
    if node.operator == "Transpose":
        out.node("Transpose", [node.input], node.output, perm=values)
    elif node.operator == "Flatten" and values is not None:
        out.node("Flatten", [node.input], node.output, axis=values[0])
    else:
        inputs = [node.input]
        if values is not None:
            inputs.append(out.name(f"{node.output}/parameters"))
            numbers = np.array(values, dtype=np.int64)
            out.initializers.append(numpy_helper.from_array(numbers, inputs[1]))
        extra = {} if node.zero_copies or node.operator != "Reshape" else {"allowzero": 1}
        out.node(node.operator, inputs, node.output, **extra)
