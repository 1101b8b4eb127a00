"""Pools of relabelled tensors: channels stay apart, positions are pooled alike on both sides.

Statement. If t = M t' + k along the channel axis and both nodes pool alike, then the largest is
max t = M max t' + k where each row of M is one entry s > 0, or none; a mean is
mean t = M mean t' + k for any M, if k is 0 wherever padding may count; and a sum over n positions
is sum t = M sum t' + n k. So is what pads with zeros, or repeats positions: a sum of one entry or
of none.
Premises. The channel axis of the node is the axis of M; both have the same operator, axis,
window and divisor. Each window of a mean or of the largest meets a real entry: a Pool has no
other. n is the number of entries that a sum meets, the same at every position.
Why. max (s x + k) = s max x + k for s > 0; a mean and a sum are linear, and what a mean weighs
real entries with adds up to 1 where padding does not count.
Attacks. A scale below 0 or two entries through the largest; a channel that is 3 everywhere, next
to padding that counts, or between zeros; another window, divisor or axis; a sum over an unknown
number of positions.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lumpver.claim.facts import Fact
from lumpver.errors import reject
from lumpver.exact.array import array, multiply, nonzero, positive, rationals
from lumpver.exact.scalar import text
from lumpver.model.pool import meets_padding, same_pool, summed

if TYPE_CHECKING:
    from lumpver.checker.walk import Walk
    from lumpver.model.network import Pool, Shape
    from lumpver.model.relabelling import Relabelling


def established(walk: Walk, node: Pool, stated: Fact) -> Fact:
    """The fact about the output that follows from one about the input.

    Raises
    ------
    Rejected
        If a row does not pass, or the counterpart pools in another way.
    """
    name = node.output
    before = walk.used(name, node.input, stated)
    after = before.relabelling
    if after is not None:
        if before.axis != node.axis:
            reject("unit axis", name, str(before.axis), str(node.axis))
        if after.width == 0:
            reject("pool", name, "units left to pool", "none")
        after = passed(node, after, walk.shapes[node.input])
    found = walk.producer("pool", name, stated, node)
    walk.reads("pool", name, found, before.counterpart)
    if not same_pool(node, found):
        reject("pool", name, told(node), told(found))
    walk.typed(name, found.output)
    bounds = before.bounds.pooled(node.operator, padded=meets_padding(node))
    return Fact(found.output, after, axis=before.axis, bounds=bounds)


def passed(node: Pool, before: Relabelling, shape: Shape) -> Relabelling:
    """The relabelling behind a pool, where there is one.

    Raises
    ------
    Rejected
        Naming the first unit whose row does not follow.
    """
    name = node.output
    if node.operator == "max":
        if before.mixed:
            v = int(before.mixed.unit[0])
            reject("pool", name, "one entry", f"{len(before.row(v))}", v)
        wrong = np.flatnonzero((before.block >= 0) & ~positive(before.scale))
        if wrong.size:
            v = int(wrong[0])
            reject("pool", name, "a positive scale", text(rationals(before.scale)[v]), v)
    if not before.has_constants:
        return before
    count = summed(node, shape)
    if meets_padding(node) or count is None:
        v = int(np.flatnonzero(nonzero(before.constant))[0])
        reject("pool", name, "no constant", text(rationals(before.constant)[v]), v)
    return replace(before, constant=multiply(before.constant, array([count])))


def told(node: Pool) -> str:
    """What a pool does, in words."""
    counted = ", padding counted" if node.counts_padding else ""
    where = "all positions" if node.window is None else str(node.window)
    return f"{node.operator} over {where} behind axis {node.axis}{counted}"
