"""Products of stacks of matrices, exactly, as `numpy.matmul` defines them.

stack: all axes of an array but the last two; a vector is a matrix of one row, or column
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from lumpver.exact.array import is_float, rationals
from lumpver.exact.product import matmul

if TYPE_CHECKING:
    from lumpver.exact.array import Exact

Lengths = tuple[int, ...]


def product_shape(a: Lengths, b: Lengths) -> Lengths | None:
    """The shape of a product of arrays of these shapes; None if they have none.

    Examples
    --------
    >>> product_shape((5, 1, 2, 3), (4, 3, 7)), product_shape((3,), (3,)), product_shape((2,), (3,))
    ((5, 4, 2, 7), (), None)
    """
    if not a or not b or a[-1] != b[max(0, len(b) - 2)]:
        return None
    try:
        stack = np.broadcast_shapes(a[:-2], b[:-2])
    except ValueError:
        return None
    return (*stack, *a[-2:-1], *(b[-1:] if len(b) > 1 else ()))


def stacked(a: Exact, b: Exact) -> Exact:
    """The product of two arrays that have one.

    Examples
    --------
    >>> stacked(np.ones((2, 1, 3)), np.ones(3)).tolist()
    [[3.0], [3.0]]
    """
    shape = product_shape(a.shape, b.shape) or ()
    left = a[None] if a.ndim == 1 else a
    right = b[:, None] if b.ndim == 1 else b
    stack = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
    pairs = (
        np.broadcast_to(part, (*stack, *part.shape[-2:])).reshape(prod(stack), *part.shape[-2:])
        for part in (left, right)
    )
    found = [matmul(x, y) for x, y in zip(*pairs, strict=True)]
    if not all(map(is_float, found)):
        found = [rationals(part) for part in found]
    return np.stack(found).reshape(shape) if found else np.zeros(shape)
