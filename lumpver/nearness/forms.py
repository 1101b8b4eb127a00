"""Linear forms of all tensors in the inputs that are free, one forward pass for all leaves.

Statement. For each input of a leaf there are numbers e from -1 to 1, as many as free inputs, such
that each entry of each tensor that has a form is within `off` of `constant` + `slopes` e.
Why. An input is its middle and its reach times e. Sums of forms are forms, what is off adds up; an
activation is between two lines, of which the mean slope is taken: the rest of both is off.
Rounding. What is computed is data; how far it may be off what was meant is off, too. What is not a
finite number says nothing, and makes nothing else finite.

Forms decide cheaply which piece of an activation holds, where intervals do not: no row is needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.bounds import pointwise
from lumpver.bounds.leaf import Interval
from lumpver.bounds.pointwise import Lines
from lumpver.bounds.steps import Affine, Bent, Each
from lumpver.exact.outward import LARGEST, lowered, raised, slack
from lumpver.model.functions import Pieces
from lumpver.nearness.leaves import Form

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.bounds.steps import Step
    from lumpver.exact.floats import Floats
    from lumpver.nearness.leaves import Leaves

MOST_FREE: Final = 32  # inputs: with more of them, forms cost more than the rows that they spare


def of_inputs(names: tuple[str, ...], box: Mapping[str, Interval]) -> dict[str, Form]:
    """The forms of the inputs; a leaf with too many that are free has none that say anything."""
    ends = [
        np.concatenate([getattr(box[name], end) for name in names], axis=1)
        for end in ("lower", "upper")
    ]
    middle = ends[0] / 2 + ends[1] / 2
    reach = np.maximum(ends[1] - middle, middle - ends[0])
    reach = np.where(reach > 0, raised(reach), 0.0)
    many = (reach > 0).sum(axis=1) > MOST_FREE
    free = np.flatnonzero((reach[~many] > 0).any(axis=0))
    slopes = np.zeros((middle.shape[0], max(1, free.size), middle.shape[1]))
    slopes[:, np.arange(free.size), free] = reach[:, free]
    off = np.where(many[:, None], np.nan, np.zeros(middle.shape))
    cuts = np.cumsum([box[name].lower.shape[1] for name in names])[:-1]
    parts = (np.split(x, cuts, axis=x.ndim - 1) for x in (slopes, middle, off))
    return {name: Form(*part) for name, *part in zip(names, *parts, strict=True)}


def formed(leaves: Leaves, name: str, step: Step) -> Form:
    """The form of a tensor behind a step, whose interval is known, and whose lines are."""
    match step:
        case Affine():
            return _affine(leaves, step)
        case Bent():
            return _bent(leaves, name, step)
        case _:
            known = leaves.intervals[name]
            free = next(iter(leaves.forms.values())).slopes.shape[1]
            finite = np.isfinite(known.size)
            low, up = (np.where(finite, x, 0.0) for x in (known.lower, known.upper))
            middle = low / 2 + up / 2
            off = raised(np.maximum(up - middle, middle - low))
            flat = np.zeros((leaves.count, free, middle.shape[1]))
            return Form(flat, middle, np.where(finite, off, np.nan))


def _affine(leaves: Leaves, step: Affine) -> Form:
    """Slopes and constants through the maps, and how far all is off through their magnitudes."""
    slopes: Floats | float = 0.0
    constant, size, off, terms = step.constant, step.size, np.zeros(1), 1
    for operand, made in step.operands:
        form = leaves.forms[operand]
        count, free, width = form.slopes.shape
        absolute = made.absolute
        ahead = made.ahead(form.slopes.reshape(count * free, width))
        slopes = slopes + ahead.reshape(count, free, step.constant.size)
        constant = constant + made.ahead(form.constant)
        size = size + absolute.ahead(form.size)
        off = off + absolute.ahead(form.off)
        terms += width
    size = size + off
    off = off + leaves.wary * slack(terms + 2, size)
    return Form(np.asarray(slopes), constant, np.where(size < LARGEST, off, np.nan))


def _bent(leaves: Leaves, name: str, step: Bent) -> Form:
    """The mean of the slopes of both lines, and what is then left of them."""
    known, form = leaves.intervals[step.operand], leaves.forms[step.operand]
    finite = np.isfinite(known.lower) & np.isfinite(known.upper)
    low, up = (np.where(finite, x, 0.0) for x in (known.lower, known.upper))
    made = _leaning(step, low, up) or leaves.lines[name]
    slope = made.low_slope / 2 + made.high_slope / 2
    under, over = made.low_slope - slope, made.high_slope - slope
    least = made.low + np.minimum(under * low, under * up)
    most = made.high + np.maximum(over * low, over * up)
    middle = least / 2 + most / 2
    steep = np.abs(made.low_slope) + np.abs(made.high_slope) + np.abs(slope)
    size = steep * (np.maximum(np.abs(low), np.abs(up)) + form.size + form.off)
    size = size + np.abs(made.low) + np.abs(made.high)
    off = np.abs(slope) * form.off + np.maximum(most - middle, middle - least)
    off = off + leaves.wary * slack(8, size + off)
    return Form(
        form.slopes * slope[:, None],
        form.constant * slope + middle,
        np.where(finite & (size + off < LARGEST), off, np.nan),
    )


def _leaning(step: Bent, low: Floats, up: Floats) -> Lines | None:
    """Lines that are parallel where an activation bends at 0, if it is of pieces."""
    function = step.activation
    if isinstance(function, Each) or not isinstance(function.mapping, Pieces):
        return None
    lean = np.clip(np.nan_to_num(up / (up - low)), 0.0, 1.0)
    made = pointwise.lines(function, low.ravel(), up.ravel(), lean.ravel())
    ends = (made.low_slope, made.low, made.high_slope, made.high)
    return Lines(*(x.reshape(low.shape) for x in ends))


def narrowed(form: Form, known: Interval, wary: int) -> Interval:
    """The part of an interval that the form leaves."""
    reach = np.abs(form.slopes).sum(axis=1) + form.off
    size = np.abs(form.constant) + reach
    reach = reach + wary * slack(form.slopes.shape[1] + 2, size)
    return Interval(
        np.fmax(known.lower, lowered(form.constant - reach)),
        np.fmin(known.upper, raised(form.constant + reach)),
    )
