"""Reading a network's exact JSON.

Numbers are stored as float64 where that holds a whole array, else as rationals.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.errors import Malformed, ShapeMismatch
from lumpver.exact.array import Exact, compact
from lumpver.exact.scalar import parse
from lumpver.io.json.schema import (
    ActivationNode,
    AffineNode,
    AnyNode,
    Diagonal,
    JoinNode,
    Kernel,
    Matrix,
    NamedTensor,
    Normalization,
    PickNode,
    PoolNode,
    TensorType,
    decode,
)
from lumpver.io.json.shapes import check_shapes
from lumpver.model import weights
from lumpver.model.kernels import kernel_of
from lumpver.model.network import (
    Join,
    Linear,
    Network,
    Node,
    Pick,
    Pointwise,
    Pool,
    Rearrange,
    Tensor,
    linear,
)
from lumpver.model.renaming import read_back
from lumpver.model.several import from_numbers
from lumpver.model.window import Window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flint import fmpq

_HEXADECIMAL: Final = re.compile(r"(?:[0-9a-f]{2})*", re.ASCII)


def read(data: bytes, *, where: str) -> Network:
    """The network that an exact JSON text describes.

    Raises
    ------
    Unreadable
        If `data` is no JSON.
    Malformed
        If it is not a network: unknown, missing or repeated fields, numbers in another
        form than `"p/q"` in lowest terms, tensors read before they are made.
    ShapeMismatch
        If weights, biases and the shapes of tensors do not fit, naming the node.

    Examples
    --------
    >>> from lumpver.io.json.writing import write
    >>> third = Network.from_layers([([["1/3"]], None)])
    >>> read(write(third), where="third.json")([2])
    (2/3,)
    """
    document = decode(data, where=where)
    if _HEXADECIMAL.fullmatch(document.environment) is None:
        got = repr(document.environment[:40])
        raise Malformed(f"{where} environment", expected="lower-case hexadecimal", got=got)
    nodes = tuple(_node(node) for node in document.nodes)
    tensors = {name: _tensor(name, kind) for name, kind in document.tensors.items()}
    network = Network(
        tuple(_tensor(tensor.name, tensor) for tensor in document.inputs),
        tuple(_tensor(tensor.name, tensor) for tensor in document.outputs),
        nodes,
        tensors,
        bytes.fromhex(document.environment),
    )
    names = {tensor.name for tensor in network.inputs} | {node.outputs[0] for node in nodes}
    if odd := sorted(names ^ set(tensors)):
        got = "no type for it" if odd[0] in names else "a type for a tensor that is not there"
        raise Malformed(f"tensor {odd[0]}", expected="one type per tensor", got=got)
    check_shapes(network)
    return read_back(network, where=where)


def _tensor(name: str, kind: TensorType | NamedTensor) -> Tensor:
    return Tensor(name, kind.dtype, None if kind.shape is None else tuple(kind.shape))


def _node(node: AnyNode) -> Node:
    place = f"node {node.name}"
    if isinstance(node, AffineNode):
        if isinstance(node.weights, Normalization):
            return _normalization(node, node.weights)
        W = None if node.weights is None else _numbers_of(node.weights, f"{place} weights")
        b = None if node.bias is None else _vector(node.bias, f"{place} bias")
        found = linear(node.name, node.input, node.output, W, b, axis=node.axis)
        if isinstance(node.weights, Kernel):
            size, kernel = node.weights.size, node.weights
            lengths = (
                size,
                kernel.strides,
                kernel.dilations,
                kernel.before,
                kernel.after,
                kernel.spacing,
            )
            return replace(found, weights=kernel_of(found, lengths, kernel.groups))
        return found
    if isinstance(node, PickNode):
        places = tuple(map(tuple, node.places))
        if len(places) != len(node.axes):
            expected, got = f"places along {len(node.axes)} axes", str(len(places))
            raise Malformed(place, expected=expected, got=got)
        return Pick(node.name, node.input, node.output, tuple(zip(node.axes, places, strict=True)))
    if isinstance(node, JoinNode):
        return Join(node.name, tuple(node.operands), node.output, node.operator, node.axis)
    if isinstance(node, ActivationNode):
        parameters = tuple(_numbers(node.parameters, f"{place} parameters"))
        try:
            function = from_numbers(node.operator, parameters, node.axis)
        except Malformed as error:
            raise Malformed(place, expected=error.expected, got=error.got) from error
        return Pointwise(node.name, node.input, node.output, function)
    if isinstance(node, PoolNode):
        return _pool(node)
    values = None if node.parameters is None else tuple(node.parameters)
    return Rearrange(node.name, node.input, node.output, node.operator, values, node.zero_copies)


def _normalization(node: AffineNode, given: Normalization) -> Linear:
    place = f"node {node.name}"
    gamma = _vector(given.gamma, f"{place} gamma")
    mean = _vector(given.mean, f"{place} mean")
    variance = _vector(given.variance, f"{place} variance")
    epsilon = parse(given.epsilon, where=f"{place} epsilon")
    found = weights.Normalization(gamma, mean, variance, epsilon, place)
    b = None if node.bias is None else _vector(node.bias, f"{place} bias")
    if b is not None and b.shape != gamma.shape:
        raise ShapeMismatch(place, expected=f"{gamma.size} biases", got=str(b.size))
    return Linear(node.name, node.input, node.output, found, b, node.axis)


def _pool(node: PoolNode) -> Pool:
    over = node.window
    window = None
    if over is not None:
        steps = over.dilations or [1] * len(over.size)
        lengths = (over.size, over.strides, steps, over.before, over.after, over.spacing)
        window = Window(*map(tuple, lengths))
    return Pool(
        node.name, node.input, node.output, node.operator, node.axis, window, node.counts_padding
    )


def _numbers_of(given: Matrix | Kernel | Diagonal, where: str) -> Exact:
    if isinstance(given, Diagonal):
        return _vector(given.entries, where)
    result = np.empty((len(given.rows), given.columns), dtype=object)
    for i, row in enumerate(given.rows):
        if len(row) != given.columns:
            raise ShapeMismatch(
                f"{where} row {i}", expected=f"{given.columns} numbers", got=str(len(row))
            )
        result[i, :] = _numbers(row, f"{where} row {i}")
    return compact(result)


def _vector(words: Sequence[str], where: str) -> Exact:
    result = np.empty(len(words), dtype=object)
    result[:] = _numbers(words, where)
    return compact(result)


def _numbers(words: Sequence[str], where: str) -> list[fmpq]:
    values: list[fmpq] = []
    try:
        for word in words:
            values.append(parse(word, where=where))  # noqa: PERF401 the length tells the place
    except Malformed as error:
        place = f"{where}, value {len(values)}"
        raise Malformed(place, expected=error.expected, got=error.got) from error
    return values
