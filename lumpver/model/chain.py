"""Chains: the nodes of networks given layer by layer, as the paper writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, assert_never

from lumpver.errors import Malformed, ShapeMismatch
from lumpver.model.activations import IDENTITY, RELU, Activation, activation
from lumpver.model.linear import Linear, linear
from lumpver.model.pointwise import Pointwise
from lumpver.model.tensor import Tensor
from lumpver.model.weights import Diagonal, Identity, Kernel, Matrix, Normalization

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumpver.model.nodes import Node


def chained(
    layers: Sequence[Any], *, activation: str | Activation = RELU
) -> tuple[tuple[Node, ...], dict[str, Tensor]]:
    """The nodes and the tensors of the chain x -> layer 1 -> ... -> y.

    Each layer is `(W, b)` or `(W, b, activation)`.
    `W` has one row per neuron of the layer and one column per neuron of the layer before
    (that is W_l(u, v) at row v, column u), `b` one entry per neuron or None for zeros.
    Hidden layers use `activation`, the last layer none, unless a layer names its own.
    Numbers may be ints, Fractions, sympy Rationals or matrices, `"1/3"`, numpy arrays.

    Raises
    ------
    ShapeMismatch
        If a layer does not fit the one before.
    Malformed
        If there is no layer, or one is not a pair or triple.

    Examples
    --------
    >>> nodes, tensors = chained([([["1/3"]], None), ([[3]], ["1/2"])])
    >>> list(tensors)
    ['x', 'h1.pre', 'h1', 'y']
    """
    if not layers:
        raise Malformed("layers", expected="at least one layer", got="none")
    nodes: list[Node] = []
    tensors: dict[str, Tensor] = {}
    here, columns = "x", None
    for index, layer in enumerate(layers, start=1):
        last = index == len(layers)
        W, b, function = _layer(layer, index, IDENTITY if last else activation)
        target = "y" if last else f"h{index}"
        before = f"{target}.pre" if function != IDENTITY else target
        node = linear(f"layer {index}", here, before, W, b)
        rows, columns = _fit(node, columns)
        if not tensors:
            tensors["x"] = Tensor("x", shape=(columns,))
        nodes.append(node)
        tensors[before] = Tensor(before, shape=(rows,))
        if function != IDENTITY:
            nodes.append(Pointwise(f"activation {index}", before, target, function))
            tensors[target] = Tensor(target, shape=(rows,))
        here, columns = target, rows
    return tuple(nodes), tensors


def _layer(layer: Any, index: int, default: str | Activation) -> tuple[Any, Any, Activation]:
    try:
        W, b, *rest = layer
        if len(rest) > 1:
            raise ValueError
    except (TypeError, ValueError) as error:
        raise Malformed(f"layer {index}", expected="(W, b)", got=repr(layer)[:40]) from error
    return W, b, activation(rest[0] if rest else default)


def _fit(node: Linear, columns: int | None) -> tuple[int, int]:
    match node.weights:
        case Matrix(numbers):
            rows, found = map(int, numbers.shape)
        case Diagonal(factors) | Normalization(factors):
            raise ShapeMismatch(node.name, expected="a matrix of weights", got=str(factors.shape))
        case Kernel():
            raise ShapeMismatch(node.name, expected="a matrix of weights", got="a kernel")
        case Identity():
            raise ShapeMismatch(node.name, expected="a matrix of weights", got="none")
        case _:
            assert_never(node.weights)
    if columns not in {None, found}:
        raise ShapeMismatch(node.name, expected=f"{columns} columns", got=f"{found} columns")
    return rows, found
