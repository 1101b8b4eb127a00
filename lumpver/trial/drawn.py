"""What drawn points of a domain show of its network's tensors, in floats: no evidence.

Half of the points are corners; the seed is fixed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.bounds import pointwise
from lumpver.bounds.leaf import Interval
from lumpver.bounds.plan import planned
from lumpver.exact.outward import nearest
from lumpver.exact.scalar import ZERO
from lumpver.search.sampling import value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.bounds.plan import Plan
    from lumpver.bounds.pointwise import Given
    from lumpver.claim.domain import Boxes, Range
    from lumpver.exact.floats import Floats
    from lumpver.model.graph import Graph

POINTS: Final = 256
_ENTRIES: Final = 2**22  # of all tensors at once


def seen(network: Graph, domain: Boxes) -> dict[str, Interval]:
    """The least and the largest value of each entry of each tensor at `POINTS` points.

    Tensors that depend on what is not modelled, or on an input without bounds, are not there.

    Examples
    --------
    >>> from lumpver.claim.domain import Box, Boxes
    >>> from lumpver.model.network import Network
    >>> network = Network.from_layers([([[1], [-2]], [1, 0]), ([[1, 1]], None)])
    >>> found = seen(network, Boxes((Box.of({"x": [(0, 1)]}),)))["h1.pre"]
    >>> found.lower.tolist(), found.upper.tolist()
    ([1.0, -2.0], [2.0, 0.0])
    """
    plan = planned(network, domain.sizes)
    draw = np.random.default_rng(0)
    total = sum(plan.size(name) for name in plan.shapes)
    rows = min(POINTS // 2, max(1, _ENTRIES // max(1, total)))
    found: dict[str, Interval] = {}
    for start in range(0, POINTS, rows):
        chosen = range(start, min(start + rows, POINTS))
        with np.errstate(all="ignore"):
            values = _through(plan, _points(domain, chosen, draw))
        for name, x in values.items():
            least, most = x.min(axis=0), x.max(axis=0)
            if name in found:
                least = np.minimum(least, found[name].lower)
                most = np.maximum(most, found[name].upper)
            found[name] = Interval(least, most)
    return found


def _points(domain: Boxes, chosen: range, draw: np.random.Generator) -> dict[str, Floats]:
    """Points of the boxes in turn: even ones corners, odd ones anywhere."""
    points: dict[str, list[Floats]] = {}
    for i in chosen:
        box = domain.boxes[(i // 2) % len(domain.boxes)]
        for name, ranges in box.ranges:
            low, high = ends(ranges)
            if not (np.isfinite(low).all() and np.isfinite(high).all()):
                continue
            part = draw.random(low.size)
            part = np.round(part) if i % 2 == 0 else part
            points.setdefault(name, []).append(low + part * (high - low))
    return {name: np.stack(x) for name, x in points.items() if len(x) == len(chosen)}


def ends(ranges: tuple[Range, ...]) -> tuple[Floats, Floats]:
    """The nearest floats to the ends of ranges, infinite where there are none.

    Examples
    --------
    >>> from flint import fmpq
    >>> ends(((fmpq(1, 2), None),))
    (array([0.5]), array([inf]))
    """
    low, high = (
        nearest(np.array([ZERO if one[i] is None else one[i] for one in ranges], dtype=object))
        for i in (0, 1)
    )
    free = np.array([[end is None for end in one] for one in ranges], dtype=bool).reshape(-1, 2)
    return np.where(free[:, 0], -np.inf, low), np.where(free[:, 1], np.inf, high)


def _through(plan: Plan, points: Mapping[str, Floats]) -> dict[str, Floats]:
    """The tensors' values, a row for each point."""
    values = dict(points)
    for name, step in plan.steps.items():
        made = value(step, values, _bent)
        if made is not None:
            values[name] = made
    return values


def _bent(function: Given, x: Floats) -> Floats:
    least, most = pointwise.image(function, x.ravel(), x.ravel())
    return np.asarray(least / 2 + most / 2).reshape(x.shape)
