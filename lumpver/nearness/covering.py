"""The bounds of both networks' tensors, and of what differs, in some boxes at once.

Statement. For every input of a leaf, each entry of each tensor is between its bounds, and D of
each pair is between its planes; `apart` is no less than rows of the outputs.
Why. By induction over the steps, as for one network (`bounds.bounding`), leaf by leaf: what is
found of a leaf depends on that leaf alone, but for how sums are rounded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

import numpy as np

from lumpver.bounds import between, pointwise
from lumpver.bounds.bounding import everything, kept
from lumpver.bounds.leaf import Interval
from lumpver.bounds.pointwise import Lines
from lumpver.bounds.steps import Affine, Bent, Between, Blank, Largest
from lumpver.exact.outward import LARGEST, lowered, raised, slack
from lumpver.nearness import forms
from lumpver.nearness.leaves import Leaves, Winner
from lumpver.nearness.planes import planes
from lumpver.nearness.steepness import steepness
from lumpver.nearness.tightening import bounds_of, emptied, pieces, tightened

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.bounds.steps import Step
    from lumpver.model.relabelling import Indices, Mask
    from lumpver.nearness.twin import Twin


def covered(
    twin: Twin,
    box: Mapping[str, Interval],
    *,
    wary: int = 1,
    noting: bool = False,
    plain: bool = False,
    on: Indices | None = None,
) -> Leaves:
    """What is found in so many leaves, of which the box has a row for each.

    All their ends are finite. With `noting`, what is lost where is kept for a search; `plain`
    are intervals alone, which are enough where leaves are points. `on` has the units at which each
    leaf is cut, as `trees` has them.
    """
    count = next(iter(box.values())).lower.shape[0]
    leaves = Leaves(twin, count, wary, noting, void=np.zeros(count, dtype=bool))
    leaves.on = np.zeros((count, 0), dtype=np.int64) if on is None else on
    with np.errstate(all="ignore"):
        if not plain:
            leaves.forms |= forms.of_inputs(twin.inputs, box)
        for name in twin.plan.shapes:
            step = twin.plan.steps.get(name)
            if step is None:
                leaves.intervals[name] = kept(box[name])
                continue
            if isinstance(step, Bent) and not plain:
                tightened(leaves, step)
            apart = _apart(leaves, name, plain=plain) if name in twin.pairs else None
            leaves.intervals[name] = kept(_passed(leaves, name, step))
            if not plain:
                leaves.forms[name] = forms.formed(leaves, name, step)
                if isinstance(step, Affine):
                    known, form = leaves.intervals[name], leaves.forms[name]
                    leaves.intervals[name] = forms.narrowed(form, known, wary)
            if apart is not None:
                _paired(leaves, name, apart)
    return leaves


def _passed(leaves: Leaves, name: str, step: Step) -> Interval:
    """The intervals behind a step."""
    match step:
        case Affine():
            return _affine(leaves, name, step)
        case Bent():
            return _bent(leaves, name, step)
        case Largest():
            return _largest(leaves, name, step)
        case Between():
            found = [
                between.image(step, [_one(leaves.intervals[x], i) for x in step.operands])
                for i in range(leaves.count)
            ]
            return Interval(np.stack([x.lower for x in found]), np.stack([x.upper for x in found]))
        case Blank(ends):
            one = everything(leaves.twin.plan.size(name), ends)
            return Interval(*(np.tile(x, (leaves.count, 1)) for x in (one.lower, one.upper)))
        case _:
            assert_never(step)


def _one(known: Interval, i: int) -> Interval:
    return Interval(known.lower[i], known.upper[i])


def _affine(leaves: Leaves, name: str, step: Affine) -> Interval:
    """Centre and radius through the maps; the magnitudes of all that is added up."""
    shape = (leaves.count, step.constant.size)
    centre, radius = np.tile(step.constant, (leaves.count, 1)), np.zeros(shape)
    size, free, terms = np.tile(step.size, (leaves.count, 1)), np.zeros(shape, dtype=bool), 1
    for operand, made in step.operands:
        known = leaves.intervals[operand]
        at = np.isfinite(known.size)
        absolute = made.absolute
        if not at.all():
            free |= absolute.ahead(np.where(at, 0.0, 1.0)) != 0
        low, up = np.where(at, known.lower, 0.0), np.where(at, known.upper, 0.0)
        middle = low / 2 + up / 2
        reach = raised(np.maximum(up - middle, middle - low))
        centre += made.ahead(middle)
        radius += absolute.ahead(reach)
        size += absolute.ahead(np.maximum(np.abs(low), np.abs(up)))
        terms += known.size.shape[1]
    size[free] = np.inf
    off = leaves.wary * slack(terms, size)
    leaves.magnitudes[name] = size
    there = size < LARGEST  # no NaN is
    return Interval(
        np.where(there, lowered(centre - radius - off), -np.inf),
        np.where(there, raised(centre + radius + off), np.inf),
    )


def _bent(leaves: Leaves, name: str, step: Bent) -> Interval:
    """Behind an activation; the lines are kept for rows to come."""
    known, function = leaves.intervals[step.operand], step.activation
    shape = known.lower.shape
    finite = np.isfinite(known.lower) & np.isfinite(known.upper)
    low, up = (np.where(finite, ends, 0.0).ravel() for ends in (known.lower, known.upper))
    made = pointwise.lines(function, low, up)
    parts = [x.reshape(shape) for x in (made.low_slope, made.low, made.high_slope, made.high)]
    found = pointwise.image(function, known.lower.ravel(), known.upper.ravel())
    least_, most = (x.reshape(shape) for x in found)
    if not finite.all():
        flat = np.zeros(shape)
        for part, values in zip(parts, (flat, least_, flat, most), strict=True):
            part[~finite] = values[~finite]
    leaves.lines[name] = Lines(*parts)
    return Interval(least_, most)


def _largest(leaves: Leaves, name: str, step: Largest) -> Interval:
    known = leaves.intervals[step.operand]
    beyond = np.full((leaves.count, 1), -np.inf)
    lows, highs = (
        np.concatenate([ends, beyond], axis=1)[:, step.met] for ends in (known.lower, known.upper)
    )
    empty = ~(step.met >= 0).any(axis=0)
    least_ = lows.max(axis=1, initial=-np.inf)
    most = np.where(empty, np.inf, highs.max(axis=1, initial=-np.inf))
    first = lows.argmax(axis=1)
    best = np.take_along_axis(np.broadcast_to(step.met, lows.shape), first[:, None], axis=1)[:, 0]
    np.put_along_axis(highs, first[:, None], -np.inf, axis=1)
    alone = highs.max(axis=1, initial=-np.inf) <= least_
    there = np.isfinite(least_) & (best >= 0)
    leaves.winners[name] = Winner(np.where(there, best, 0), there, alone)
    return Interval(least_, most)


def _apart(leaves: Leaves, name: str, *, plain: bool) -> tuple[Interval, Mask]:
    """By how much what the pair's activations read differs, and where all ends are finite.

    Where leaves are cut at units, either is no farther from the other than that.
    """
    pair = leaves.twin.pairs[name]
    ours, theirs = (leaves.intervals[operand] for operand in pair.operands)
    finite = np.isfinite(ours.size + theirs.size)
    a, c = _of_pair(leaves, name, finite)
    d = Interval(lowered(a.lower - c.upper), raised(a.upper - c.lower))
    flat, steep = steepness(
        pair.activation, np.minimum(a.lower, c.lower), np.maximum(a.upper, c.upper)
    )
    open_ = np.zeros(finite.shape, dtype=bool) if plain else (flat != steep) & finite
    for of, entry in pieces(leaves, name, *np.nonzero(open_)):
        terms = ((pair.operands[0], entry, 1.0), (pair.operands[1], entry, -1.0))
        low, high, _ = bounds_of(leaves, of, terms, apart=True)
        d.lower[of, entry] = np.maximum(d.lower[of, entry], low)
        d.upper[of, entry] = np.minimum(d.upper[of, entry], high)
    if leaves.cut.any():
        _carried(leaves, name, d, finite)
    return d, finite


def _of_pair(leaves: Leaves, name: str, finite: Mask) -> tuple[Interval, Interval]:
    """What both activations of a pair read; 0 where ends are not finite."""
    both = (leaves.intervals[operand] for operand in leaves.twin.pairs[name].operands)
    low, high = zip(
        *((np.where(finite, x.lower, 0.0), np.where(finite, x.upper, 0.0)) for x in both),
        strict=True,
    )
    return Interval(low[0], high[0]), Interval(low[1], high[1])


def _carried(leaves: Leaves, name: str, d: Interval, finite: Mask) -> None:
    """What the other's bounds and those of the difference leave, in leaves that are cut."""
    pair, at = leaves.twin.pairs[name], leaves.cut[:, None] & finite
    a, c = (leaves.intervals[operand] for operand in pair.operands)
    np.maximum(c.lower, lowered(a.lower - d.upper), out=c.lower, where=at)
    np.minimum(c.upper, raised(a.upper - d.lower), out=c.upper, where=at)
    np.maximum(a.lower, lowered(c.lower + d.lower), out=a.lower, where=at)
    np.minimum(a.upper, raised(c.upper + d.upper), out=a.upper, where=at)
    for known in (a, c):
        emptied(leaves, known)
    step = leaves.twin.plan.steps[pair.first]
    if isinstance(step, Bent):
        leaves.intervals[pair.first] = kept(_bent(leaves, pair.first, step))


def _paired(leaves: Leaves, name: str, apart: tuple[Interval, Mask]) -> None:
    """The planes between which a pair's difference is."""
    pair, (d, finite) = leaves.twin.pairs[name], apart
    a, c = _of_pair(leaves, name, finite)
    made = planes(pair.activation, a, c, d, leaves.lines[pair.first], leaves.lines[name])
    if not finite.all():
        behind = [leaves.intervals[x] for x in (pair.first, name)]
        wide = lowered(behind[0].lower - behind[1].upper), raised(behind[0].upper - behind[1].lower)
        for values, instead in zip(
            (made.low_a, made.low_c, made.low, made.high_a, made.high_c, made.high),
            (None, None, wide[0], None, None, wide[1]),
            strict=True,
        ):
            values[~finite] = 0.0 if instead is None else instead[~finite]
    leaves.planes[name] = made
