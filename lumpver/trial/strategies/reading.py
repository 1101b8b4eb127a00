"""Networks as drafts: one input, affine nodes and activations along the last axis.

An activation joins the affine node before it, unless something else reads that too.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, assert_never

import numpy as np

from lumpver.errors import Malformed
from lumpver.exact.array import Exact, as_float64, is_float, rationals
from lumpver.exact.scalar import ONE, ZERO
from lumpver.model.activations import IDENTITY, Activation
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
from lumpver.model.several import common
from lumpver.model.weights import Diagonal, Identity, Kernel, Matrix, Normalization
from lumpver.trial.strategies.drafts import INPUT, Draft, Layer

if TYPE_CHECKING:
    from lumpver.trial.strategies.drafts import Row


def draft(network: Network) -> Draft:
    """The draft of a network with one input, affine nodes and activations on one axis.

    Raises
    ------
    Malformed
        For every other network.

    Examples
    --------
    >>> twins = Network.from_layers([([[1], [2]], None), ([[1, 1]], None)])
    >>> draft(twins).network().digest == draft(draft(twins).network()).network().digest
    True
    """
    x, width = _input(network)
    layers: list[Layer] = []
    place = {x.name: INPUT}
    ends = {tensor.name for tensor in network.outputs}
    for node in network.nodes:
        match node:
            case Linear() if node.axis == -1:
                source = place[node.input]
                place[node.output] = len(layers)
                layers.append(_layer(node, source, _units(layers, source, width)))
            case Pointwise():
                source = place[node.input]
                if _joins(network, node, source, layers) and node.input not in ends:
                    place[node.output] = source
                    layers[source] = replace(layers[source], activation=_function(node))
                else:
                    place[node.output] = len(layers)
                    layers.append(_alone(node, source, _units(layers, source, width)))
            case Linear() | Pool() | Rearrange() | Pick() | Join() | Opaque():
                expected = "an affine node or activation"
                raise Malformed(f"node {node.name}", expected=expected, got="another")
            case _:
                assert_never(node)
    outputs = tuple(place[tensor.name] for tensor in network.outputs)
    return Draft(width, tuple(layers), outputs, batch=len(x.shape or ()) == 2)


def _input(network: Network) -> tuple[Tensor, int]:
    """The one input and its width."""
    if len(network.inputs) != 1:
        raise Malformed("network", expected="one input", got=str(len(network.inputs)))
    x = network.inputs[0]
    width = x.shape[-1] if x.shape else None
    if not isinstance(width, int):
        raise Malformed("input", expected="a known number of units", got=str(x.shape))
    return x, width


def _units(layers: list[Layer], source: int, width: int) -> int:
    return width if source == INPUT else layers[source].units


def _alone(node: Pointwise, source: int, columns: int) -> Layer:
    """An activation as a layer of its own."""
    return Layer(_identity(columns), (ZERO,) * columns, _function(node), source)


def _function(node: Pointwise) -> Activation:
    """The activation that all units have."""
    found = common(node.activation)
    if found is None:
        raise Malformed(f"node {node.name}", expected="one activation", got="one for each unit")
    return found


def _joins(network: Network, node: Pointwise, source: int, layers: list[Layer]) -> bool:
    """Whether only this activation reads what layer `source` is so far."""
    if source == INPUT or layers[source].activation != IDENTITY:
        return False
    producer = network.producers[node.input]
    return isinstance(producer, Linear) and len(network.readers[node.input]) == 1


def _layer(node: Linear, source: int, columns: int) -> Layer:
    match node.weights:
        case Matrix(numbers):
            W = tuple(tuple(row) for row in _nested(numbers))
        case Diagonal(factors):
            W = tuple(
                tuple(d if u == v else ZERO for u in range(columns))
                for v, d in enumerate(_nested(factors))
            )
        case Identity():
            W = _identity(columns)
        case Kernel():
            raise Malformed(f"node {node.name}", expected="a dense layer", got="a convolution")
        case Normalization():
            got = "a normalization"
            raise Malformed(f"node {node.name}", expected="a dense layer", got=got)
        case _:
            assert_never(node.weights)
    b = (ZERO,) * len(W) if node.b is None else tuple(_nested(node.b))
    return Layer(W, b, IDENTITY, source)


def _identity(width: int) -> tuple[Row, ...]:
    return tuple(tuple(ONE if u == v else ZERO for u in range(width)) for v in range(width))


def _nested(a: Exact) -> list[Any]:
    """An exact array as nested lists, with -0.0 where it is stored."""
    exact = rationals(a)
    if not is_float(a):
        return list(exact.tolist())
    negative = (a == 0) & np.signbit(as_float64(a))
    if negative.any():
        exact[negative] = -0.0
    return list(exact.tolist())
