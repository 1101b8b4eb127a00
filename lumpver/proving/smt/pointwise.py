"""Activations as terms: the function of each entry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumpver.proving.smt.terms import activate, entrywise

if TYPE_CHECKING:
    from lumpver.exact.array import Exact
    from lumpver.model.network import Pointwise


def encoded(node: Pointwise, x: Exact) -> Exact:
    """The node's output at x."""
    return entrywise(lambda value: activate(node.activation, value), x)
