"""Executions of dense networks in binary32, by every order of sums, and with fused multiply-add."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from lumpver.exact.array import rationals
from lumpver.model.linear import laid_out
from lumpver.model.network import Linear, Network, Pointwise
from lumpver.model.several import laid_out as each

ORDERS = ("given", "reversed", "rising", "falling", "random", "pairwise", "blocks", "fused")


def rounded(value: Fraction) -> np.float32:
    """The nearest binary32, ties to even, subnormals too."""
    near = np.float32(float(value))
    if not np.isfinite(near):
        return near
    around = [np.nextafter(near, np.float32(-np.inf)), near, np.nextafter(near, np.float32(np.inf))]
    finite = [x for x in around if np.isfinite(x)]
    return min(finite, key=lambda x: (abs(Fraction(float(x)) - value), int(x.view(np.uint32)) & 1))


def summed(
    weights: list[np.float32], x: list[np.float32], bias: np.float32 | None, order: str, rng: Any
) -> np.float32:
    """A sum of products and a bias."""
    if order == "fused":
        return _fused(weights, x, np.float32(0) if bias is None else bias)
    parts = [w * y for w, y in zip(weights, x, strict=True)]
    parts += [] if bias is None else [bias]
    match order:
        case "reversed":
            parts.reverse()
        case "rising" | "falling":
            parts.sort(key=abs, reverse=order == "falling")
        case "random":
            parts = [parts[i] for i in rng.permutation(len(parts))]
        case "pairwise":
            return _paired(parts)
        case "blocks":
            parts = [_added(parts[i::4]) for i in range(4)]
        case _:
            assert order == "given"
    return _added(parts)


def _fused(weights: list[np.float32], x: list[np.float32], total: np.float32) -> np.float32:
    for w, y in zip(weights, x, strict=True):
        total = rounded(Fraction(float(w)) * Fraction(float(y)) + Fraction(float(total)))
    return total


def _added(parts: list[np.float32]) -> np.float32:
    total = np.float32(0)
    for part in parts:
        total = total + part
    return total


def _paired(parts: list[np.float32]) -> np.float32:
    while len(parts) > 1:
        parts = [_added(parts[i : i + 2]) for i in range(0, len(parts), 2)]
    return _added(parts)


def single(values: Any) -> list[np.float32]:
    """Numbers rounded to binary32."""
    flat = rationals(values).ravel().tolist()
    return [rounded(Fraction(int(value.p), int(value.q))) for value in flat]


def executed(network: Network, x: list[np.float32], order: str, rng: Any) -> list[np.float32]:
    """The output of a chain of dense layers, with each node executed by itself."""
    values = list(x)
    for node in network.nodes:
        if isinstance(node, Pointwise):
            values = _bent(node, values)
        else:
            assert isinstance(node, Linear)
            values = _linear(node, values, order, rng)
    return values


def _linear(node: Linear, x: list[np.float32], order: str, rng: Any) -> list[np.float32]:
    laid_out(node, np.zeros(len(x)))
    assert node.W is not None
    bias = None if node.b is None else single(node.b)
    rows = [single(row) for row in rationals(node.W)]
    return [
        summed(row, x, None if bias is None else bias[i], order, rng) for i, row in enumerate(rows)
    ]


def _bent(node: Pointwise, x: list[np.float32]) -> list[np.float32]:
    functions = each(node.activation, (len(x),))
    return [_line(function, value) for function, value in zip(functions, x, strict=True)]


def _line(function: Any, x: np.float32) -> np.float32:
    """The piece at x: a product and a sum, both rounded."""
    from lumpver.exact.scalar import number

    line = function.mapping.line(number(float(x)))
    slope, constant = single(np.array([line.slope, line.constant], dtype=object))
    made = slope * x if line.slope not in {0, 1} else (x if line.slope else np.float32(0))
    return made + constant


def exactly(network: Network, x: list[np.float32]) -> list[Fraction]:
    """The output in real arithmetic."""
    (tensor,) = network.inputs
    found = network.evaluate({tensor.name: np.array([float(v) for v in x])})
    (value,) = found.values()
    return [Fraction(int(v.p), int(v.q)) for v in rationals(value).ravel().tolist()]
