"""What is known of a network's tensors on a domain: the bounds of their units.

Statement. For every input of the domain, each unit of each tensor is between its bounds.
Why. The boxes of the domain cover it; on each box `bounding` says so of every entry, and a unit is
between the least and the largest of what its entries are between, over all boxes.
Premises. The domain names inputs of the network, each with as many entries as it has for one
sample; ends of ranges are rounded outward.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from lumpver.bounds.bounding import bounded
from lumpver.bounds.hinted import around, hinted
from lumpver.bounds.leaf import Interval
from lumpver.bounds.plan import planned
from lumpver.bounds.pointwise import outside
from lumpver.claim.facts import UNBOUNDED, Bounds
from lumpver.claim.hints import NO_HINTS
from lumpver.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lumpver.bounds.hinted import Intervals
    from lumpver.bounds.plan import Plan
    from lumpver.claim.domain import Box, Boxes, Range
    from lumpver.claim.hints import Hints
    from lumpver.model.graph import Graph


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """The intervals of all entries of the tensors of a network on a domain.

    `shapes` are those of one sample; a tensor that is not there is not bounded. `hints` are those
    that the intervals are by, one for each box, or none.
    """

    domain: Boxes
    shapes: Mapping[str, tuple[int, ...]]
    intervals: Mapping[str, Interval]
    hints: tuple[Hints, ...] = ()

    def of(self, name: str, axis: int) -> Bounds:
        """The bounds of the units of a tensor along an axis, counted from the end.

        Examples
        --------
        >>> from lumpver.claim.domain import Box, Boxes
        >>> from lumpver.model.network import Network
        >>> network = Network.from_layers([([[1], [-2]], [1, 0]), ([[1, 1]], None)])
        >>> found = known(network, Boxes((Box.of({"x": [(0, 1)]}),)))
        >>> low, high = found.of("h1.pre", -1).of(0)
        >>> bool(0 < low < 1 < 2 < high)
        True
        """
        if name not in self.intervals or len(self.shapes[name]) < -axis:
            return UNBOUNDED
        shape, found = self.shapes[name], self.intervals[name]
        others = tuple(i for i in range(len(shape)) if i != len(shape) + axis)
        lower = found.lower.reshape(shape).min(axis=others, initial=np.inf)
        upper = found.upper.reshape(shape).max(axis=others, initial=-np.inf)
        below_, above_ = np.isfinite(lower), np.isfinite(upper)
        return Bounds(below_, above_, np.where(below_, lower, 0.0), np.where(above_, upper, 0.0))


def known(
    network: Graph, domain: Boxes, *, hints: Sequence[Hints] = (), deep: bool = True
) -> Known:
    """What is known of all tensors of a network for the inputs of a domain.

    `hints` are those of its boxes, if there are any. Without `deep` intervals alone count.

    Raises
    ------
    Malformed
        If the domain names an input that the network does not have, or hints do not fit.
    ShapeMismatch
        If an input has not as many entries as the domain says.
    """
    plan, boxes = posed(network, domain)
    if not deep:
        return gathered(domain, plan, [bounded(plan, x, deep=False).intervals for x in boxes])
    if hints and len(hints) != len(boxes):
        raise Malformed("hints", expected=f"those of {len(boxes)} boxes", got=str(len(hints)))
    each = zip(boxes, hints or [NO_HINTS] * len(boxes), strict=True)
    return gathered(domain, plan, [hinted(plan, box, one) for box, one in each], hints)


def posed(network: Graph, domain: Boxes) -> tuple[Plan, list[Intervals]]:
    """What bounds are asked of: the steps of a network, and the boxes of a domain in floats.

    Raises
    ------
    Malformed
        If the domain names an input that the network does not have.
    ShapeMismatch
        If an input has not as many entries as the domain says.
    """
    names = {tensor.name for tensor in network.inputs}
    for name in domain.sizes:
        if name not in names:
            raise Malformed(f"box for {name}", expected="an input of the model", got="none such")
    plan = planned(network, domain.sizes)
    return plan, [intervals_of(box, domain.sizes) for box in domain.boxes]


def gathered(
    domain: Boxes, plan: Plan, found: Sequence[Intervals], hints: Sequence[Hints] = ()
) -> Known:
    """What is known on a domain, given that on each of its boxes, by these hints."""
    intervals = {name: reduce(around, (one[name] for one in found)) for name in plan.shapes}
    return Known(domain, plan.shapes, intervals, tuple(hints))


def intervals_of(box: Box, sizes: Mapping[str, int]) -> dict[str, Interval]:
    """The ranges of a box in floats, rounded outward; an input that it does not name is free."""
    named = dict(box.ranges)
    return {
        name: _interval(named.get(name, ((None, None),) * size)) for name, size in sizes.items()
    }


def _interval(ranges: Sequence[Range]) -> Interval:
    ends = np.array([outside(one) for one in ranges], dtype=np.float64).reshape(-1, 2)
    return Interval(ends[:, 0].copy(), ends[:, 1].copy())
