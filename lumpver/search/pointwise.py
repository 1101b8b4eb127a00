"""Activations, forwards and backwards: blocks stay, constants go through them.

Where each unit has its own, those of one block have the same: see `search.groups.colours`.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lumpver.claim.facts import UNBOUNDED, Bounds
from lumpver.errors import NotRational
from lumpver.exact.array import Exact, compact, entry, equal, is_float, nonzero, positive, rationals
from lumpver.exact.scalar import ONE, ZERO
from lumpver.model.several import common, each, image, kinds
from lumpver.search.sweeps import proposal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumpver.claim.facts import Fact
    from lumpver.model.activations import Activation
    from lumpver.model.network import Network, Pointwise
    from lumpver.model.relabelling import Mask, Relabelling
    from lumpver.model.several import Activations


def proposed(node: Pointwise, before: Fact, boxed: Bounds = UNBOUNDED) -> Fact:
    """The fact about the output that follows from one about the input.

    `boxed` is what is known of that on a domain.
    """
    after = before.relabelling
    if after is not None:
        known = before.bounds.narrowed(boxed) if after.off.size else before.bounds
        after = activated(after, node.activation, known=known)
    bounds = Bounds.everywhere(*image(node.activation, *before.bounds.common))
    return proposal(node.output, after, bounds=bounds)


def activated(before: Relabelling, given: Activations, *, known: Bounds = UNBOUNDED) -> Relabelling:
    """What activations make of a relabelling: the same blocks, constants through them.

    Rows of one entry follow the activation's law. Units that are off become a constant; rows
    of units that never switch stay.
    """
    off = np.isin(before.block, before.off)
    alone = common(given)  # then along any axis
    functions = each(given if alone is None else alone, before.units)
    scale, constant = before.scale, before.constant
    for function in kinds(given):
        mine = ~off if alone is not None else _those(functions, function) & ~off
        scale, constant = _carried(replace(before, scale=scale, constant=constant), function, mine)
    if not off.any() and not before.fixed.any():
        return replace(before, scale=scale, constant=constant)
    values = rationals(constant).copy()
    for v in np.flatnonzero(before.fixed).tolist():
        with suppress(NotRational):  # until a bundle is settled, its constants may be none
            values[v] = functions[v](values[v])
    for v in np.flatnonzero(off).tolist():
        line = functions[v].on(*known.of(v))
        values[v] = ZERO if line is None else line.constant
    return replace(
        before,
        block=np.where(off, -1, before.block),
        scale=_scales_without(scale, off),
        constant=compact(values),
        off=np.zeros(0, dtype=np.int64),
    )


def _those(functions: Sequence[Activation], function: Activation) -> Mask:
    """The units that have this activation."""
    return np.array([own == function for own in functions], dtype=bool)


def _carried(before: Relabelling, function: Activation, rows: Mask) -> tuple[Exact, Exact]:
    """The scales and constants of those rows that have one entry, where a law changes them."""
    law, scale, constant = function.law, before.scale, before.constant
    same = positive(scale) if law.multiplies else equal(scale, np.ones(rows.size))
    moved = nonzero(constant) | ~same
    found = {}
    for v in np.flatnonzero(moved & (before.block >= 0) & rows).tolist():
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
    """Whether the units that a node reads must stay: no axis is theirs, or those it makes must.

    Or it tells those of another axis apart.
    """
    axis = network.axes.get(node.input)
    apart = axis != node.axis and common(node.activation) is None
    return node.output in fixed or axis is None or apart
