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

from functools import partial
from typing import TYPE_CHECKING, Final, assert_never

import numpy as np

from lumpver.bounds import backward, between, pointwise
from lumpver.bounds.leaf import Interval, Leaf
from lumpver.bounds.steps import Affine, Bent, Between, Blank, Largest
from lumpver.claim.hints import STEEPEST
from lumpver.errors import Malformed, ShapeMismatch
from lumpver.exact.outward import LARGEST, lowered, raised, slack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from lumpver.bounds.plan import Plan
    from lumpver.bounds.pointwise import Given, Lines
    from lumpver.bounds.steps import Step
    from lumpver.claim.hints import Leaning, Target
    from lumpver.exact.floats import Floats
    from lumpver.model.functions import Range
    from lumpver.model.relabelling import Indices, Mask

    Chosen = Callable[[Leaf, str], Iterable[Target]]

_ROWS: Final = 2**22  # entries of rows that are substituted at once
_WORK: Final = 2**33  # products that the rows of one tensor may take; beyond, intervals have to do


def bounded(
    plan: Plan,
    box: Mapping[str, Interval],
    *,
    chosen: Chosen | None = None,
    within: Mapping[str, Interval] | None = None,
    wary: int = 1,
    deep: bool = True,
) -> Leaf:
    """The bounds of all tensors of a plan for inputs in a box.

    With `deep`, rows of open entries are substituted backwards; else intervals alone count.
    `chosen` says which entries of a tensor are bounded anew, by which lines, given what is known
    so far; `within` are bounds of a box around this one.
    """
    leaf = Leaf(plan, wary)
    with np.errstate(all="ignore"):
        for name in plan.shapes:
            if name not in plan.steps:
                leaf.intervals[name] = kept(_given(plan, name, box[name]))
                continue
            step = plan.steps[name]
            if deep and isinstance(step, Bent):
                known = leaf.intervals[step.operand]
                at = pointwise.undecided(step.activation, known.lower, known.upper)
                _tightened(leaf, step.operand, np.flatnonzero(at))
                for target in () if chosen is None else chosen(leaf, step.operand):
                    leaned(leaf, step.operand, target)
            leaf.intervals[name] = kept(_passed(leaf, name, step))
            if within is not None:
                _nearer(leaf.intervals[name], within[name], slice(None))
    return leaf


def _given(plan: Plan, name: str, known: Interval) -> Interval:
    """What the box says of an input, if it fits."""
    for ends in (known.lower, known.upper):
        if ends.shape != (plan.size(name),) or np.isnan(ends).any():
            expected = f"{plan.size(name)} numbers"
            raise ShapeMismatch(f"box for {name}", expected=expected, got=str(ends.shape))
    return known


def kept(known: Interval) -> Interval:
    """The bounds but those that are so large that what underflows beside them might count."""
    lower, upper = known.lower, known.upper
    return Interval(
        np.where(np.abs(lower) < LARGEST, lower, -np.inf),
        np.where(np.abs(upper) < LARGEST, upper, np.inf),
    )


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
            most = np.where((step.met >= 0).any(axis=0), highs.max(axis=0, initial=-np.inf), np.inf)
            return Interval(lows.max(axis=0, initial=-np.inf), most)
        case Between():
            return between.image(step, [leaf.intervals[operand] for operand in step.operands])
        case Blank(ends):
            return everything(leaf.plan.size(name), ends)
        case _:
            assert_never(step)


def everything(size: int, ends: Range) -> Interval:
    """So many entries between two numbers."""
    low, high = pointwise.outside(ends)
    return Interval(np.full(size, low), np.full(size, high))


def _affine(leaf: Leaf, name: str, step: Affine) -> Interval:
    """Centre and radius through the maps; the magnitudes of all that is added up."""
    if step.copies:
        return _copied(leaf, name, step)
    centre, radius, size = step.constant.copy(), np.zeros_like(step.constant), step.size.copy()
    free, terms = np.zeros(centre.size, dtype=bool), 1
    for operand, made in step.operands:
        known = leaf.intervals[operand]
        at = np.isfinite(known.size)
        if not at.all():
            free |= made.absolute.ahead(np.where(at, 0.0, 1.0)[None])[0] != 0
        low, up = np.where(at, known.lower, 0.0), np.where(at, known.upper, 0.0)
        middle = low / 2 + up / 2
        reach = raised(np.maximum(up - middle, middle - low))
        centre += made.ahead(middle[None])[0]
        wide = made.absolute.ahead(np.stack([reach, np.maximum(np.abs(low), np.abs(up))]))
        radius += wide[0]
        size += wide[1]
        terms += known.size.size
    size[free] = np.inf
    off = leaf.wary * slack(terms, size)
    leaf.magnitudes[name] = size
    lower, upper = lowered(centre - radius - off), raised(centre + radius + off)
    there = size < LARGEST  # no NaN is
    return Interval(np.where(there, lower, -np.inf), np.where(there, upper, np.inf))


def _copied(leaf: Leaf, name: str, step: Affine) -> Interval:
    """Entries of operands, as they are."""
    found = np.zeros((3, step.constant.size))
    for operand, made in step.operands:
        known = leaf.intervals[operand]
        found += made.ahead(np.stack([known.lower, known.upper, known.size]))
    leaf.magnitudes[name] = found[2]
    return Interval(found[0], found[1])


def _bent(leaf: Leaf, name: str, step: Bent) -> Interval:
    """Behind an activation; the lines are kept for rows to come."""
    known, function = leaf.intervals[step.operand], step.activation
    finite = np.isfinite(known.lower) & np.isfinite(known.upper)
    low, up = (np.where(finite, ends, 0.0) for ends in (known.lower, known.upper))
    lines = pointwise.lines(function, low, up)
    found = pointwise.image(function, known.lower, known.upper)
    if not finite.all():
        for ends, values in zip((lines.low, lines.high), found, strict=True):
            ends[~finite] = values[~finite]
        for slopes in (lines.low_slope, lines.high_slope):
            slopes[~finite] = 0.0
    leaf.lines[name] = lines
    return Interval(*found)


def _tightened(leaf: Leaf, name: str, at: Indices) -> None:
    """Substitute the rows of some entries of a tensor backwards; keep the nearer bounds.

    None of a tensor that has so many, and so much in front, that it would take too long: that
    depends on sizes alone.
    """
    known = leaf.intervals[name]
    if not at.size or not backward.reaches(leaf, name):
        return
    if cost(leaf.plan, name)[0] * at.size > _WORK:
        return
    for some in parts(leaf, name, at):
        low = backward.least(leaf, name, units(leaf, name, some))
        high = -backward.least(leaf, name, -units(leaf, name, some))
        _nearer(known, Interval(low, high), some)


def parts(leaf: Leaf, name: str, at: Indices) -> list[Indices]:
    """Entries of a tensor, as many at once as there is room for."""
    step = max(1, _ROWS // max(1, cost(leaf.plan, name)[1]))
    return np.split(at, range(step, at.size, step))


def units(leaf: Leaf, name: str, at: Indices) -> Floats:
    """A row for each of these entries of a tensor, which is that entry."""
    rows = np.zeros((at.size, leaf.plan.size(name)))
    rows[np.arange(at.size), at] = 1.0
    return rows


def _nearer(known: Interval, found: Interval, at: Indices | slice) -> None:
    """Both bounds hold, of some entries: the nearer ones are kept."""
    known.lower[at] = np.maximum(known.lower[at], found.lower)
    known.upper[at] = np.minimum(known.upper[at], found.upper)


def leaned(leaf: Leaf, name: str, target: Target) -> None:
    """Bound some entries of a tensor anew, on one side, by lines that are chosen for each.

    Raises
    ------
    Malformed
        If there is no such entry, or no such activation before the tensor.
    """
    known = leaf.intervals[name]
    _there(target.entries, known.lower.size, name)
    for by, leaning in target.by.items():
        _leans(leaf, by, leaning)
    work = cost(leaf.plan, name)[0] * target.entries.size
    if work > _WORK or not backward.reaches(leaf, name):
        return
    for some in parts(leaf, name, np.arange(target.entries.size)):
        at = target.entries[some]
        rows = units(leaf, name, at)
        lines = partial(_lines, leaf, target, some)
        found = backward.least(leaf, name, -rows if target.above else rows, lines)
        if target.above:
            known.upper[at] = np.minimum(known.upper[at], -found)
        else:
            known.lower[at] = np.maximum(known.lower[at], found)


def _leans(leaf: Leaf, name: str, leaning: Leaning) -> tuple[Given, Floats, Floats]:
    """The activation whose lines these are, and the bounds of the entries that it is asked at."""
    step = leaf.plan.steps.get(name)
    if name not in leaf.lines or not isinstance(step, Bent):
        raise Malformed(f"leans of {name}", expected="an activation before it", got="none such")
    known = leaf.intervals[step.operand]
    _there(leaning.at, known.lower.size, name)
    low, up = known.lower[leaning.at], known.upper[leaning.at]
    if not (np.isfinite(low) & np.isfinite(up)).all():
        raise Malformed(f"leans of {name}", expected="entries that are bounded", got="others")
    return pointwise.some(step.activation, leaning.at), low, up


def _lines(leaf: Leaf, target: Target, some: Indices, name: str) -> Lines:
    """The lines of an activation for some rows of a target, with the leans chosen for each."""
    leaning = target.by.get(name)
    if leaning is None:
        return leaf.lines[name]
    function, low, up = _leans(leaf, name, leaning)
    low, up = (np.tile(ends, some.size) for ends in (low, up))
    made = pointwise.lines(function, low, up, (leaning.leans[some] / STEEPEST).reshape(-1))
    return leaf.lines[name].with_rows(leaning.at, made, some.size)


def _there(at: Indices, size: int, name: str) -> None:
    if at[-1] >= size:
        raise Malformed(f"hints for {name}", expected=f"entries below {size}", got=str(at[-1]))


def open_entries(given: Given, known: Interval) -> Mask:
    """The entries between whose bounds an activation may switch."""
    return pointwise.undecided(given, known.lower, known.upper)


def cost(plan: Plan, name: str) -> tuple[int, int]:
    """How many products it takes to substitute a row of a tensor, and how many numbers at once."""
    work, wide, needed = 0, 1, {name}
    for tensor in reversed(plan.shapes):
        if tensor not in needed:
            continue
        size = plan.size(tensor)
        work, wide = work + size, max(wide, size)
        step = plan.steps.get(tensor)
        match step:
            case Affine():
                needed |= {operand for operand, _ in step.operands}
                for _, made in step.operands:
                    more, most = made.cost
                    work, wide = work + more, max(wide, most)
            case Bent() | Largest():
                needed.add(step.operand)
            case Between() | Blank() | None:
                pass
            case _:
                assert_never(step)
    return work, wide
