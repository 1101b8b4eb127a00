"""Nodes that only move entries, as steps: each entry of y is one of x, in whatever shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lumpver.bounds.maps import placed
from lumpver.bounds.steps import Affine

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumpver.exact.array import Exact


def copied(name: str, value: Callable[[Exact], Exact], shape: tuple[int, ...]) -> Affine:
    """What a node with this value does to the tensor `name`: it is asked where numbers go.

    Examples
    --------
    >>> made = copied("x", lambda x: x[:, ::-1], (1, 3))
    >>> made.operands[0][1].ahead(np.array([[5.0, 6.0, 7.0]]))
    array([[7., 6., 5.]])
    """
    size = int(np.prod(shape, dtype=np.int64))
    places = value(np.arange(size, dtype=np.float64).reshape(shape))
    nothing = np.zeros(places.size)
    return Affine(((name, placed(places, size)),), nothing, nothing, copies=True)
