"""Pools as steps: sums and means are linear, the largest of several entries is not."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from lumpver.bounds.maps import Divided, Moving
from lumpver.bounds.steps import Affine, Largest
from lumpver.model.pool import divisors, spans

if TYPE_CHECKING:
    from lumpver.bounds.steps import Step
    from lumpver.model.network import Pool
    from lumpver.model.relabelling import Indices


def step(node: Pool, shape: tuple[int, ...]) -> Step:
    """What the node does to a tensor of this shape.

    A mean is a sum, divided where it lies: its places have a factor each.
    """
    axis = len(shape) + node.axis
    positions = shape[axis + 1 :]
    before, size = prod(shape[: axis + 1]), prod(positions)
    met = _met(spans(node, positions), positions)
    if node.operator == "max":
        offsets = np.arange(before) * size
        whole = np.where(met[:, None] >= 0, met[:, None] + offsets[:, None], -1)
        return Largest(node.input, whole.reshape(met.shape[0], -1))
    nothing = np.zeros(before * met.shape[1])
    summed = Moving(np.ones((1, 1, met.shape[0])), before, size, met)
    if node.operator == "sum":
        return Affine(((node.input, summed),), nothing, nothing)
    counts = np.asarray(divisors(node, positions), dtype=np.float64).reshape(-1)
    return Affine(((node.input, Divided(summed, np.tile(1 / counts, before))),), nothing, nothing)


def _met(met: list[list[range]], positions: tuple[int, ...]) -> Indices:
    """The place of each entry that a position meets, in columns; -1 where it meets no more."""
    columns = []
    for parts in product(*met):
        grid = np.zeros(1, dtype=np.int64)
        for part, length in zip(parts, positions, strict=True):
            grid = (grid[:, None] * length + np.asarray(part, dtype=np.int64)).reshape(-1)
        columns.append(grid)
    most = max((column.size for column in columns), default=0)
    found = np.full((most, len(columns)), -1, dtype=np.int64)
    for i, column in enumerate(columns):
        found[: column.size, i] = column
    return found
