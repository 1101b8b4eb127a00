"""Exact evaluation: what a network computes at a rational point.

The slow, plain reading of a network that everything else is tested against.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, assert_never

import numpy as np

from lumpver.errors import Malformed, NotRational, ShapeMismatch
from lumpver.exact.array import Exact, array, rationals
from lumpver.exact.scalar import to_sympy
from lumpver.model import join, linear, pick, pointwise, pool, rearrange
from lumpver.model.join import Join
from lumpver.model.linear import Linear
from lumpver.model.opaque import Opaque
from lumpver.model.pick import Pick
from lumpver.model.pointwise import Pointwise
from lumpver.model.pool import Pool
from lumpver.model.rearrange import Rearrange

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.model.graph import Graph
    from lumpver.model.nodes import Node
    from lumpver.model.tensor import Tensor


def evaluate(network: Graph, values: Mapping[str, Any]) -> dict[str, Exact]:
    """The outputs by name, exactly, as arrays of `fmpq`.

    `values` maps every input's name to numbers of the input's shape; symbolic axes may
    have any length.

    Raises
    ------
    NotRational
        If an output depends on an opaque node, or an activation has no rational value.
    ShapeMismatch
        If a value does not have its input's shape.
    Malformed
        If an input is missing.
    """
    return outputs_of(network, trace(network, values))


def outputs_of(network: Graph, known: Mapping[str, Exact]) -> dict[str, Exact]:
    """The outputs by name, of a trace.

    Raises
    ------
    NotRational
        If an output depends on an opaque node.
    """
    result = {}
    for tensor in network.outputs:
        if tensor.name not in known:
            blockers = ", ".join(f"{n.name} ({n.operator})" for n in network.opaque[:3])
            raise NotRational(
                f"output {tensor.name}",
                expected="modelled nodes on the way to it",
                got=f"opaque nodes: {blockers}",
            )
        result[tensor.name] = rationals(known[tensor.name])
    return result


def trace(network: Graph, values: Mapping[str, Any]) -> dict[str, Exact]:
    """Every tensor's value that depends on no opaque node."""
    known: dict[str, Exact] = {}
    for tensor in network.inputs:
        if tensor.name not in values:
            raise Malformed("inputs", expected=f"a value for {tensor.name}", got="none")
        known[tensor.name] = _fitted(tensor, values[tensor.name])
    for node in network.nodes:
        match node:
            case Opaque():
                if node.value is not None:
                    known[node.outputs[0]] = node.value
            case Linear() | Pointwise() | Pool() | Rearrange() | Pick() | Join():
                if all(name in known for name in node.inputs):
                    known[node.output] = apply(node, *(known[name] for name in node.inputs))
            case _:
                assert_never(node)
    return known


def apply(node: Node, x: Exact, *others: Exact) -> Exact:
    """One modelled node's output for the values of what it reads.

    Raises
    ------
    NotRational
        For an opaque node, or an activation without a rational value there.
    ShapeMismatch
        If the value does not fit the node.
    """
    match node:
        case Linear():
            return linear.value(node, x)
        case Pointwise():
            return pointwise.value(node, x)
        case Pool():
            return pool.value(node, x)
        case Rearrange():
            return rearrange.value(node, x)
        case Pick():
            return pick.value(node, x)
        case Join():
            return join.value(node, x, *others)
        case Opaque():
            expected, got = "a modelled operator", node.operator
            raise NotRational(f"node {node.name}", expected=expected, got=got)
        case _:
            assert_never(node)


def _fitted(tensor: Tensor, value: Any) -> Exact:
    x = array(value, where=f"input {tensor.name}")
    shape = tensor.shape
    if shape is None:
        return x
    if x.ndim < len(shape):
        x = x.reshape((1,) * (len(shape) - x.ndim) + x.shape)
    fits = x.ndim == len(shape) and all(
        not isinstance(size, int) or size == length
        for size, length in zip(shape, x.shape, strict=True)
    )
    if not fits:
        raise ShapeMismatch(f"input {tensor.name}", expected=str(shape), got=str(x.shape))
    return x


def call(network: Graph, values: tuple[Any, ...]) -> Any:
    """The outputs as nested tuples of sympy Rationals: the one output, or a dict by name.

    `values` are the inputs in order, or one dict by name. A value with fewer axes than
    its input gets leading axes of length 1.
    """
    if len(values) == 1 and isinstance(values[0], dict):
        named = values[0]
    else:
        if len(values) != len(network.inputs):
            raise Malformed(
                "inputs", expected=f"{len(network.inputs)} values", got=str(len(values))
            )
        named = {t.name: v for t, v in zip(network.inputs, values, strict=True)}
    found = {name: _handed_out(value) for name, value in evaluate(network, named).items()}
    return next(iter(found.values())) if len(found) == 1 else found


def _handed_out(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return tuple(_handed_out(part) for part in value)
    return to_sympy(value)
