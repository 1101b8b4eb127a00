"""Activations of relabelled tensors: y = A(t), unit by unit, with one A or each unit's own.

off: units of ghosts that the activation makes constant, such as 0
straight: of units that it leaves alone, so that the counterpart may be that of the input
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lumpver.checker.rules import own, signs, symmetry
from lumpver.checker.rules.carried import unchanged
from lumpver.claim.facts import UNBOUNDED, Fact
from lumpver.errors import NotRational, reject
from lumpver.exact.array import compact, is_float, rationals
from lumpver.exact.scalar import ONE, text
from lumpver.model.activations import IDENTITY
from lumpver.model.relabelling import identity
from lumpver.model.several import same

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flint import fmpq

    from lumpver.checker.rules.own import Own
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
    name = node.output
    before = walk.used(name, node.input, stated)
    bounds = signs.behind(before.bounds, node.activation)
    given, known = before.relabelling, before.bounds
    if given is not None and not given.is_plain and before.axis is not None:
        known = known.narrowed(walk.boxed(node.input, before.axis))
    if given is not None and given.width == 0:
        after = activated(given, own.activations(node, None, before), name, known)
        walk.vanished(name, stated)
        return replace(before, counterpart=None, relabelling=after, bounds=bounds)
    target = None if before.counterpart is None else walk.passed(name, stated, before.counterpart)
    if target is not None:
        walk.typed(name, target)
        return replace(_straight(walk, node, before), counterpart=target, bounds=bounds)
    found = walk.producer("activation", name, stated, node)
    walk.reads("activation", name, found, before.counterpart)
    walk.typed(name, found.output)
    if given is None:
        if not same(found.activation, node.activation):
            reject("activation", name, str(node.activation), str(found.activation))
        return Fact(found.output, axis=before.axis, bounds=bounds)
    mine = own.activations(node, found, before)
    after = activated(given, mine, name, known, before.held)
    more = Fact(found.output, after, axis=before.axis, bounds=bounds)
    if len(mine.kinds) > 1:
        return more
    return replace(more, held=unchanged(before.held, mine.kinds[0]), alike=before.alike)


def _straight(walk: Walk, node: Pointwise, before: Fact) -> Fact:
    """The fact about the output where the activation would leave all of the counterpart alone.

    Raises
    ------
    Rejected
        If one of its columns may switch, or a row does not pass.
    """
    axis = before.axis or node.axis or -1
    known = before.bounds.narrowed(walk.boxed(node.input, axis))
    given = before.relabelling or identity(known.below.size)  # of bounds that all have, any one
    mine = own.activations(node, None, replace(before, relabelling=given, axis=axis))
    signs.require_straight(given, mine, node.output, known, before.held)
    if before.relabelling is None:
        return before
    return replace(before, relabelling=activated(given, mine, node.output, known, before.held))


def activated(
    before: Relabelling, given: Own, name: str, known: Bounds, held: Bounds = UNBOUNDED
) -> Relabelling:
    """The relabelling behind an activation, where there is one.

    Raises
    ------
    Rejected
        Naming the first unit whose row does not follow.
    """
    if given.kinds == (IDENTITY,):
        return before
    off = np.isin(before.block, before.off)
    gone = signs.switched_off(given.functions, name, known, off)
    single = (before.block >= 0) & ~off
    passes, carried = np.zeros(before.units, dtype=bool), before
    for function in given.kinds:
        rows = single & given.agree & given.of(function)
        some, scale, constant = symmetry.carried(carried, function, rows)
        passes, carried = passes | some, replace(carried, scale=scale, constant=constant)
    left = single & ~passes
    _refuse(before, given, name, left & ~before.shifted)
    left[before.mixed.unit] = True
    signs.require_steady(before, given, name, known, left, held)
    if not gone and not before.fixed.any():
        return carried
    return _with_constants(carried, given.functions, name, gone)


def _refuse(before: Relabelling, given: Own, name: str, wrong: Mask) -> None:
    """Rows without a constant whose scale does not pass, or which another activation makes."""
    if wrong.any():
        v = int(np.flatnonzero(wrong)[0])
        function = given.functions[v]
        if not given.agree[v]:
            reject("activation", name, str(function), "another activation", v)
        needed = "a positive scale" if function.homogeneous else "scale 1"
        reject("activation", name, needed, text(rationals(before.scale)[v]), v)


def _with_constants(
    before: Relabelling, functions: Sequence[Activation], name: str, gone: dict[int, fmpq]
) -> Relabelling:
    """The same rows, but for constants, which pass, and units that are off."""
    values, scale = rationals(before.constant).copy(), before.scale.copy()
    for v in np.flatnonzero(before.fixed).tolist():
        try:
            values[v] = functions[v](values[v])
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
