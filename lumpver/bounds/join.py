"""Joins as steps: sums, differences, means and what lies side by side are linear."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, assert_never

import numpy as np

from lumpver.bounds.maps import Divided, Placing, placed
from lumpver.bounds.steps import Affine, Between

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumpver.bounds.maps import Map
    from lumpver.bounds.steps import Step
    from lumpver.model.network import Join

Lengths = tuple[int, ...]


def step(node: Join, shapes: Sequence[Lengths], made: Lengths) -> Step:
    """What the node does to tensors of these shapes, for an output of that shape."""
    match node.operator:
        case "Add" | "Sub" | "Mean":
            return _summed(node, shapes, made)
        case "Concat":
            return _beside(node, shapes, made)
        case "Mul" | "Div" | "Max" | "Min" | "MatMul":
            return Between(node.operands, node.operator, tuple(shapes), made)
        case _:
            assert_never(node.operator)


def _summed(node: Join, shapes: Sequence[Lengths], made: Lengths) -> Affine:
    count = prod(made)
    factor = 1 / len(shapes) if node.operator == "Mean" else 1.0
    operands = []
    for i, (name, shape) in enumerate(zip(node.operands, shapes, strict=True)):
        places = np.broadcast_to(np.arange(prod(shape)).reshape(shape), made)
        found = placed(places, prod(shape))
        scale = -1.0 if node.operator == "Sub" and i else factor
        if scale != 1:
            found = Divided(found, np.full(count, scale))
        operands.append((name, found))
    return Affine(tuple(operands), np.zeros(count), np.zeros(count))


def _beside(node: Join, shapes: Sequence[Lengths], made: Lengths) -> Affine:
    axis, start = len(made) + (node.axis or 0), 0
    operands: list[tuple[str, Map]] = []
    for name, shape in zip(node.operands, shapes, strict=True):
        whole = np.full(made, -1, dtype=np.int64)
        part = tuple(
            slice(start, start + shape[i]) if i == axis else slice(None) for i in range(len(made))
        )
        whole[part] = np.arange(prod(shape)).reshape(shape)
        operands.append((name, Placing(whole.reshape(-1), prod(shape))))
        start += shape[axis]
    nothing = np.zeros(prod(made))
    return Affine(tuple(operands), nothing, nothing, copies=True)
