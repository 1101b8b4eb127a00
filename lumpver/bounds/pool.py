"""Pools as steps: sums and means are linear, the largest of several entries is not."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from lumpver.bounds.maps import Divided, Moving, Placing
from lumpver.bounds.steps import Affine, Largest
from lumpver.model.pool import divisors

if TYPE_CHECKING:
    from lumpver.bounds.steps import Step
    from lumpver.model.network import Pool
    from lumpver.model.relabelling import Indices


def step(node: Pool, shape: tuple[int, ...]) -> Step:
    """What the node does to a tensor of this shape.

    A mean is a sum, divided where it lies: its places have a factor each. A sum of no more than
    one entry each copies: what pads or repeats.
    """
    axis = len(shape) + node.axis
    positions = shape[axis + 1 :]
    before, size = prod(shape[: axis + 1]), prod(positions)
    met = _met(node, positions)
    if node.operator == "max":
        return Largest(node.input, _whole(met, before, size))
    nothing = np.zeros(before * met.shape[1])
    if node.operator == "sum" and (met >= 0).sum(axis=0).max(initial=0) <= 1:
        one = Placing(_whole(met.max(axis=0)[None], before, size)[0], before * size)
        return Affine(((node.input, one),), nothing, nothing, copies=True)
    summed = Moving(np.ones((1, 1, met.shape[0])), before, size, met)
    if node.operator == "sum":
        return Affine(((node.input, summed),), nothing, nothing)
    counts = np.asarray(divisors(node, positions), dtype=np.float64).reshape(-1)
    return Affine(((node.input, Divided(summed, np.tile(1 / counts, before))),), nothing, nothing)


def _met(node: Pool, positions: tuple[int, ...]) -> Indices:
    """Taps x positions: the place of the entry that each meets; -1 where there is none."""
    if node.window is None:
        return np.arange(prod(positions), dtype=np.int64)[:, None]
    return node.window.met(positions)


def _whole(met: Indices, before: int, size: int) -> Indices:
    """The same places in the whole tensor, channel by channel."""
    offsets = np.arange(before)[:, None] * size
    return np.where(met[:, None] >= 0, met[:, None] + offsets, -1).reshape(met.shape[0], -1)
