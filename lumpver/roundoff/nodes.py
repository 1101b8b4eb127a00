"""What each node, executed by itself, adds to the error of what it reads.

Statement. A node's binary32 output for operands that are within their errors of the real ones is
within `own` of what it would make of these operands in reals.
Premises. Weights are rounded to nearest where binary32 does not have them. A mean is a sum,
divided. A normalization is any of (x - m) / r g + b, (x - m) (g / r) + b and x (g / r) + (b - m
(g / r)), r the root of the sum of variance and epsilon, or it and what is linear behind a node
are multiplied into that node's weights, where those are finite; roots and quotients are rounded
to nearest.

run: linear nodes behind a node that mix no units, and that nothing else reads
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

import numpy as np

from lumpver.bounds.steps import Affine, Between, Each
from lumpver.exact.array import nonzero
from lumpver.exact.outward import above as float_above
from lumpver.exact.outward import below as float_below
from lumpver.exact.outward import nearest
from lumpver.model.functions import Pieces
from lumpver.model.linear import mixes
from lumpver.model.network import Join, Linear, Opaque, Pick, Pointwise, Pool, Rearrange
from lumpver.model.several import kinds
from lumpver.model.weights import Diagonal, Identity, Kernel, Matrix, Normalization
from lumpver.roundoff.errors import Unbounded
from lumpver.roundoff.single import LARGEST, LEAST, UNIT, above, held, off

if TYPE_CHECKING:
    from lumpver.exact.array import Exact
    from lumpver.exact.floats import Floats
    from lumpver.model.activations import Activation
    from lumpver.model.graph import Graph
    from lumpver.model.network import Node
    from lumpver.roundoff.errors import Errors

_FOLDED: Final = 8  # roundings of a weight, for each node that is multiplied into it
_NORMALIZED: Final = 16
_ROOTS: Final = (2.0**-100, 2.0**100)


def own(errors: Errors, network: Graph, node: Node) -> Floats:
    """What the node adds, for each entry of its first output.

    Raises
    ------
    Unbounded
        If it is not known how the node is executed, or something might overflow.
    """
    name = node.outputs[0]
    match node:
        case Linear():
            return _linear(errors, network, node)
        case Pointwise():
            return _bent(errors, node)
        case Pool():
            return _pooled(errors, node)
        case Join():
            return _joined(errors, node)
        case Rearrange() | Pick():
            return np.zeros(errors.plan.size(name))
        case Opaque():
            return _constant(errors, node)
        case _:
            assert_never(node)


def _sure(size: Floats, parts: int, where: str) -> Floats:
    """The magnitudes, if no sum of so many such parts overflows."""
    if not (size * parts < LARGEST).all():  # no NaN is
        raise Unbounded(f"{where} might overflow in float32")
    return size


def _linear(errors: Errors, network: Graph, node: Linear) -> Floats:
    """Products and their sum; more where the node is multiplied into another."""
    size = errors.executed(node.output)
    reach, tiny = float(errors.size(node.input).max(initial=0.0)), _into(errors, network, node)
    numbers: Exact | None = None
    match node.weights:
        case Matrix(W) | Kernel(W):
            numbers = W
            parts = int(nonzero(W).sum(axis=1).max(initial=0))
        case Diagonal(factors):
            parts, numbers = 1, factors
        case Identity():
            parts = 0
        case Normalization() as weights:
            parts = _NORMALIZED
            tiny += _normalizes(node, weights, reach)
        case _:
            assert_never(node.weights)
    count = max(1, parts + (node.b is not None))
    _sure(size, count, f"node {node.name}")
    behind = _run(network, node)
    stored = held(numbers) and held(node.b)
    count += 2 * (not stored) + _FOLDED * (behind + _scales(node))
    for part in () if stored else (numbers, node.b):
        if part is not None:
            _sure(np.abs(nearest(part)), 1, f"node {node.name}")
    tiny += (1 + parts * reach) * (behind + (not stored))
    return above(off(count, size) + 4 * count * LEAST * tiny)


def _normalizes(node: Linear, weights: Normalization, reach: float) -> float:
    """How large whatever a normalization multiplies or divides is at most, if none overflows."""
    parts = (weights.gamma, weights.mean, weights.squares)
    gamma, mean, squares = (np.abs(nearest(x)) for x in parts)
    if not ((squares > _ROOTS[0]) & (squares < _ROOTS[1])).all():
        raise Unbounded(f"node {node.name} divides by numbers of an odd size")
    spread = np.abs(nearest(weights.variance)) + abs(float_above(weights.epsilon))
    if not (spread < 4 * squares).all():  # stored ones might cancel otherwise
        raise Unbounded(f"node {node.name} has a variance that cancels with epsilon")
    whole = (1 + gamma) * (1 + 1 / np.sqrt(squares)) * (1 + mean + reach)
    return float(_sure(whole, _NORMALIZED, f"node {node.name}").max(initial=0.0))


def _into(errors: Errors, network: Graph, node: Linear) -> float:
    """How large all is that weights which are multiplied by the node's factors meet."""
    before = network.producers.get(node.input) if _scales(node) else None
    if not isinstance(before, Linear):
        return 0.0
    while not mixes(before):
        further = network.producers.get(before.input)
        if not isinstance(further, Linear):
            break
        before = further
    reach = float(errors.size(before.input).max(initial=0.0))
    return (1 + reach) * (1 + errors.plan.size(before.input))


def _scales(node: Linear) -> bool:
    """Whether the node has a factor for each unit."""
    return isinstance(node.weights, Diagonal | Normalization)


def _run(network: Graph, node: Linear) -> int:
    """How many nodes that have factors are in the run behind a node."""
    count, outputs = 0, {tensor.name for tensor in network.outputs}
    while node.output not in outputs:
        readers = network.readers.get(node.output, [])
        if len(readers) != 1 or not isinstance(readers[0], Linear) or mixes(readers[0]):
            break
        node, count = readers[0], count + _scales(readers[0])
    return count


def _joined(errors: Errors, node: Join) -> Floats:
    """Sums, means and products; what only picks adds nothing."""
    name, where = node.output, f"node {node.name}"
    if node.operator in {"Div", "MatMul"}:
        raise Unbounded(f"{where}: how {node.operator} of two tensors rounds is not known")
    step = errors.plan.steps[name]
    if isinstance(step, Between) and node.operator == "Mul":
        both = zip(step.operands, step.shapes, strict=True)
        first, second = (errors.size(x).reshape(shape) for x, shape in both)
        return off(1, _sure(above((first * second).reshape(-1)), 1, where))
    return _summed(errors, name, len(node.operands) + 1, where)


def _pooled(errors: Errors, node: Pool) -> Floats:
    """Sums and means; the largest is one of them."""
    return _summed(errors, node.outputs[0], 2 + _taps(errors, node), f"node {node.name}")


def _summed(errors: Errors, name: str, count: int, where: str) -> Floats:
    """A sum whose parts are rounded so often, if it is one."""
    step = errors.plan.steps[name]
    if not isinstance(step, Affine) or step.copies:
        return np.zeros(errors.plan.size(name))
    return off(count, _sure(errors.executed(name), count, where))


def _taps(errors: Errors, node: Pool) -> int:
    """How many entries a window has at most."""
    if node.window is not None:
        return node.window.taps
    return errors.plan.size(node.input) // max(1, errors.plan.size(node.outputs[0]))


def _bent(errors: Errors, node: Pointwise) -> Floats:
    """The line of each piece: nothing is rounded of the argument, its negative or 0."""
    size = errors.size(node.input)
    found = np.zeros(size.size)
    step = errors.plan.steps[node.output]
    given = step.activation  # type: ignore[union-attr]
    for place, function in enumerate(kinds(node.activation)):
        at = np.flatnonzero(given.which == place) if isinstance(given, Each) else slice(None)
        found[at] = _rounded(function, size[at], node.name)
    return found


def _rounded(function: Activation, size: Floats, where: str) -> Floats:
    pieces = function.mapping
    if not isinstance(pieces, Pieces) or not pieces.meets:
        raise Unbounded(f"node {where}: how {function} rounds is not known")
    steep = high = 0.0
    for line in pieces.lines:
        if line.slope in {0, 1, -1} and not line.constant:
            continue
        if line.slope:
            steep = max(steep, abs(float_above(line.slope)), abs(float_below(line.slope)))
        high = max(high, abs(float_above(line.constant)), abs(float_below(line.constant)))
    exact = all(
        (line.slope in {0, 1, -1} and not line.constant)
        or (not line.slope and float(np.float32(float_below(line.constant))) == line.constant)
        for line in pieces.lines
    )
    if exact:
        return np.zeros(size.size)
    whole = _sure(above(steep * size + high), 4, f"node {where}")
    return above(off(4, whole) + 2 * LEAST * (1 + size))


def _constant(errors: Errors, node: Opaque) -> Floats:
    """A constant, rounded where binary32 does not have it."""
    name = node.outputs[0]
    if node.value is None or not isinstance(errors.plan.steps[name], Affine):
        raise Unbounded(f"node {node.name}: what it computes is not modelled")
    size = _sure(np.abs(nearest(node.value)).reshape(-1), 1, f"node {node.name}")
    return np.zeros(size.size) if held(node.value) else above(2 * UNIT * size + LEAST)
