"""Activations as terms: the function of each entry, or its unit's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumpver.model.pointwise import over
from lumpver.proving.smt.terms import activate

if TYPE_CHECKING:
    from lumpver.exact.array import Exact
    from lumpver.model.network import Pointwise


def encoded(node: Pointwise, x: Exact) -> Exact:
    """The node's output at x."""
    return over(node, x, activate)
