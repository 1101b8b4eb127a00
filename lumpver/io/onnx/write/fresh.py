"""Networks that were never ONNX, as ONNX models: chains from Python, NNet and JSON.

float32 where it holds every number, else float64; names and shapes stay as they are.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, assert_never

from lumpver.errors import Unrepresentable
from lumpver.exact.array import array
from lumpver.io.naming import rename
from lumpver.io.onnx.read.tensors import CODES
from lumpver.io.onnx.write.activations import activation
from lumpver.io.onnx.write.emitted import Emitted, Wishes, cast
from lumpver.io.onnx.write.encoding import Encoded
from lumpver.io.onnx.write.joining import join
from lumpver.io.onnx.write.linear import emit
from lumpver.io.onnx.write.picking import pick
from lumpver.io.onnx.write.pooling import pool
from lumpver.io.onnx.write.rearranging import rearrangement
from lumpver.io.storage import fits
from lumpver.model.linear import is_idle, numbers_of
from lumpver.model.network import (
    Join,
    Linear,
    Network,
    Opaque,
    Pick,
    Pointwise,
    Pool,
    Rearrange,
    Tensor,
)
from lumpver.model.renaming import in_words
from lumpver.model.several import parameters_of

if TYPE_CHECKING:
    from lumpver.io.naming import Name
    from lumpver.model.network import Node

_OPSET: Final = 17
_IR: Final = 8


def fresh(network: Network, name: Name | None = None) -> bytes:
    """An ONNX model that computes what `network` does, with that name.

    Raises
    ------
    Unrepresentable
        If a number is no float64, a node is opaque, or a Squeeze does not say of what.
    """
    from onnx import helper  # noqa: PLC0415 heavy

    network = in_words(network)
    types = _types(network)
    names = {*network.tensors, *(node.name for node in network.nodes)}
    out = Emitted(names, _OPSET)
    for node in network.nodes:
        _node(out, node, types, network)
    graph = helper.make_graph(
        out.nodes,
        "lumpver",
        [_value(tensor, types) for tensor in network.inputs],
        [_value(tensor, types) for tensor in network.outputs],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR
    )
    rename(model, name)
    made = Encoded(model)
    for new in out.initializers:
        made.add(new)
    return made.as_one().joined()


def _types(network: Network) -> dict[str, str]:
    """The type of every tensor; exact ones get the first type that holds all their numbers."""
    exact = [node for node in network.nodes if network.tensors[node.outputs[0]].dtype == "real"]
    default = next((t for t in ("float32", "float64") if all(_fits(n, t) for n in exact)), None)
    if default is None:
        node = next(node for node in exact if not _fits(node, "float64"))
        raise Unrepresentable(f"node {node.name}", expected="float64 numbers", got="others")
    types = {
        name: default if tensor.dtype == "real" else tensor.dtype
        for name, tensor in network.tensors.items()
    }
    for name, kind in types.items():
        if kind not in CODES:
            raise Unrepresentable(f"tensor {name}", expected="floats", got=f"type {kind}")
    return types


def _fits(node: Node, dtype: str) -> bool:
    match node:
        case Linear():
            return all(fits(part, dtype) for part in numbers_of(node))
        case Pointwise():
            return fits(array(parameters_of(node.activation)), dtype)
        case Pool() | Rearrange() | Pick() | Join() | Opaque():
            return True
        case _:
            assert_never(node)


def _value(tensor: Tensor, types: dict[str, str]) -> Any:
    from onnx import helper  # noqa: PLC0415 heavy

    return helper.make_tensor_value_info(tensor.name, CODES[types[tensor.name]], tensor.shape)


def _node(out: Emitted, node: Node, types: dict[str, str], network: Network) -> None:
    match node:
        case Linear():
            shape = network.tensors[node.input].shape
            _affine(out, node, types, None if shape is None else len(shape))
        case Pointwise():
            activation(out, node, types[node.output])
        case Pool():
            pool(out, node, network.tensors[node.input].shape)
        case Rearrange():
            rearrangement(out, node)
        case Pick():
            pick(out, node, network.tensors[node.input].shape)
        case Join():
            join(out, node, network.tensors[node.output].shape)
        case Opaque():
            _refuse(node)
        case _:
            assert_never(node)


def _affine(out: Emitted, node: Linear, types: dict[str, str], rank: int | None) -> None:
    """The node in its output's type if that holds its numbers, else in float64."""
    source, own = types[node.input], types[node.output]
    wishes = Wishes(f"{node.output}/weights", f"{node.output}/bias")
    if is_idle(node) and source != own:
        cast(out, node.input, node.output, own)
        return
    work = own if _fits(node, own) else "float64"
    x, y = node.input, node.output
    if source != work:
        x = out.name(f"{x}/{work}")
        cast(out, node.input, x, work)
    if own != work:
        y = out.name(f"{y}/{work}")
    emit(out, replace(node, input=x, output=y), None, dtype=work, wishes=wishes, rank=rank)
    if own != work:
        cast(out, y, node.output, own)


def _refuse(node: Opaque) -> None:
    raise Unrepresentable(f"node {node.name}", expected="a modelled node", got=node.operator)
