"""A network's content as bytes, for digests: equal networks, equal bytes.

Names, wiring, types and numbers go in; storage formats and sources do not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

import numpy as np

from lumpver.exact.array import Exact, rationals
from lumpver.exact.scalar import text
from lumpver.model.join import Join
from lumpver.model.linear import Linear, groups_of, window_of
from lumpver.model.names import spelled
from lumpver.model.opaque import Constant, Opaque
from lumpver.model.pick import Pick
from lumpver.model.pointwise import Pointwise
from lumpver.model.pool import Pool
from lumpver.model.rearrange import Rearrange
from lumpver.model.several import Several
from lumpver.model.weights import Diagonal, Identity, Kernel, Matrix, Normalization

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lumpver.model.graph import Graph
    from lumpver.model.nodes import Node
    from lumpver.model.several import Activations


def describe(network: Graph) -> Iterator[bytes]:
    """The parts of the description, each prefixed by its length, in a fixed order."""
    for kind, tensors in (("input", network.inputs), ("output", network.outputs)):
        for tensor in tensors:
            yield _part(kind, tensor.name, tensor.dtype, repr(tensor.shape))
    yield _part("environment", network.environment.hex())
    for node in network.nodes:
        yield _part(type(node).__name__, node.name, *node.inputs, "->", *node.outputs)
        yield from _content(node)


def _part(*words: str) -> bytes:
    body = "\0".join(map(spelled, words)).encode()
    return str(len(body)).encode() + b":" + body


def _content(node: Node) -> Iterator[bytes]:
    match node:
        case Linear():
            yield _part("axis", str(node.axis))
            window = window_of([node])
            if window is not None:
                yield _part("window", repr(window))
            if groups_of([node]) > 1:
                yield _part("groups", str(groups_of([node])))
            yield from _statistics(node)
            for label, numbers in (("W", node.W), ("b", node.b)):
                yield from _numbers(label, numbers)
        case Pointwise():
            yield from _activations(node.activation)
        case Pool():
            yield _part(node.operator, str(node.axis), repr(node.window), repr(node.counts_padding))
        case Rearrange() | Pick() | Join():
            yield _moves(node)
        case Opaque():
            yield from _opaque(node)
        case _:
            assert_never(node)


def _activations(given: Activations) -> Iterator[bytes]:
    if not isinstance(given, Several):
        yield _part(str(given))
        return
    yield _part("along", str(given.axis))
    yield _part(*map(str, given.functions))


def _statistics(node: Linear) -> Iterator[bytes]:
    match node.weights:
        case Normalization(_, mean, variance, epsilon):
            yield _part("normalization", text(epsilon))
            yield from _numbers("mean", mean)
            yield from _numbers("variance", variance)
        case Matrix() | Kernel() | Diagonal() | Identity():
            pass
        case _:
            assert_never(node.weights)


def _moves(node: Rearrange | Pick | Join) -> bytes:
    """What a node without numbers does."""
    match node:
        case Rearrange():
            return _part(node.operator, repr(node.parameters), repr(node.zero_copies))
        case Pick():
            return _part(repr(node.places))
        case Join():
            return _part(node.operator, repr(node.axis))
        case _:
            assert_never(node)


def _numbers(label: str, numbers: Exact | None) -> Iterator[bytes]:
    if numbers is None:
        yield _part(label, "none")
        return
    yield _part(label, repr(numbers.shape))
    for row in numbers:
        yield _part(*(text(value) for value in rationals(np.atleast_1d(row)).tolist()))


def _opaque(node: Opaque) -> Iterator[bytes]:
    yield _part(node.operator, node.content.hex())
    constants = [(f"operand {i}", operand) for i, operand in enumerate(node.operands)]
    for label, value in [*constants, *node.captured]:
        if isinstance(value, Constant):
            yield _part(label, value.dtype, repr(value.shape), value.data.hex())
        else:
            yield _part(label, repr(value))
