"""Rearrange nodes as steps: the same entries in another order, or in the same."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from lumpver.bounds.copying import copied
from lumpver.model.rearrange import value

if TYPE_CHECKING:
    from lumpver.bounds.steps import Affine
    from lumpver.model.network import Rearrange


def step(node: Rearrange, shape: tuple[int, ...]) -> Affine:
    """What the node does to a tensor of this shape.

    Raises
    ------
    ShapeMismatch
        If it does not apply to that shape.
    """
    return copied(node.input, partial(value, node), shape)
