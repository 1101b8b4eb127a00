"""What is made of several tensors at once, between bounds: products, quotients, the larger one.

Statement. For operands between their bounds, each entry that is made is between its own.
Why. A product of two entries is least and largest at ends, and so is a quotient where the
divisor is never 0; rounding to nearest is undone by the next float. A matrix product is that of
the centres, and at most |a| s + r |b| + r s off, for centres a, b and radii r, s (Rump).
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from lumpver.bounds.leaf import Interval
from lumpver.exact.outward import lowered, raised, slack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumpver.bounds.steps import Between
    from lumpver.exact.floats import Floats


def image(step: Between, known: Sequence[Interval]) -> Interval:
    """The bounds of what is made, infinite where none is known.

    Examples
    --------
    >>> from lumpver.bounds.steps import Between
    >>> a, b = (Interval(np.array([low]), np.array([2.0])) for low in (-1.0, 1.0))
    >>> image(Between(("a", "b"), "Min", ((1,), (1,)), (1,)), [a, b])
    Interval(lower=array([-1.]), upper=array([2.]))
    """
    parts = list(zip(known, step.shapes, strict=True))
    lows = [one.lower.reshape(shape) for one, shape in parts]
    highs = [one.upper.reshape(shape) for one, shape in parts]
    if step.operator in {"Max", "Min"}:
        nearer = np.maximum if step.operator == "Max" else np.minimum
        found = reduce(nearer, lows), reduce(nearer, highs)
    else:
        finite = [np.isfinite(one.size).reshape(shape) for one, shape in parts]
        ends = [
            tuple(np.where(at, x, 0.0) for x in pair)
            for at, pair in zip(finite, zip(lows, highs, strict=True), strict=True)
        ]
        if step.operator == "MatMul":
            rows, columns = (
                np.all(finite[0], axis=-1, keepdims=True),
                np.all(finite[1], axis=-2, keepdims=True),
            )
            there = rows & columns
            found = _product(*ends[0], *ends[1])
        else:
            there = finite[0] & finite[1]
            if step.operator == "Div":
                there = there & ((ends[1][0] > 0) | (ends[1][1] < 0))
            found = _ends(ends[0], ends[1], divided=step.operator == "Div")
        found = np.where(there, found[0], -np.inf), np.where(there, found[1], np.inf)
    flat = [np.array(np.broadcast_to(x, step.made)).reshape(-1) for x in found]
    return Interval(flat[0], flat[1])


def _ends(a: tuple[Floats, ...], b: tuple[Floats, ...], *, divided: bool) -> tuple[Floats, Floats]:
    """The least and the largest product or quotient of ends, the next floats beyond."""
    found = [x / y if divided else x * y for x in a for y in b]
    return lowered(reduce(np.minimum, found)), raised(reduce(np.maximum, found))


def _product(low: Floats, up: Floats, least: Floats, most: Floats) -> tuple[Floats, Floats]:
    """The bounds of products of matrices between bounds, all finite."""
    a, b = low / 2 + up / 2, least / 2 + most / 2
    r, s = (raised(np.maximum(y - m, m - x)) for x, m, y in ((low, a, up), (least, b, most)))
    size = (np.abs(a) + r) @ (np.abs(b) + s)
    off = slack(3 * a.shape[-1], size)
    radius = np.abs(a) @ s + r @ (np.abs(b) + s)
    centre = a @ b
    return lowered(centre - radius - off), raised(centre + radius + off)
