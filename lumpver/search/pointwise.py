"""Activations, forwards and backwards: blocks stay, constants go through them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lumpver.claim.facts import UNBOUNDED, Bounds
from lumpver.errors import NotRational
from lumpver.exact.array import Exact, compact, entry, equal, is_float, nonzero, positive, rationals
from lumpver.exact.scalar import ONE, ZERO
from lumpver.search.sweeps import proposal

if TYPE_CHECKING:
    from lumpver.claim.facts import Fact
    from lumpver.model.activations import Activation
    from lumpver.model.network import Network, Pointwise
    from lumpver.model.relabelling import Mask, Relabelling


def proposed(node: Pointwise, before: Fact) -> Fact:
    """The fact about the output that follows from one about the input."""
    function, after = node.activation, before.relabelling
    if after is not None:
        after = activated(after, function, known=before.bounds)
    bounds = Bounds.everywhere(*function.image(*before.bounds.common))
    return proposal(node.output, after, bounds=bounds)


def activated(
    before: Relabelling, function: Activation, *, known: Bounds = UNBOUNDED
) -> Relabelling:
    """What an activation makes of a relabelling: the same blocks, constants through it.

    Rows of one entry follow the activation's law. Units that are off become a constant; rows
    of units that never switch stay.
    """
    off = np.isin(before.block, before.off)
    scale, constant = _carried(before, function, off)
    if not off.any() and not before.fixed.any():
        return replace(before, scale=scale, constant=constant)
    values = rationals(constant).copy()
    for v in np.flatnonzero(before.fixed):
        with suppress(NotRational):  # until a bundle is settled, its constants may be none
            values[v] = function(values[v])
    for v in np.flatnonzero(off):
        line = function.on(*known.of(int(v)))
        values[v] = ZERO if line is None else line.constant
    return replace(
        before,
        block=np.where(off, -1, before.block),
        scale=_scales_without(scale, off),
        constant=compact(values),
        off=np.zeros(0, dtype=np.int64),
    )


def _carried(before: Relabelling, function: Activation, off: Mask) -> tuple[Exact, Exact]:
    """The scales and constants of rows of one entry, where a law changes them."""
    law, scale, constant = function.law, before.scale, before.constant
    same = positive(scale) if law.multiplies else equal(scale, np.ones(off.size))
    moved = nonzero(constant) | ~same
    found = {}
    for v in np.flatnonzero(moved & (before.block >= 0) & ~off).tolist():
        row = law.row(entry(scale, v), entry(constant, v))
        if row is not None:
            found[v] = row
    if not found:
        return scale, constant
    scale, constant = rationals(scale).copy(), rationals(constant).copy()
    for v, (factor, shift) in found.items():
        scale[v], constant[v] = factor, shift
    return compact(scale), compact(constant)


def _scales_without(scale: Exact, rows: Mask) -> Exact:
    """The scales, with 1 where there is no entry."""
    found = scale.copy()
    found[rows] = 1.0 if is_float(scale) else ONE
    return found


def pins(network: Network, node: Pointwise, fixed: set[str]) -> bool:
    """Whether the units that a node reads must stay: no axis is theirs, or those it makes must."""
    return node.output in fixed or network.axes.get(node.input) is None
