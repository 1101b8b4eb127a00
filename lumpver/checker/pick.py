"""Picks from relabelled tensors: the rows of what is picked, in columns that the counterpart picks.

Statement. If t = M t' + k along the axis of the units, the original picks the units P of t and the
counterpart the units Q of t', and both the same places of all other axes, then the result is
(rows P of M, in the columns Q) y' + (entries P of k). Other columns are ghosts.
Premises. Both nodes read t and t', along axes counted from the end; P are units of t, Q of t'.
Why. Entry P[i] of t is row P[i] of M times t', plus k; column Q[j] of t' is entry j of y'. A column
that is not picked is what it was, but the counterpart of the result does not hold it.
Attacks. Other places, or the same in another order; a unit that is read and not picked; the
places of the original where the counterpart has fewer units; other places of another axis.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lumpver.claim.facts import NEVER_NEGATIVE, UNBOUNDED, Fact
from lumpver.errors import reject
from lumpver.model.together import picked

if TYPE_CHECKING:
    from lumpver.checker.walk import Walk
    from lumpver.model.network import Pick
    from lumpver.model.pick import AllPlaces, Places
    from lumpver.model.relabelling import Indices, Relabelling


def established(walk: Walk, node: Pick, stated: Fact) -> Fact:
    """The fact about the output that follows from one about the input.

    Where the counterpart has all that is left, in order, it may be the counterpart of the input.

    Raises
    ------
    Rejected
        If the counterpart picks from another tensor, or other places than it should.
    """
    name = node.output
    before = walk.used(name, node.input, stated)
    bounds = NEVER_NEGATIVE if before.bounds.never_negative else UNBOUNDED
    given, axis = before.relabelling, before.axis
    if given is not None and axis is not None:
        units = _units(node, node.along(axis), axis, given.units)
        if not _held(given, units).size:
            walk.vanished(name, stated)
            return Fact(None, picked(given, units, units[:0]), axis=axis, bounds=bounds)
    target, theirs = _counterpart(walk, node, stated, before)
    walk.typed(name, target)
    if given is None or axis is None:
        _same(name, node.places, theirs)
        return Fact(target, bounds=bounds)
    others = tuple((other, places) for other, places in theirs if other != axis)
    _same(name, node.besides(axis), others)
    own = dict(theirs).get(axis)
    if node.along(axis) is None and own is None:
        return Fact(target, given, axis=axis, bounds=bounds)
    after = picked(given, units, _units(node, own, axis, given.width))
    if after.is_identity:
        return Fact(target, bounds=bounds)
    return Fact(target, after, axis=axis, bounds=bounds)


def _counterpart(walk: Walk, node: Pick, stated: Fact, before: Fact) -> tuple[str, AllPlaces]:
    """The counterpart, and what it picks; nothing, where nodes that do nothing lead to it."""
    if before.axis is not None and before.counterpart is not None:
        target = walk.passed(node.output, stated, before.counterpart, before.axis)
        if target is not None:
            return target, ()
    found = walk.producer("pick", node.output, stated, node)
    walk.reads("pick", node.output, found, before.counterpart)
    return found.output, found.places


def _same(name: str, ours: object, theirs: object) -> None:
    if ours != theirs:
        reject("pick", name, str(ours)[:60], str(theirs)[:60])


def _units(node: Pick, places: Places | None, axis: int, count: int) -> Indices:
    """The places along the axis of the units, of which there are so many."""
    found = np.arange(count) if places is None else np.array(places, dtype=np.int64)
    if found.size and found.max() >= count:
        reject("pick", node.output, f"places below {count} along {axis}", str(found.max()))
    return found


def _held(given: Relabelling, units: Indices) -> Indices:
    """The columns of the counterpart that the rows of some units read."""
    mixed = given.mixed.block[np.isin(given.mixed.unit, units)]
    found = np.concatenate([given.block[units], mixed])
    return found[(found >= 0) & (found < given.width)]
