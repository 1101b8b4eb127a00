"""Linear nodes as steps: weights along one axis of a tensor that is laid out flat."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, assert_never

import numpy as np

from lumpver.bounds.maps import Mixing, Moving, Same, Scaling
from lumpver.bounds.steps import Affine
from lumpver.errors import ShapeMismatch
from lumpver.exact.array import negate
from lumpver.exact.floats import in_range
from lumpver.exact.outward import nearest
from lumpver.model.linear import behind
from lumpver.model.weights import Diagonal, Identity, Kernel, Matrix, Normalization, columns

if TYPE_CHECKING:
    from lumpver.bounds.maps import Map
    from lumpver.exact.floats import Floats
    from lumpver.model.network import Linear

Lengths = tuple[int, ...]


def step(node: Linear, shape: Lengths) -> Affine:
    """What the node does to a tensor of this shape.

    Raises
    ------
    ShapeMismatch
        If it does not apply to that shape.
    """
    made = behind(node, shape) or ()
    lengths = tuple(int(size or 0) for size in made)
    axis = len(shape) + node.axis
    before, after = prod(shape[:axis]), prod(shape[axis + 1 :])
    read = columns(node.weights)
    if read not in {None, shape[axis]}:
        raise ShapeMismatch(f"node {node.name}", expected=f"{read} units", got=str(shape[axis]))
    if node.b is not None and node.b.shape != (lengths[axis],):
        expected = f"{lengths[axis]} biases"
        raise ShapeMismatch(f"node {node.name}", expected=expected, got=str(node.b.shape))
    constant = size = _spread(None if node.b is None else nearest(node.b), lengths, axis)
    found: Map
    match node.weights:
        case Matrix(numbers):
            found = Mixing(nearest(numbers), before, after)
        case Kernel(numbers, window, groups):
            W = nearest(numbers).reshape(groups, numbers.shape[0] // groups, numbers.shape[1])
            found = Moving(W, before, after, window.met(shape[axis + 1 :]))
        case Diagonal(factors):
            found = Scaling(_spread(nearest(factors), lengths, axis))
        case Identity():
            found = Same()
        case Normalization() as weights:
            factors, shift = _normalized(weights)
            found = Scaling(_spread(factors, lengths, axis))
            size = np.abs(constant) + np.abs(_spread(shift, lengths, axis))
            constant = constant + _spread(shift, lengths, axis)
        case _:
            assert_never(node.weights)
    return Affine(((node.input, found),), constant, np.abs(size))


def _normalized(weights: Normalization) -> tuple[Floats, Floats]:
    """The factors, and what they make of the means; NaN for numbers of odd sizes.

    Sizes such that no factor underflows, nor what it makes of a mean.
    """
    parts = [nearest(part) for part in (weights.gamma, weights.squares, negate(weights.mean))]
    gamma, squares, mean = parts
    sure = np.all([in_range(part) for part in parts], axis=0)
    with np.errstate(all="ignore"):
        factors = np.where(sure, gamma / np.sqrt(squares), np.nan)
        return factors, factors * mean


def _spread(values: Floats | None, shape: Lengths, axis: int) -> Floats:
    """One number for each unit along the axis, laid out over a tensor."""
    if values is None:
        return np.zeros(prod(shape))
    wide = values.reshape([-1 if i == axis else 1 for i in range(len(shape))])
    return np.ascontiguousarray(np.broadcast_to(wide, shape)).reshape(-1)
