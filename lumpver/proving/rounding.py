"""How far the rounding of a model's stored numbers can move its outputs at one input.

In floats and to first order: it names a difference, and is no part of any answer.

unit: half the distance between neighbouring stored numbers, relative to them
"""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING, Any, Final, assert_never

import numpy as np

from lumpver.model import pool
from lumpver.model.evaluation import apply
from lumpver.model.linear import is_idle
from lumpver.model.network import Join, Linear, Opaque, Pick, Pointwise, Pool, Rearrange
from lumpver.model.several import kinds
from lumpver.model.weights import Diagonal, Identity, Kernel, Matrix, Normalization, whole
from lumpver.model.window import met

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lumpver.exact.array import Exact
    from lumpver.model.activations import Activation
    from lumpver.model.network import Network
    from lumpver.model.window import Window

_UNITS: Final = {"float16": 2.0**-11, "bfloat16": 2.0**-8, "float32": 2.0**-24}


def coarsest(networks: Iterable[Network]) -> float:
    """The largest unit of the types of all inputs."""
    types = [tensor.dtype for network in networks for tensor in network.inputs]
    return max((_UNITS.get(dtype, 2.0**-53) for dtype in types), default=2.0**-53)


def slack(network: Network, known: Mapping[str, Exact], unit: float) -> dict[str, Exact]:
    """How far each tensor of a trace can move if every stored number does, by one unit.

    Examples
    --------
    >>> from lumpver.model.evaluation import trace
    >>> from lumpver.model.network import Network
    >>> network = Network.from_layers([([[3, -4]], [8])])
    >>> slack(network, trace(network, {"x": [1, 2]}), 0.5)["y"]
    array([9.5])
    """
    found = {tensor.name: np.zeros(np.shape(known[tensor.name])) for tensor in network.inputs}
    with np.errstate(all="ignore"):
        for node in network.nodes:
            match node:
                case Linear() | Pointwise() | Rearrange() | Pick() | Pool():
                    if node.input in found and node.output in known:
                        size = np.abs(floats(known[node.input]))
                        found[node.output] = _moved(node, found[node.input], size, unit)
                case Join():
                    if {*node.inputs} <= {*found} and node.output in known:
                        parts = [(found[name], known[name]) for name in node.inputs]
                        found[node.output] = _joined(node, parts)
                case Opaque():
                    pass
                case _:
                    assert_never(node)
    return found


def _joined(node: Join, parts: list[tuple[Exact, Exact]]) -> Exact:
    """How far a join's output can move, for how far each operand can, at its values."""
    moved = [np.asarray(part, dtype=np.float64) for part, _ in parts]
    match node.operator:
        case "Concat":
            return np.concatenate(moved, axis=node.axis)
        case "Mul" | "Div":
            a, b = (np.abs(floats(value)) for _, value in parts)
            if node.operator == "Mul":
                return moved[0] * b + moved[1] * a
            return np.asarray((moved[0] + moved[1] * a / b) / b)
        case "MatMul":
            a, b = (np.abs(floats(value)) for _, value in parts)
            return np.asarray(moved[0] @ b + a @ moved[1])
        case "Add" | "Sub" | "Mean" | "Max" | "Min":
            total = reduce(np.add, moved)
            return np.asarray(total / len(moved) if node.operator == "Mean" else total)


def _moved(
    node: Linear | Pointwise | Rearrange | Pick | Pool, moved: Exact, size: Exact, unit: float
) -> Exact:
    """How far a node's output can move, if its input can `moved` and is as large as `size`."""
    match node:
        case Linear():
            return _behind(node, moved, size, unit)
        case Pointwise():
            some = kinds(node.activation)
            stored = max(sum(abs(_float(p)) for p in one.parameters) for one in some)
            return max(map(_steepest, some)) * moved + unit * stored * size
        case Rearrange() | Pick():
            return np.asarray(apply(node, moved), dtype=np.float64)
        case Pool():
            return _pooled(node, moved)
        case _:
            assert_never(node)


def _behind(node: Linear, moved: Exact, size: Exact, unit: float) -> Exact:
    if is_idle(node):
        return moved
    axis = moved.ndim + node.axis
    moved, size = np.moveaxis(moved, axis, -1), np.moveaxis(size, axis, -1)
    stored = 0.0 * size
    match node.weights:
        case Kernel(window=window):
            W = np.abs(floats(whole(node.weights)))
            moved, stored = (_met(part, window, axis) @ W.T for part in (moved, size))
        case Matrix(numbers):
            W = np.abs(floats(numbers))
            moved, stored = moved @ W.T, size @ W.T
        case Diagonal(factors):
            W = np.abs(floats(factors))
            moved, stored = moved * W, size * W
        case Normalization(gamma, mean):
            W = np.abs(floats(gamma)) / np.sqrt(floats(node.weights.squares))
            moved, stored = moved * W, 2 * (size + np.abs(floats(mean))) * W
        case Identity():
            pass
        case _:
            assert_never(node.weights)
    if node.b is not None:
        stored = stored + np.abs(floats(node.b))
    return np.moveaxis(moved * (1 + unit) + unit * stored, -1, axis)


def _pooled(node: Pool, moved: Exact) -> Exact:
    """The largest move of what is pooled, or the sum of the moves; a mean moves by no more."""
    if node.operator == "sum" and node.window is not None:
        return pool.value(node, moved)
    if node.operator == "sum":
        return np.asarray(moved.sum(axis=tuple(range(node.axis + 1, 0)), keepdims=True))
    return pool.value(replace(node, operator="max"), moved)


def _met(x: Exact, window: Window, leading: int) -> Exact:
    """What each tap meets, for an array with its units last: those of all taps side by side."""
    rows = met(np.moveaxis(np.moveaxis(x, -1, leading), leading, 0), window, leading, nothing=0.0)
    return np.moveaxis(np.moveaxis(rows, 0, leading), leading, -1)


def _steepest(function: Activation) -> float:
    most = function.lipschitz
    return float("inf") if most is None else max(1.0, _float(most))


def floats(values: Any) -> Exact:
    """The nearest floats; infinite where a number is too large."""
    entries = np.asarray(values)
    if entries.dtype != object:
        return entries.astype(np.float64)
    return np.array([_float(x) for x in entries.ravel()]).reshape(entries.shape)


def _float(value: Any) -> float:
    try:
        return int(value.p) / int(value.q)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")
