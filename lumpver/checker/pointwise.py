"""Activations of relabelled tensors: y = A(t), unit by unit.

off: units of ghosts that the activation makes constant, such as 0
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lumpver.checker.rules import signs, symmetry
from lumpver.claim.facts import Fact
from lumpver.errors import NotRational, reject
from lumpver.exact.array import compact, is_float, rationals
from lumpver.exact.scalar import ONE, text
from lumpver.model.activations import IDENTITY

if TYPE_CHECKING:
    from flint import fmpq

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
    bounds = signs.behind(before.bounds, function)
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
    gone = signs.switched_off(function, name, known, off)
    single = (before.block >= 0) & ~off
    passes, scale, constant = symmetry.carried(before, function, single)
    left = single & ~passes
    _refuse(before, function, name, left & ~before.shifted)
    left[before.mixed.unit] = True
    signs.require_steady(before, function, name, known, left)
    if not gone and not before.fixed.any():
        return replace(before, scale=scale, constant=constant)
    carried = replace(before, scale=scale, constant=constant)
    return _with_constants(carried, function, name, gone)


def _refuse(before: Relabelling, function: Activation, name: str, wrong: Mask) -> None:
    """Rows without a constant whose scale does not pass."""
    if wrong.any():
        v = int(np.flatnonzero(wrong)[0])
        needed = "a positive scale" if function.homogeneous else "scale 1"
        reject("activation", name, needed, text(rationals(before.scale)[v]), v)


def _with_constants(
    before: Relabelling, function: Activation, name: str, gone: dict[int, fmpq]
) -> Relabelling:
    """The same rows, but for constants, which pass, and units that are off."""
    values, scale = rationals(before.constant).copy(), before.scale.copy()
    for v in np.flatnonzero(before.fixed).tolist():
        try:
            values[v] = function(values[v])
        except NotRational as error:
            reject("activation", name, error.expected, error.got, v)
    off = np.zeros(before.units, dtype=bool)
    for v, value in gone.items():
        off[v], values[v], scale[v] = True, value, 1.0 if is_float(scale) else ONE
    return replace(
        before,
        block=np.where(off, -1, before.block),
        scale=scale,
        constant=compact(values),
        off=np.zeros(0, dtype=np.int64),
    )
