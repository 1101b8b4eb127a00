"""Lines of activations chosen for each entry that is bounded, by gradient ascent.

The bound of a row is concave in the leans of the activations that it is substituted through,
but for changes of sign. Nothing here is believed: a lean that is not the best makes a bound
weaker.

side: 1 for bounds below, -1 for bounds above

References
----------
Salman, Yang, Zhang, Hsieh, Zhang: *A Convex Relaxation Barrier*, 2019; Xu et al.: *Fast and
Complete*, 2021.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.bounds.bounding import cost, units
from lumpver.claim.hints import STEEPEST, Leaning, Target
from lumpver.search.slanting import Bend, Pass, bends

if TYPE_CHECKING:
    from lumpver.bounds.leaf import Leaf
    from lumpver.bounds.plan import Plan
    from lumpver.exact.floats import Floats
    from lumpver.model.relabelling import Indices
    from lumpver.search.effort import Effort

_RATE: Final = 0.25  # of the first step; a later one is shorter
_MEMORY: Final = 0.9, 0.99  # of the mean of gradients, and of that of their squares
_TRIAL: Final = 8
_FARTHER: Final = 3
_LITTLE: Final = 1e-12
_ROOM: Final = 2**22  # entries of all tensors, for all rows at once
_ENTRY: Final = 2**10  # products that take as long as what is done for an entry of a row


@dataclass(slots=True, eq=False)
class Climb:
    """The ascent of the bounds of some rows: leans and bounds so far, and the best of them."""

    best: Floats
    leans: dict[str, Floats]
    minimizers: dict[str, Floats]


def climbed(
    leaf: Leaf,
    name: str,
    at: Indices,
    *,
    side: int,
    steps: int,
    effort: Effort,
) -> Climb:
    """Leans for bounds of these entries of a tensor on one side, better at every step or kept.

    A row that is decided is not driven on.
    """
    there = bends(leaf, name)
    width = max(1, _ROOM // sum(map(leaf.plan.size, leaf.plan.shapes)))
    found = [
        _climbed(leaf, name, there, some, side=side, steps=steps, effort=effort)
        for some in np.split(at, range(width, at.size, width))
    ]
    return Climb(
        np.concatenate([one.best for one in found]),
        {by: np.concatenate([one.leans[by] for one in found]) for by in there},
        {by: np.concatenate([one.minimizers[by] for one in found]) for by in found[0].minimizers},
    )


def _climbed(
    leaf: Leaf,
    name: str,
    there: dict[str, Bend],
    at: Indices,
    *,
    side: int,
    steps: int,
    effort: Effort,
) -> Climb:
    leans = {by: np.tile(bend.start, (at.size, 1)) for by, bend in there.items()}
    means = {by: np.zeros_like(lean) for by, lean in leans.items()}
    squares = {by: np.zeros_like(lean) for by, lean in leans.items()}
    found = Climb(np.full(at.size, -np.inf), {by: x.copy() for by, x in leans.items()}, {})
    going = np.arange(at.size)
    inputs = [tensor for tensor in leaf.plan.shapes if tensor not in leaf.plan.steps]
    each = work(leaf.plan, name)
    for step in range(steps + 1):
        effort.spend(going.size * each)
        one = Pass(leaf, there, leans)
        bound = one.back(name, side * units(leaf, name, at[going]))
        better = bound > found.best[going]
        found.best[going[better]] = bound[better]
        for by, lean in leans.items():
            found.leans[by][going[better]] = lean[better]
        one.ahead(name)
        for tensor in inputs:
            if tensor in one.values:
                found.minimizers.setdefault(
                    tensor, np.tile(leaf.intervals[tensor].lower, (at.size, 1))
                )[going] = one.values[tensor]
        if step == 0:
            first = found.best.copy()
        open_ = found.best[going] < 0
        if step == _TRIAL:  # what has come a quarter of the way may arrive
            open_ &= found.best[going] + _FARTHER * (found.best - first)[going] > 0
        if step == steps or not open_.any() or effort.over:
            break
        going = going[open_]
        rate = _RATE / (1 + 4 * step / steps)
        for by, slope in one.gradients().items():
            m, s = (x[by][open_] for x in (means, squares))
            m = _MEMORY[0] * m + (1 - _MEMORY[0]) * slope[open_]
            s = _MEMORY[1] * s + (1 - _MEMORY[1]) * slope[open_] ** 2
            means[by], squares[by] = m, s
            drive = m / (1 - _MEMORY[0] ** (step + 1))
            scale = np.sqrt(s / (1 - _MEMORY[1] ** (step + 1))) + _LITTLE
            leans[by] = np.clip(leans[by][open_] + rate * drive / scale, 0.0, 1.0)
    return found


def work(plan: Plan, name: str, entry: int = _ENTRY) -> int:
    """How many products a step takes for a row of a tensor, there and back, with all else."""
    order = list(plan.shapes)
    before = order[: order.index(name)]
    return 2 * cost(plan, name)[0] + entry * sum(map(plan.size, before))


def target(leaf: Leaf, name: str, at: Indices, leans: dict[str, Floats], *, above: bool) -> Target:
    """The leans of these entries of a tensor as a hint: bytes, the entries in order."""
    order = np.argsort(at)
    there = bends(leaf, name)
    return Target(
        at[order],
        above,
        {
            by: Leaning(bend.at, np.rint(leans[by][order] * STEEPEST).astype(np.uint8))
            for by, bend in there.items()
        },
    )
