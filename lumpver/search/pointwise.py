"""Activations, forwards and backwards: blocks stay, constants go through them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lumpver.claim.facts import NEVER_NEGATIVE, UNBOUNDED
from lumpver.exact.array import Exact, compact, is_float, rationals
from lumpver.exact.scalar import ONE, ZERO
from lumpver.search.sweeps import proposal

if TYPE_CHECKING:
    from lumpver.claim.facts import Fact
    from lumpver.model.activations import Activation
    from lumpver.model.network import Network, Pointwise
    from lumpver.model.relabelling import Mask, Relabelling


def proposed(node: Pointwise, before: Fact) -> Fact:
    """The fact about the output that follows from one about the input."""
    after = None if before.relabelling is None else activated(before.relabelling, node.activation)
    bounds = NEVER_NEGATIVE if node.activation.nonnegative else UNBOUNDED
    return proposal(node.output, after, bounds=bounds)


def activated(before: Relabelling, function: Activation) -> Relabelling:
    """What an activation makes of a relabelling: the same blocks, constants through it.

    Units that are off become the constant 0; rows of units that never switch stay.
    """
    off = np.isin(before.block, before.off)
    if not off.any() and not before.fixed.any():
        return before
    values = rationals(before.constant).copy()
    for v in np.flatnonzero(before.fixed):
        values[v] = function(values[v])
    values[off] = ZERO
    return replace(
        before,
        block=np.where(off, -1, before.block),
        scale=_scales_without(before.scale, off),
        constant=compact(values),
        off=np.zeros(0, dtype=np.int64),
    )


def _scales_without(scale: Exact, rows: Mask) -> Exact:
    """The scales, with 1 where there is no entry."""
    found = scale.copy()
    found[rows] = 1.0 if is_float(scale) else ONE
    return found


def pins(network: Network, node: Pointwise, fixed: set[str]) -> bool:
    """Whether the units that a node reads must stay: no axis is theirs, or those it makes must."""
    return node.output in fixed or network.axes.get(node.input) is None
