"""The networks that the benchmark measures, as bytes of ONNX files."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from onnx import TensorProto, helper, numpy_helper

if TYPE_CHECKING:
    from collections.abc import Iterable

    from onnx import NodeProto

_PAIR = ((1, 1), (-1, -1), (1, -1), (-1, 1))


def _model(
    nodes: Iterable[NodeProto], numbers: dict[str, np.ndarray], inputs: int, outputs: int
) -> bytes:
    """A float32 model from x to y."""
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        list(nodes),
        "benchmark",
        [value("x", TensorProto.FLOAT, ["N", inputs])],
        [value("y", TensorProto.FLOAT, ["N", outputs])],
        [numpy_helper.from_array(a.astype(np.float32), name) for name, a in numbers.items()],
    )
    opsets = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10).SerializeToString()


def _chain(layers: list[tuple[np.ndarray, np.ndarray]]) -> bytes:
    """A ReLU chain of Gemms."""
    nodes, numbers, here = [], {}, "x"
    for index, (W, b) in enumerate(layers):
        last = index == len(layers) - 1
        target = "y" if last else f"p{index}"
        numbers |= {f"W{index}": W, f"b{index}": b}
        nodes.append(helper.make_node("Gemm", [here, f"W{index}", f"b{index}"], [target], transB=1))
        here = target
        if not last:
            here = f"h{index}"
            nodes.append(helper.make_node("Relu", [target], [here]))
    return _model(nodes, numbers, layers[0][0].shape[1], layers[-1][0].shape[0])


def dense(widths: list[int], *, planted: bool, seed: int = 0) -> bytes:
    """A float32 ReLU chain; with `planted`, a quarter of each hidden layer are multiples.

    Weights are multiples of 2^-20 below 1, so that seven times one is a float32.
    """
    rng = np.random.default_rng(seed)
    layers = []
    for index, (columns, rows) in enumerate(pairwise(widths)):
        W = rng.integers(-(2**20), 2**20, (rows, columns)).astype(np.float64) / 2**20
        b = rng.integers(-(2**20), 2**20, rows).astype(np.float64) / 2**20
        if planted and index < len(widths) - 2:
            _plant(rng, W, b)
        layers.append((W, b))
    return _chain(layers)


def _plant(rng: np.random.Generator, W: np.ndarray, b: np.ndarray) -> None:
    """Make a quarter of the rows integer multiples of others, or others of them."""
    rows = rng.permutation(W.shape[0])[: W.shape[0] // 2]
    for a, c in zip(rows[::2], rows[1::2], strict=True):
        scale = int(rng.integers(1, 8))
        W[c], b[c] = scale * W[a], scale * b[a]


def wide(units: int, *, inputs: int = 16, kinds: int) -> bytes:
    """A layer of units that read three inputs each, of so many kinds, and two small layers."""
    rng = np.random.default_rng(0)

    def numbers(*shape: int) -> np.ndarray:
        return rng.integers(1 - 2**24, 2**24, shape) * 2.0 ** -rng.integers(10, 40, shape)

    W, b = np.zeros((kinds, inputs)), numbers(kinds)
    for row in W:
        row[rng.choice(inputs, 3, replace=False)] = numbers(3)
    which = rng.integers(kinds, size=units)
    layers = [(W[which], b[which]), (numbers(8, units), numbers(8)), (numbers(1, 8), numbers(1))]
    return _chain(layers)


def deep(layers: int) -> bytes:
    """So many layers of two units, one MatMul after the other."""
    numbers = {f"W{k}": np.array([[1, 2], [3, -1]]) for k in range(layers)}
    nodes = []
    for k in range(layers):
        nodes.append(helper.make_node("MatMul", [f"h{k}" if k else "x", f"W{k}"], [f"p{k}"]))
        nodes.append(helper.make_node("Relu", [f"p{k}"], [f"h{k + 1}"]))
    nodes.append(helper.make_node("MatMul", [f"h{layers}", "V"], ["y"]))
    return _model(nodes, numbers | {"V": np.ones((2, 1))}, 2, 1)


def lattice(size: int, *, spread: int) -> bytes:
    """A two-level lattice: the maximum of so many minima of so many affine functions of two inputs.

    By pairs, four units for each: min(p, q) = (p + q - |p - q|) / 2. First weights are scaled
    down by up to 2^spread: with 40 there are sums that no float64 holds.
    """
    rng = np.random.default_rng(0)
    shapes = ((size, 2), size)
    A, a = (
        rng.integers(-(2**20), 2**20, shape) * 2.0 ** -(20 + rng.integers(spread + 1, size=shape))
        for shape in shapes
    )
    chosen = rng.integers(size, size=size * size)
    nodes, numbers, here = [], {}, "x"

    def linear(W: np.ndarray, b: np.ndarray, target: str) -> str:
        step = len(numbers)
        numbers.update({f"W{step}": W.T, f"b{step}": b})
        nodes.append(helper.make_node("MatMul", [here, f"W{step}"], [f"m{step}"]))
        nodes.append(helper.make_node("Add", [f"m{step}", f"b{step}"], [target]))
        return target

    here = linear(A[chosen], a[chosen], "l")
    for step, (groups, count, sign) in enumerate(_halvings(size)):
        into, out = _halved(groups, count, sign)
        here = linear(into, np.zeros(len(into)), f"p{step}")
        nodes.append(helper.make_node("Relu", [here], [f"h{step}"]))
        here = f"h{step}"
        here = linear(out, np.zeros(len(out)), "y" if len(out) == 1 else f"o{step}")
    return _model(nodes, numbers, 2, 1)


def _halvings(size: int) -> list[tuple[int, int, int]]:
    """Groups, their length, and whether their minimum (-1) or maximum is taken, step by step."""
    found = []
    for groups, sign in ((size, -1), (1, 1)):
        count = size
        while count > 1:
            found.append((groups, count, sign))
            count = (count + 1) // 2
    return found


def _halved(groups: int, count: int, sign: int) -> tuple[np.ndarray, np.ndarray]:
    """The four units of each pair in groups of so many, and what makes the result of them."""
    half = (count + 1) // 2
    into = np.zeros((4 * groups * half, groups * count))
    out = np.zeros((groups * half, len(into)))
    for pair in range(groups * half):
        group, k = divmod(pair, half)
        p, q = group * count + 2 * k, group * count + min(2 * k + 1, count - 1)
        for unit, (left, right) in enumerate(_PAIR, 4 * pair):
            into[unit, p] += left
            into[unit, q] += right
        out[pair, 4 * pair : 4 * pair + 4] = 0.5, -0.5, 0.5 * sign, 0.5 * sign
    return into, out
