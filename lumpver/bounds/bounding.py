"""The bounds of all tensors for inputs in one box.

Statement. For every input in the box, each entry of each tensor is between `lower` and `upper`.
Why. By induction over the steps. An interval goes through an affine step as its centre and its
radius; through an activation between two lines. Where an activation asks, a row of the tensor
in front is substituted backwards: a linear bound of a tensor is one of its operands, since each
step is affine or between two lines (theory G.2, G.3). Both count, the nearer one.
Rounding. Every row is data: what is computed is a row of its own, and how far it may be from the
one that it should be adds to what the row is off, `outward.slack` of the sums' magnitudes.

open: an entry between whose bounds an activation switches
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

import numpy as np

from lumpver.bounds import backward, pointwise
from lumpver.bounds.leaf import Interval, Leaf
from lumpver.bounds.steps import Affine, Bent, Blank, Largest
from lumpver.exact.outward import LARGEST, lowered, raised, slack

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.bounds.plan import Plan
    from lumpver.bounds.steps import Step
    from lumpver.exact.floats import Floats
    from lumpver.model.activations import Activation
    from lumpver.model.functions import Range
    from lumpver.model.relabelling import Indices, Mask

_ROWS: Final = 2**22  # entries of rows that are substituted at once
_MOST: Final = 2**29  # entries of all rows of a tensor; beyond, intervals have to do


def bounded(
    plan: Plan,
    box: Mapping[str, Interval],
    *,
    chosen: Mapping[str, Floats] | None = None,
    deep: bool = True,
) -> Leaf:
    """The bounds of all tensors of a plan for inputs in a box.

    With `deep`, rows of open entries are substituted backwards; else intervals alone count.
    """
    leaf = Leaf(plan, chosen)
    with np.errstate(all="ignore"):
        for name in plan.shapes:
            if name not in plan.steps:
                leaf.intervals[name] = box[name]
                continue
            step = plan.steps[name]
            if deep and isinstance(step, Bent):
                known = leaf.intervals[step.operand]
                at = pointwise.undecided(step.activation, known.lower, known.upper)
                _tightened(leaf, step.operand, np.flatnonzero(at))
            leaf.intervals[name] = _passed(leaf, name, step)
    return leaf


def _passed(leaf: Leaf, name: str, step: Step) -> Interval:
    """The interval behind a step."""
    match step:
        case Affine():
            return _affine(leaf, name, step)
        case Bent():
            return _bent(leaf, name, step)
        case Largest():
            known = leaf.intervals[step.operand]
            lows, highs = (
                np.append(ends, -np.inf)[step.met] for ends in (known.lower, known.upper)
            )
            return Interval(lows.max(axis=0), highs.max(axis=0))
        case Blank(ends):
            return _everything(leaf.plan.size(name), ends)
        case _:
            assert_never(step)


def _everything(size: int, ends: Range) -> Interval:
    low, high = pointwise.outside(ends)
    return Interval(np.full(size, low), np.full(size, high))


def _affine(leaf: Leaf, name: str, step: Affine) -> Interval:
    """Centre and radius through the maps; the magnitudes of all that is added up."""
    centre, radius, size = step.constant.copy(), np.zeros_like(step.constant), step.size.copy()
    terms = 1
    for operand, made in step.operands:
        known = leaf.intervals[operand]
        middle = known.lower / 2 + known.upper / 2
        reach = raised(np.maximum(known.upper - middle, middle - known.lower))
        centre += made.ahead(middle[None])[0]
        wide = made.absolute.ahead(np.stack([reach, known.size]))
        radius += wide[0]
        size += wide[1]
        terms += known.size.size
    off = slack(terms, size)
    leaf.magnitudes[name] = size
    lower, upper = lowered(centre - radius - off), raised(centre + radius + off)
    known_there = np.isfinite(size) & (size < LARGEST)
    return Interval(np.where(known_there, lower, -np.inf), np.where(known_there, upper, np.inf))


def _bent(leaf: Leaf, name: str, step: Bent) -> Interval:
    """Behind an activation; the lines are kept for rows to come."""
    known, function = leaf.intervals[step.operand], step.activation
    finite = np.isfinite(known.lower) & np.isfinite(known.upper)
    low, up = (np.where(finite, ends, 0.0) for ends in (known.lower, known.upper))
    lean = None if leaf.chosen is None else leaf.chosen.get(name)
    lines = pointwise.lines(function, low, up, lean)
    if not finite.all():
        least, most = pointwise.outside(function.bounds)
        for ends, value in ((lines.low, least), (lines.high, most)):
            ends[~finite] = value
        for slopes in (lines.low_slope, lines.high_slope):
            slopes[~finite] = 0.0
    leaf.lines[name] = lines
    found = pointwise.image(function, known.lower, known.upper)
    return Interval(*found)


def _tightened(leaf: Leaf, name: str, at: Indices) -> None:
    """Substitute the rows of some entries of a tensor backwards; keep the nearer bounds."""
    known = leaf.intervals[name]
    whole = sum(leaf.plan.size(tensor) for tensor in leaf.intervals)
    if not at.size or at.size * whole > _MOST or not backward.reaches(leaf, name):
        return
    step = max(1, _ROWS // max(1, leaf.plan.size(name)))
    for some in np.split(at, range(step, at.size, step)):
        rows = np.zeros((some.size, leaf.plan.size(name)))
        rows[np.arange(some.size), some] = 1.0
        low = backward.least(leaf, name, rows)
        high = -backward.least(leaf, name, -rows)
        known.lower[some] = np.maximum(known.lower[some], low)
        known.upper[some] = np.minimum(known.upper[some], high)


def open_entries(function: Activation, known: Interval) -> Mask:
    """The entries between whose bounds an activation may switch."""
    return pointwise.undecided(function, known.lower, known.upper)
