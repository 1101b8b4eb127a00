"""Rearrangements of terms: the same entries in another shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumpver.model.rearrange import value

if TYPE_CHECKING:
    from lumpver.exact.array import Exact
    from lumpver.model.network import Rearrange


def encoded(node: Rearrange, x: Exact) -> Exact:
    """The node's output at x.

    Raises
    ------
    ShapeMismatch
        If it does not apply to the shape of x.
    """
    return value(node, x)
