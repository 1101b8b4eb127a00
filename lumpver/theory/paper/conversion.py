"""Between the paper's `NN` and lumpver's `Network`.

A maximal run of affine nodes is one layer of the paper: it is multiplied out here, by
the formula and over sympy Rationals.

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*, Definition 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

import numpy as np

from lumpver.errors import Malformed, ShapeMismatch
from lumpver.exact.array import compact, rationals
from lumpver.exact.scalar import number
from lumpver.model.activations import IDENTITY, Activation
from lumpver.model.network import Join, Linear, Network, Opaque, Pick, Pointwise, Pool, Rearrange
from lumpver.model.several import common
from lumpver.model.weights import Diagonal, Identity, Kernel, Matrix, Normalization, rows
from lumpver.theory.paper.networks import NN, rational, total

if TYPE_CHECKING:
    from sympy import Rational

    from lumpver.exact.array import Exact
    from lumpver.model.network import Node

    Rows = tuple[tuple[Rational, ...], ...]
    Affine = tuple[Rows, tuple[Rational, ...]]


def from_network(network: Network) -> NN:
    """The chain `network` as the paper writes it: the same function, layer by layer.

    Raises
    ------
    Malformed
        If `network` is not one chain of affine nodes and activations over one axis.
    ShapeMismatch
        If an affine node does not fit the one before.

    Examples
    --------
    >>> chain = Network.from_layers([([[1], [2]], None), ([[1, 1]], ["1/2"])])
    >>> nn = from_network(chain)
    >>> nn.widths, nn(["1/3"]) == chain(["1/3"])
    ((1, 2, 1), True)
    """
    here, width = _ends(network)
    layers: list[Affine] = []
    activations: list[Activation] = []
    pending: Affine | None = None
    for node in network.nodes:
        match node:
            case Pointwise() if node.input == here:
                layers.append(pending or _identity(width))
                activations.append(_function(node))
                pending, width = None, len(layers[-1][1])
            case Linear() if node.input == here and node.axis == -1:
                pending = _compose(pending or _identity(width), node)
            case Linear() | Pointwise() | Pool() | Rearrange() | Pick() | Join() | Opaque():
                raise _unchained(node, here)
            case _:
                assert_never(node)
        here = node.outputs[0]
    if here != network.outputs[0].name:
        raise Malformed("outputs", expected=f"the end of the chain, {here}", got="another")
    if pending is not None or not layers:
        layers.append(pending or _identity(width))
        activations.append(IDENTITY)
    weights, biases = zip(*layers, strict=True)
    return NN(weights, biases, tuple(activations))


def _function(node: Pointwise) -> Activation:
    found = common(node.activation)
    if found is None:
        raise Malformed(f"node {node.name}", expected="one activation", got="one for each unit")
    return found


def to_network(nn: NN) -> Network:
    """The network of `nn`, with one affine node per layer.

    Raises
    ------
    Malformed
        If nodes of one layer have different activations.

    Examples
    --------
    >>> nn = NN.of([[[1, 2]], [[1], [3]]], [[0, 1], [0]], [IDENTITY, IDENTITY])
    >>> to_network(nn)([1]) == nn([1])
    True
    """
    layers = []
    for ell in range(1, nn.k + 1):
        W = np.empty((len(nn.S(ell)), len(nn.S(ell - 1))), dtype=object)
        for v, u in np.ndindex(W.shape):
            W[v, u] = number(nn.W(ell, u, v))
        b = np.empty(len(nn.S(ell)), dtype=object)
        b[:] = [number(nn.b(ell, v)) for v in nn.S(ell)]
        layers.append((compact(W), compact(b), _shared(nn, ell)))
    return Network.from_layers(layers)


def _shared(nn: NN, ell: int) -> Activation:
    functions = nn.activations[ell - 1]
    if isinstance(functions, Activation):
        return functions
    if len(set(functions)) > 1:
        names = ", ".join(sorted(map(str, set(functions))))
        raise Malformed(f"layer {ell}", expected="one activation for all nodes", got=names)
    return functions[0] if functions else IDENTITY


def _ends(network: Network) -> tuple[str, int]:
    if len(network.inputs) != 1 or len(network.outputs) != 1:
        raise Malformed(
            "network",
            expected="one input and one output",
            got=f"{len(network.inputs)} and {len(network.outputs)}",
        )
    shape = network.inputs[0].shape
    if not shape or not isinstance(shape[-1], int):
        raise Malformed("input", expected="a known number of units", got=str(shape))
    return network.inputs[0].name, shape[-1]


def _unchained(node: Node, here: str) -> Malformed:
    expected = f"an affine node or activation that reads {here} along its last axis"
    return Malformed(f"node {node.name}", expected=expected, got=type(node).__name__)


def _identity(width: int) -> Affine:
    return _scaling((rational(1),) * width), (rational(0),) * width


def _scaling(factors: tuple[Rational, ...]) -> tuple[tuple[Rational, ...], ...]:
    zero, units = rational(0), range(len(factors))
    return tuple(tuple(d if u == v else zero for v in units) for u, d in enumerate(factors))


def _compose(before: Affine, node: Linear) -> Affine:
    """The layer x -> W(Vx + c) + b for `before` = (V, c); rows by u, columns by v."""
    V, c = before
    W, b = _rows(node, len(c))
    outgoing = range(len(b))
    rows = tuple(
        tuple(total(row[w] * W[w][v] for w in range(len(c))) for v in outgoing) for row in V
    )
    bias = tuple(total(c[w] * W[w][v] for w in range(len(c))) + b[v] for v in outgoing)
    return rows, bias


def _rows(node: Linear, width: int) -> Affine:
    match node.weights:
        case Matrix(numbers):
            W = tuple(_entries(column) for column in numbers.T)
        case Diagonal(factors):
            W = _scaling(_entries(factors))
        case Identity():
            W = _identity(width)[0]
        case Kernel():
            raise ShapeMismatch(f"node {node.name}", expected="a dense layer", got="a convolution")
        case Normalization():
            got = "a normalization"
            raise ShapeMismatch(f"node {node.name}", expected="a dense layer", got=got)
        case _:
            assert_never(node.weights)
    if len(W) != width:
        raise ShapeMismatch(f"node {node.name}", expected=f"{width} units", got=f"{len(W)}")
    made = rows(node.weights)
    size = width if made is None else made
    b = (rational(0),) * size if node.b is None else _entries(node.b)
    if len(b) != size:
        raise ShapeMismatch(f"node {node.name}", expected=f"{size} biases", got=f"{len(b)}")
    return W, b


def _entries(values: Exact) -> tuple[Rational, ...]:
    return tuple(map(rational, rationals(values).tolist()))
