"""A network as the layers of a ReLU chain, whatever nodes it is made of.

Everything affine between two activations is multiplied out, exactly, to one layer.

run: the affine nodes between two activations, in order
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

import numpy as np

from lumpver.errors import ShapeMismatch, Unrepresentable
from lumpver.exact.array import Exact, add, multiply, zeros
from lumpver.model.activations import IDENTITY, RELU
from lumpver.model.linear import normalizes, numbers_of, window_of
from lumpver.model.network import Join, Linear, Opaque, Pick, Pointwise, Pool, Rearrange
from lumpver.model.rearrange import rearranged
from lumpver.model.weights import Diagonal, Identity, Kernel, Matrix, Normalization, Weights, times

if TYPE_CHECKING:
    from lumpver.model.network import Network, Node


@dataclass(frozen=True, slots=True, eq=False)
class ReluLayer:
    """W x + b: one row of `W` and one entry of `b` per unit."""

    W: Exact
    b: Exact


def relu_layers(network: Network) -> list[ReluLayer]:
    """The layers of a ReLU chain over vectors, each multiplied out, the last one linear.

    Tensors have rank 1, or rank 2 with the batch in front; identities are passed over.

    Raises
    ------
    Unrepresentable
        If the network is anything else, naming the node.
    ShapeMismatch
        If a node does not fit the one before.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> network = Network.from_layers([([[2]], [1]), ([[3]], None)])
    >>> [(layer.W.tolist(), layer.b.tolist()) for layer in relu_layers(network)]
    [([[2.0]], [1.0]), ([[3.0]], [0.0])]
    """
    shape = network.inputs[0].shape if network.inputs else None
    if len(network.inputs) != 1 or len(network.outputs) != 1:
        got = f"{len(network.inputs)} and {len(network.outputs)}"
        raise Unrepresentable("network", expected="one input and one output", got=got)
    if shape is None or len(shape) not in (1, 2):
        raise Unrepresentable(
            f"input {network.inputs[0].name}", expected="a vector per example", got=str(shape)
        )
    width = shape[-1] if isinstance(shape[-1], int) else None
    layers = []
    for run in _runs(network):
        layer = _product(run, width)
        layers.append(layer)
        width = layer.W.shape[0]
    return layers


def _runs(network: Network) -> list[list[Linear]]:
    here = network.inputs[0].name
    runs: list[list[Linear]] = [[]]
    for node in network.nodes:
        if node.inputs != (here,):
            got = ", ".join(node.inputs) or "nothing"
            raise Unrepresentable(f"node {node.name}", expected=f"a reader of {here}", got=got)
        match node:
            case Linear() if node.axis == -1 and not normalizes(node):
                runs[-1].append(node)
            case Pointwise() if node.activation == RELU:
                runs.append([])
            case Linear() | Pointwise() | Pool() | Rearrange() | Pick() | Join() | Opaque():
                if (change := _changing(node, network)) is not None:
                    expected = "an affine layer or ReLU"
                    raise Unrepresentable(f"node {node.name}", expected=expected, got=change)
            case _:
                assert_never(node)
        here = node.outputs[0]
    if here != network.outputs[0].name:
        raise Unrepresentable("output", expected=here, got=network.outputs[0].name)
    return runs


def _changing(node: Node, network: Network) -> str | None:
    """What a node is that changes something, None for an identity.

    That is also one that turns a shape into the same shape.
    """
    match node:
        case Linear() if normalizes(node):
            return "a normalization"
        case Linear():
            window = window_of([node])
            return f"axis {node.axis}" if window is None else "a convolution"
        case Pointwise():
            return None if node.activation == IDENTITY else str(node.activation)
        case Pool():
            return "a pool"
        case Rearrange():
            shape = network.tensors[node.input].shape
            known = shape is not None and None not in shape and node.operator != "Transpose"
            return None if known and rearranged(node, shape) == shape else node.operator
        case Pick():
            return "some of the entries"
        case Join() | Opaque():
            return node.operator
        case _:
            assert_never(node)


def _product(run: list[Linear], width: int | None) -> ReluLayer:
    """The nodes of a run, multiplied out to one matrix and one bias."""
    weights: Weights = Identity()
    b: Exact | None = None
    for node in run:
        width = _width_after(node, width)
        b = None if b is None else times(node.weights, b)
        b = node.b if b is None else b if node.b is None else add(b, node.b)
        weights = _behind(node.weights, weights)
    if width is None:
        raise Unrepresentable("input", expected="a known number of units", got="none")
    return ReluLayer(_matrix(weights, width), zeros(width) if b is None else b)


def _width_after(node: Linear, width: int | None) -> int | None:
    """The number of units of the node's output."""
    for part in numbers_of(node):
        if width not in (None, part.shape[-1]):
            raise ShapeMismatch(f"node {node.name}", expected=f"{width} units", got=str(part.shape))
        width = part.shape[0]
    return width


def _behind(weights: Weights, before: Weights) -> Weights:
    """The product of both."""
    match before:
        case Matrix(numbers) | Kernel(numbers):
            return Matrix(times(weights, numbers))
        case Diagonal(factors):
            return _behind_diagonal(weights, factors)
        case Identity():
            return weights
        case Normalization():
            raise _irrational(before)
        case _:
            assert_never(before)


def _behind_diagonal(weights: Weights, factors: Exact) -> Weights:
    match weights:
        case Matrix(numbers) | Kernel(numbers):
            return Matrix(multiply(numbers, factors))
        case Diagonal() | Identity():
            return Diagonal(times(weights, factors))
        case Normalization():
            raise _irrational(weights)
        case _:
            assert_never(weights)


def _matrix(weights: Weights, width: int) -> Exact:
    match weights:
        case Matrix(numbers) | Kernel(numbers):
            return numbers
        case Diagonal() | Identity():
            return times(weights, np.eye(width))
        case Normalization():
            raise _irrational(weights)
        case _:
            assert_never(weights)


def _irrational(weights: Normalization) -> Unrepresentable:
    return Unrepresentable(weights.where, expected="an affine layer or ReLU", got="a normalization")
