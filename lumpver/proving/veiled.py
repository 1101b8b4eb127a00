"""Networks with kernels, normalizations and pools veiled: opaque, equal only to themselves.

The steps of `prove` speak of units along one axis; what a window makes of positions they do not
know. Behind the veil such a node is like any that is not modelled, its numbers compared.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, assert_never

from lumpver.exact.array import is_float, rationals
from lumpver.exact.scalar import text
from lumpver.model.linear import Linear
from lumpver.model.network import Constant, Join, Network, Opaque, Pointwise, Pool, Rearrange
from lumpver.model.weights import Kernel, Normalization

if TYPE_CHECKING:
    from lumpver.exact.array import Exact
    from lumpver.model.network import Node

CONVOLUTION: Final = "ai.onnx:Conv"
NORMALIZATION: Final = "ai.onnx:BatchNormalization"
_POOLS: Final = {"max": "MaxPool", "mean": "AveragePool", "sum": "ReduceSum"}


def veiled(network: Network) -> Network:
    """The network, itself if it has no window, with opaque nodes in the place of those."""
    nodes = tuple(_veiled(node) for node in network.nodes)
    same = all(a is b for a, b in zip(nodes, network.nodes, strict=True))
    return network if same else replace(network, nodes=nodes)


def _veiled(node: Node) -> Node:
    match node:
        case Linear(weights=Kernel() as kernel):
            return _opaque(node, kernel)
        case Linear(weights=Normalization() as weights):
            return _normalization(node, weights)
        case Pool():
            return veil(node)
        case Linear() | Pointwise() | Rearrange() | Join() | Opaque():
            return node
        case _:
            assert_never(node)


def veil(node: Pool) -> Opaque:
    """The pool as an opaque node, equal to another where both pool alike."""
    content = repr((node.axis, node.window, node.counts_padding)).encode()
    operator = f"ai.onnx:{_POOLS[node.operator]}"
    return Opaque(node.name, operator, (node.input,), (node.output,), content)


def _opaque(node: Linear, kernel: Kernel) -> Opaque:
    bias = None if node.b is None else _constant(node.b)
    operands = (node.input, _constant(kernel.numbers), bias)
    content = repr((kernel.window, kernel.groups)).encode()
    return Opaque(node.name, CONVOLUTION, operands, (node.output,), content)


def _normalization(node: Linear, weights: Normalization) -> Opaque:
    bias = None if node.b is None else _constant(node.b)
    numbers = (_constant(part) for part in (weights.gamma, weights.mean, weights.variance))
    operands = (node.input, *numbers, bias)
    content = repr((node.axis, text(weights.epsilon))).encode()
    return Opaque(node.name, NORMALIZATION, operands, (node.output,), content)


def _constant(numbers: Exact) -> Constant:
    if is_float(numbers):
        return Constant(str(numbers.dtype), numbers.shape, numbers.tobytes())
    data = " ".join(map(text, rationals(numbers).ravel())).encode()
    return Constant("real", numbers.shape, data)
