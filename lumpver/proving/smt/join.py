"""Joins as terms: each entry the sum or difference of two."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lumpver.errors import ShapeMismatch
from lumpver.exact.scalar import ONE
from lumpver.proving.smt.terms import combination

if TYPE_CHECKING:
    from lumpver.exact.array import Exact
    from lumpver.model.network import Join


def encoded(node: Join, a: Exact, b: Exact) -> Exact:
    """The node's output at its operands.

    Raises
    ------
    ShapeMismatch
        If they do not have one shape.
    """
    if a.shape != b.shape:
        raise ShapeMismatch(f"node {node.name}", expected=str(a.shape), got=str(b.shape))
    signs = [ONE, ONE if node.operator == "Add" else -ONE]
    result = np.empty(a.size, dtype=object)
    result[:] = [combination(signs, [x, y]) for x, y in zip(a.flat, b.flat, strict=True)]
    return result.reshape(a.shape)
