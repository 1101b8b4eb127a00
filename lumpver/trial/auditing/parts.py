"""A network as plain data, for the way from the reducer's process to the audit.

It is built anew by the constructors that a file's network is built by, with the same checks.
"""

from __future__ import annotations

from dataclasses import astuple, replace
from math import prod
from typing import TYPE_CHECKING, Final, assert_never

import numpy as np

from lumpver.errors import LumpverError, Malformed
from lumpver.exact.array import array, compact, finite, is_float
from lumpver.exact.scalar import parse, text
from lumpver.io.json.shapes import check_shapes
from lumpver.model.kernels import kernel_of
from lumpver.model.linear import groups_of, window_of
from lumpver.model.network import (
    Constant,
    Join,
    Linear,
    Network,
    Opaque,
    Pick,
    Pointwise,
    Pool,
    Rearrange,
    Tensor,
    linear,
)
from lumpver.model.several import from_numbers, parameters_of
from lumpver.model.weights import Diagonal, Identity, Kernel, Matrix, Normalization
from lumpver.model.window import Window
from lumpver.trial.auditing.carried import (
    ActivationNode,
    AffineNode,
    AnyNode,
    Array,
    Bytes,
    JoinNode,
    OpaqueNode,
    Parts,
    PickNode,
    PoolNode,
    RearrangeNode,
    Statistics,
    Type,
)

if TYPE_CHECKING:
    from lumpver.exact.array import Exact
    from lumpver.model.network import Node

_FLOATS: Final = {"float16": "<f2", "float32": "<f4", "float64": "<f8"}


def taken_apart(network: Network) -> Parts:
    """The network as an answer carries it.

    Raises
    ------
    Any exception whatever, if somebody made a network of something else than names and numbers.
    """
    return Parts(
        [_type(tensor) for tensor in network.inputs],
        [_type(tensor) for tensor in network.outputs],
        [_node_parts(node) for node in network.nodes],
        [_type(replace(tensor, name=name)) for name, tensor in network.tensors.items()],
        network.environment,
    )


def _type(tensor: Tensor) -> Type:
    return Type(tensor.name, tensor.dtype, None if tensor.shape is None else list(tensor.shape))


def _node_parts(node: Node) -> AnyNode:
    match node:
        case Linear():
            return _affine_parts(node)
        case Pointwise():
            name, values = node.activation.operator, [*map(text, parameters_of(node.activation))]
            return ActivationNode(node.name, node.input, node.output, name, values, node.axis)
        case Pool(name, x, y, operator, axis, window, counts):
            lengths = [] if window is None else [*map(list, astuple(window))]
            return PoolNode(name, x, y, operator, axis, lengths, counts)
        case Rearrange():
            axes = None if node.parameters is None else list(node.parameters)
            return RearrangeNode(
                node.name, node.input, node.output, node.operator, axes, node.zero_copies
            )
        case Pick():
            places = [(axis, list(some)) for axis, some in node.places]
            return PickNode(node.name, node.input, node.output, places)
        case Join():
            return JoinNode(node.name, [*node.inputs], node.output, node.operator, node.axis)
        case Opaque():
            return _opaque_parts(node)
        case _:
            assert_never(node)


def _affine_parts(node: Linear) -> AffineNode:
    W, b = _array_parts(node.W), _array_parts(node.b)
    window = window_of([node])
    lengths = [] if window is None else [*map(list, astuple(window))]
    ends, groups = (node.name, node.input, node.output), groups_of([node])
    return AffineNode(*ends, W, b, node.axis, lengths, groups, _statistics_parts(node))


def _statistics_parts(node: Linear) -> Statistics | None:
    match node.weights:
        case Normalization(_, mean, variance, epsilon):
            return Statistics(_stored(mean), _stored(variance), text(epsilon))
        case Matrix() | Kernel() | Diagonal() | Identity():
            return None
        case _:
            assert_never(node.weights)


def _opaque_parts(node: Opaque) -> OpaqueNode:
    operands = [_constant(x) if isinstance(x, Constant) else x for x in node.operands]
    captured = [(name, None if x is None else _constant(x)) for name, x in node.captured]
    return OpaqueNode(
        node.name, node.operator, operands, list(node.outputs), node.content, captured
    )


def _constant(value: Constant) -> Bytes:
    return Bytes(value.dtype, list(value.shape), value.data)


def _array_parts(numbers: Exact | None) -> Array | None:
    return None if numbers is None else _stored(numbers)


def _stored(numbers: Exact) -> Array:
    exact = array(numbers)
    shape = [int(size) for size in exact.shape]
    if is_float(exact) and exact.dtype.name in _FLOATS:
        code = _FLOATS[exact.dtype.name]
        floats = np.ascontiguousarray(exact, code).tobytes()
        return Array(shape, exact.dtype.name, floats)  # type: ignore[arg-type]
    return Array(shape, "rational", rationals=[text(x) for x in exact.reshape(-1).tolist()])


def put_together(parts: Parts) -> Network:
    """The network that an answer carries, checked as one from a file is.

    Its opaque nodes may draw random numbers, for all that is known of them.

    Raises
    ------
    Malformed
        If its numbers, shapes or wires are no network's.
    """
    try:
        return _whole(parts)
    except LumpverError:
        raise
    except (ArithmeticError, LookupError, TypeError, ValueError, MemoryError) as error:
        raise Malformed("network", expected="parts that fit", got=str(error)[:200]) from error


def _whole(parts: Parts) -> Network:
    tensors = {part.name: _tensor(part) for part in parts.tensors}
    inputs, outputs = (tuple(map(_tensor, some)) for some in (parts.inputs, parts.outputs))
    nodes = tuple(_node(part) for part in parts.nodes)
    network = Network(inputs, outputs, nodes, tensors, parts.environment)
    made = [tensor.name for tensor in inputs]
    made += [name for node in nodes for name in node.outputs if name]
    if missing := sorted(set(made) - set(tensors)):
        raise Malformed(f"tensor {missing[0]}", expected="a type", got="none")
    if all(tensors[name].shape is not None for name in made):
        check_shapes(network)
    return network


def _tensor(part: Type) -> Tensor:
    return Tensor(part.name, part.dtype, None if part.shape is None else tuple(part.shape))


def _node(part: AnyNode) -> Node:
    match part:
        case AffineNode():
            return _affine(part)
        case ActivationNode():
            values = tuple(parse(value, where=f"node {part.name}") for value in part.parameters)
            function = from_numbers(part.operator, values, part.axis)
            return Pointwise(part.name, part.input, part.output, function)
        case PoolNode(name, x, y, operator, axis, lengths, counts):
            window = Window(*map(tuple, lengths)) if lengths else None
            return Pool(name, x, y, operator, axis, window, counts)
        case RearrangeNode():
            axes = None if part.parameters is None else tuple(part.parameters)
            return Rearrange(
                part.name, part.input, part.output, part.operator, axes, part.zero_copies
            )
        case PickNode():
            places = tuple((axis, tuple(some)) for axis, some in part.places)
            return Pick(part.name, part.input, part.output, places)
        case JoinNode():
            return Join(part.name, tuple(part.operands), part.output, part.operator, part.axis)
        case OpaqueNode():
            return _opaque(part)
        case _:
            assert_never(part)


def _affine(part: AffineNode) -> Linear:
    where = f"node {part.name}"
    if not -64 <= part.axis < 0:
        raise Malformed(where, expected="an axis from the end", got=str(part.axis))
    W, b = (None if x is None else _array(x, where) for x in (part.W, part.b))
    if W is not None and W.ndim not in {1, 2}:
        raise Malformed(where, expected="a matrix or a diagonal", got=f"{W.ndim} axes")
    found = linear(part.name, part.input, part.output, W, b, axis=part.axis)
    if part.statistics is not None:
        if W is None or W.ndim != 1:
            raise Malformed(where, expected="a gamma for each unit", got="none")
        mean, variance = (
            _array(x, where) for x in (part.statistics.mean, part.statistics.variance)
        )
        epsilon = parse(part.statistics.epsilon, where=where)
        return replace(found, weights=Normalization(W, mean, variance, epsilon, where))
    if not part.window:
        return found
    return replace(found, weights=kernel_of(found, part.window, part.groups))


def _opaque(part: OpaqueNode) -> Opaque:
    operands = tuple(_bytes(x) if isinstance(x, Bytes) else x for x in part.operands)
    captured = tuple((name, None if x is None else _bytes(x)) for name, x in part.captured)
    made = Opaque(part.name, part.operator, operands, tuple(part.outputs), part.content, captured)
    return made if made.is_constant else replace(made, draws=part.operator)


def _bytes(part: Bytes) -> Constant:
    return Constant(part.dtype, tuple(part.shape), part.data)


def _array(part: Array, where: str) -> Exact:
    count = prod(part.shape)
    code = _FLOATS.get(part.dtype)
    stored = len(part.rationals) if code is None else len(part.floats) // np.dtype(code).itemsize
    whole = code is None or len(part.floats) % np.dtype(code).itemsize == 0
    if any(size < 0 for size in part.shape) or stored != count or not whole:
        raise Malformed(where, expected=f"{part.shape} numbers", got=str(stored))
    if code is not None:
        native = np.frombuffer(part.floats, code).astype(part.dtype)
        return finite(native.reshape(part.shape), where=where)
    numbers = np.empty(count, dtype=object)
    numbers[:] = [parse(word, where=where) for word in part.rationals]
    return compact(numbers.reshape(part.shape))
