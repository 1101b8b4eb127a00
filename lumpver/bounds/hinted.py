"""The bounds of all tensors on one box, by hints: whatever these say, the bounds hold.

Statement. For every input of the box, each entry of each tensor is in its interval.
Why. Any slope between those of two pieces that meet gives a line through the bend on one side of
both. A box is the union of its halves, so that an entry is in the smallest interval around
those that it is in on the leaves of a tree of cuts; and what holds on the box holds on each leaf.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from lumpver.bounds.bounding import bounded
from lumpver.bounds.leaf import Interval
from lumpver.bounds.steps import Bent
from lumpver.claim.trees import leaves as parts
from lumpver.claim.trees import middle
from lumpver.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lumpver.bounds.plan import Plan
    from lumpver.claim.hints import Hints

Intervals = dict[str, Interval]


def hinted(plan: Plan, box: Mapping[str, Interval], hints: Hints, *, wary: int = 1) -> Intervals:
    """The intervals of all tensors of a plan for inputs in a box.

    Raises
    ------
    Malformed
        If hints speak of what is not there, or cut a range that has no end.
    """
    for name in hints.targets:
        if not any(isinstance(s, Bent) and s.operand == name for s in plan.steps.values()):
            expected = "a tensor that an activation reads"
            raise Malformed(f"hints for {name}", expected=expected, got="none such")
    whole = bounded(
        plan, box, chosen=lambda _, name: hints.targets.get(name, ()), wary=wary
    ).intervals
    if hints.leaves == 1:
        return whole
    found: Intervals = {}
    for leaf in leaves(plan, box, hints.cuts):
        made = bounded(plan, leaf, within=whole, wary=wary).intervals
        found = {name: around(found.get(name, known), known) for name, known in made.items()}
    return found | {name: whole[name] for name in plan.shapes if name not in plan.steps}


def around(one: Interval, other: Interval) -> Interval:
    """The smallest intervals around both."""
    return Interval(np.minimum(one.lower, other.lower), np.maximum(one.upper, other.upper))


def leaves(plan: Plan, box: Mapping[str, Interval], cuts: tuple[int, ...]) -> Iterator[Intervals]:
    """The parts of a box that a tree of cuts leaves, which cover it.

    Raises
    ------
    Malformed
        If there is no such entry of an input, or its range has no end.
    """
    return parts(dict(box), cuts, partial(halves, plan))


def halves(plan: Plan, box: Intervals, entry: int) -> tuple[Intervals, Intervals]:
    """Both halves of a box, cut where the range of an entry of the inputs has its middle."""
    at = entry
    for name in plan.shapes:
        if name in plan.steps:
            continue
        if at < plan.size(name):
            return _halves(box, name, at)
        at -= plan.size(name)
    raise Malformed("cuts", expected="an entry of an input", got=str(entry))


def _halves(box: Intervals, name: str, at: int) -> tuple[Intervals, Intervals]:
    known = box[name]
    low, high = float(known.lower[at]), float(known.upper[at])
    cut = middle(low, high)
    if not np.isfinite(cut) or not low <= cut <= high:
        raise Malformed(f"cuts of {name}[{at}]", expected="a range with ends", got="none")
    upper, lower = known.upper.copy(), known.lower.copy()
    upper[at], lower[at] = cut, cut
    below, above = Interval(known.lower, upper), Interval(lower, known.upper)
    return box | {name: below}, box | {name: above}
