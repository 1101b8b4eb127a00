"""Picks as steps: each entry of y is one of x."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from lumpver.bounds.copying import copied
from lumpver.model.pick import value

if TYPE_CHECKING:
    from lumpver.bounds.steps import Affine
    from lumpver.model.network import Pick


def step(node: Pick, shape: tuple[int, ...]) -> Affine:
    """What the node does to a tensor of this shape.

    Raises
    ------
    ShapeMismatch
        If it does not apply to that shape.
    """
    return copied(node.input, partial(value, node), shape)
