"""Writing a network's exact JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

import msgspec

from lumpver.errors import Malformed, Unrepresentable
from lumpver.exact.array import Exact, as_float64, is_float
from lumpver.exact.scalar import text
from lumpver.io.json import schema
from lumpver.io.json.schema import (
    LIMIT,
    ActivationNode,
    AffineNode,
    AnyNode,
    Document,
    JoinNode,
    NamedTensor,
    PickNode,
    PoolNode,
    PoolWindow,
    RearrangeNode,
    TensorType,
)
from lumpver.model.network import Join, Linear, Opaque, Pick, Pointwise, Pool, Rearrange, Tensor
from lumpver.model.renaming import spelled_out
from lumpver.model.several import parameters_of
from lumpver.model.weights import Diagonal, Identity, Kernel, Matrix, Normalization, Weights

if TYPE_CHECKING:
    from lumpver.model.network import Dimension, Network, Node, Shape


def write(network: Network) -> bytes:
    """The canonical JSON text of a network: equal networks, equal bytes.

    Raises
    ------
    Unrepresentable
        If a node is opaque, naming it, or an axis is longer than 2^24.
    Malformed
        If a name is no Unicode text.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> text = write(Network.from_layers([([["1/3"]], None)]))
    >>> b'"weights":{"columns":1,"kind":"matrix","rows":[["1/3"]]}' in text
    True
    """
    network = spelled_out(network)
    names = [tensor.name for tensor in network.inputs]
    names += [name for node in network.nodes for name in node.outputs]
    document = Document(
        format="lumpver-network",
        version=1,
        inputs=[NamedTensor(t.name, t.dtype, _shape(t.name, t.shape)) for t in network.inputs],
        outputs=[NamedTensor(t.name, t.dtype, _shape(t.name, t.shape)) for t in network.outputs],
        nodes=[_node(node) for node in network.nodes],
        tensors={name: _type(network.tensors.get(name, Tensor(name))) for name in names},
        environment=network.environment.hex(),
    )
    try:
        return msgspec.json.encode(document, order="sorted") + b"\n"
    except UnicodeEncodeError as error:
        raise Malformed("names", expected="Unicode text", got=repr(error.object[:40])) from error


def _type(tensor: Tensor) -> TensorType:
    return TensorType(tensor.dtype, _shape(tensor.name, tensor.shape))


def _shape(name: str, shape: Shape) -> list[Dimension] | None:
    if shape is None:
        return None
    for size in shape:
        if isinstance(size, int) and size >= LIMIT:
            raise Unrepresentable(f"tensor {name}", expected=f"axes below {LIMIT}", got=str(size))
    return list(shape)


def _node(node: Node) -> AnyNode:
    match node:
        case Linear():
            weights = _weights(node.weights)
            bias = None if node.b is None else _texts(node.b)
            return AffineNode(node.name, node.input, node.output, node.axis, weights, bias)
        case Pointwise():
            numbers = [*map(text, parameters_of(node.activation))]
            operator = node.activation.operator
            return ActivationNode(node.name, node.input, node.output, operator, numbers, node.axis)
        case Pool():
            return _pool(node)
        case Rearrange():
            values = None if node.parameters is None else list(node.parameters)
            return RearrangeNode(
                node.name, node.input, node.output, node.operator, values, node.zero_copies
            )
        case Pick():
            axes, places = zip(*node.places, strict=True)
            return PickNode(node.name, node.input, node.output, [*axes], [*map(list, places)])
        case Join():
            return JoinNode(node.name, [*node.inputs], node.output, node.operator, node.axis)
        case Opaque():
            where, got = f"node {node.name}", node.operator
            raise Unrepresentable(where, expected="a modelled operator", got=got)
        case _:
            assert_never(node)


def _pool(node: Pool) -> PoolNode:
    over = node.window
    lengths: tuple[tuple[int, ...], ...] = ()
    if over is not None:
        gaps = over.dilations if max(over.dilations) > 1 else ()
        lengths = (over.size, over.strides, over.before, over.after, gaps, over.spacing)
    return PoolNode(
        node.name,
        node.input,
        node.output,
        node.operator,  # type: ignore[arg-type]
        node.axis,
        PoolWindow(*map(list, lengths)) if lengths else None,
        node.counts_padding,
    )


def _weights(weights: Weights) -> schema.Weights | None:
    match weights:
        case Matrix(numbers):
            return schema.Matrix(int(numbers.shape[1]), [_texts(row) for row in numbers])
        case Kernel(numbers, window, groups):
            return schema.Kernel(
                [*window.size],
                [*window.strides],
                [*window.dilations],
                [*window.before],
                [*window.after],
                int(numbers.shape[1]),
                [_texts(row) for row in numbers],
                groups,
                [*window.spacing],
            )
        case Diagonal(factors):
            return schema.Diagonal(_texts(factors))
        case Normalization(gamma, mean, variance, epsilon):
            return schema.Normalization(
                _texts(gamma), _texts(mean), _texts(variance), text(epsilon)
            )
        case Identity():
            return None
        case _:
            assert_never(weights)


def _texts(numbers: Exact) -> list[str]:
    """Every number as `exact.scalar.text` writes it, floats without the detour."""
    if not is_float(numbers):
        return [text(value) for value in numbers.tolist()]
    ratios = (value.as_integer_ratio() for value in as_float64(numbers).tolist())
    return [str(top) if bottom == 1 else f"{top}/{bottom}" for top, bottom in ratios]
