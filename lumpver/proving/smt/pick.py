"""Picks of terms: some entries, as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumpver.model.pick import value

if TYPE_CHECKING:
    from lumpver.exact.array import Exact
    from lumpver.model.network import Pick


def encoded(node: Pick, x: Exact) -> Exact:
    """The node's output at x.

    Raises
    ------
    ShapeMismatch
        If x has not the places that are picked.
    """
    return value(node, x)
