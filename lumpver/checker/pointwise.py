"""Activations of relabelled tensors: y = A(t), unit by unit.

off: units of ghosts that are never positive, so that the activation makes them 0
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lumpver.checker.rules import signs
from lumpver.claim.facts import NEVER_NEGATIVE, Fact
from lumpver.errors import NotRational, reject
from lumpver.exact.array import compact, equal, is_float, rationals
from lumpver.exact.scalar import ONE, ZERO, text
from lumpver.model.activations import IDENTITY

if TYPE_CHECKING:
    from lumpver.checker.walk import Walk
    from lumpver.claim.facts import Bounds
    from lumpver.model.activations import Activation
    from lumpver.model.network import Pointwise
    from lumpver.model.relabelling import Mask, Relabelling


def established(walk: Walk, node: Pointwise, stated: Fact) -> Fact:
    """The fact about the output that follows from one about the input.

    Raises
    ------
    Rejected
        If a row does not pass, or the counterpart is made in another way.
    """
    name, function = node.output, node.activation
    before = walk.used(name, node.input, stated)
    bounds = NEVER_NEGATIVE if function.nonnegative else signs.behind(before.bounds, function)
    after = before.relabelling
    if after is not None:
        after = activated(after, function, name, before.bounds)
        if after.width == 0:
            walk.vanished(name, stated)
            return replace(before, counterpart=None, relabelling=after, bounds=bounds)
    found = walk.producer("activation", name, stated, node)
    if found.activation != function:
        reject("activation", name, str(function), str(found.activation))
    walk.reads("activation", name, found, before.counterpart)
    walk.typed(name, found.output)
    return Fact(found.output, after, axis=before.axis, bounds=bounds)


def activated(before: Relabelling, function: Activation, name: str, known: Bounds) -> Relabelling:
    """The relabelling behind an activation, where there is one.

    Raises
    ------
    Rejected
        Naming the first unit whose row does not follow.
    """
    if function == IDENTITY:
        return before
    off = np.isin(before.block, before.off)
    signs.require_off(function, name, known, off)
    signs.require_steady(before, function, name, known)
    single = (before.block >= 0) & ~off & ~before.shifted
    allowed = before.scale > 0 if function.homogeneous else equal(before.scale, np.ones(off.size))
    wrong = single & ~np.asarray(allowed, dtype=bool)
    if wrong.any():
        v = int(np.flatnonzero(wrong)[0])
        needed = "a positive scale" if function.homogeneous else "scale 1"
        reject("activation", name, needed, text(rationals(before.scale)[v]), v)
    if not off.any() and not before.fixed.any():
        return before
    return _with_constants(before, function, name, off)


def _with_constants(before: Relabelling, function: Activation, name: str, off: Mask) -> Relabelling:
    """The same rows, but for constants, which pass, and units that are off."""
    values, scale = rationals(before.constant).copy(), before.scale.copy()
    values[off], scale[off] = ZERO, 1.0 if is_float(scale) else ONE
    for v in np.flatnonzero(before.fixed).tolist():
        try:
            values[v] = function(values[v])
        except NotRational as error:
            reject("activation", name, error.expected, error.got, v)
    return replace(
        before,
        block=np.where(off, -1, before.block),
        scale=scale,
        constant=compact(values),
        off=np.zeros(0, dtype=np.int64),
    )
