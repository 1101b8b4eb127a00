"""Picks as steps: each entry of y is one of x."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lumpver.bounds.maps import placed
from lumpver.bounds.steps import Affine
from lumpver.model.pick import value

if TYPE_CHECKING:
    from lumpver.model.network import Pick


def step(node: Pick, shape: tuple[int, ...]) -> Affine:
    """What the node does to a tensor of this shape.

    Raises
    ------
    ShapeMismatch
        If it does not apply to that shape.
    """
    size = int(np.prod(shape, dtype=np.int64))
    places = value(node, np.arange(size, dtype=np.float64).reshape(shape))
    nothing = np.zeros(places.size)
    return Affine(((node.input, placed(places, size)),), nothing, nothing, copies=True)
