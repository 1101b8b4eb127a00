"""Hints for bounds: lines chosen for single entries, and a tree of cuts, for each box of a domain.

Only entries of which no sample excludes that they are decided are driven at, and what is kept
decides one, or moves an end far where more entries are bounded behind it. Nothing here is
believed: bounds hold whatever hints say.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Final, assert_never

import numpy as np

from lumpver.bounds.backward import reaches
from lumpver.bounds.bounding import bounded
from lumpver.bounds.hinted import hinted
from lumpver.bounds.steps import Affine, Bent, Between, Blank, Largest
from lumpver.claim.hints import Hints
from lumpver.search import climbing, cutting
from lumpver.search.effort import Effort
from lumpver.search.sampling import sampled
from lumpver.search.slanting import bends

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lumpver.bounds.hinted import Intervals
    from lumpver.bounds.leaf import Leaf
    from lumpver.bounds.plan import Plan
    from lumpver.claim.hints import Target
    from lumpver.search.sampling import Seen

WARY: Final = 2  # what a hint decides here, it decides where sums are in another order
_PRODUCTS: Final = 2**38  # in some twenty seconds
_SAMPLES: Final = 2048
_STEPS: Final = 40  # of the ascent
_LEAVES: Final = 1024  # of all boxes together
_NEARER: Final = 2**-6  # of an interval: what an end has to move by to be of use behind it
_ROOM: Final = 2**24  # entries of samples
_MOST: Final = 2**22  # leans of all boxes together, a byte each


@dataclass(frozen=True, slots=True, eq=False)
class Tightened:
    """Hints for some boxes, in order, and the intervals of all tensors by them, on each."""

    hints: tuple[Hints, ...]
    intervals: tuple[Intervals, ...]


def tightened(plan: Plan, boxes: Sequence[Intervals], *, seconds: float | None = None) -> Tightened:
    """Hints for each of some boxes; those of one are of use whatever those of another are.

    The same amount of work each time, unless the seconds are over before.
    """
    effort = Effort(_PRODUCTS, inf if seconds is None else monotonic() + seconds)
    count = min(_SAMPLES, _ROOM // max(1, sum(map(plan.size, plan.shapes)))) // len(boxes)
    seen = sampled(plan, boxes, count=max(16, count))
    found: list[Hints] = []
    known: list[Intervals] = []
    for i, box in enumerate(boxes):
        left = _MOST - sum(hints.size for hints in found)
        part = effort.part(1 / (len(boxes) - i))
        leaves, room = max(1, _LEAVES // len(boxes)), left // (len(boxes) - i)
        hints, intervals = _tightened(plan, box, seen, part, leaves, room)
        found.append(hints)
        known.append(intervals)
    return Tightened(tuple(found), tuple(known))


def _tightened(
    plan: Plan, box: Intervals, seen: Seen, effort: Effort, leaves: int, room: int
) -> tuple[Hints, Intervals]:
    choosing = _Choosing(seen, effort.part(0.5 if cutting.cuttable(box) else 1.0), room)
    whole = bounded(plan, box, chosen=choosing, wary=WARY).intervals
    cuts = cutting.cut(plan, box, whole, seen, leaves=leaves, effort=effort)
    hints = Hints(choosing.targets, cuts)
    return hints, whole if hints.leaves == 1 else hinted(plan, box, hints, wary=WARY)


@dataclass(slots=True, eq=False)
class _Choosing:
    """Asked for lines for each tensor that an activation reads; keeps what it has answered.

    `room` is how many leans there may be.
    """

    seen: Seen
    effort: Effort
    room: int
    targets: dict[str, tuple[Target, ...]] = field(default_factory=dict)

    def __call__(self, leaf: Leaf, name: str) -> tuple[Target, ...]:
        if name not in self.targets:
            found = tuple(self._found(leaf, name))
            if not found:
                return ()
            self.targets[name] = found
        return self.targets[name]

    def _found(self, leaf: Leaf, name: str) -> Iterator[Target]:
        if not reaches(leaf, name) or not bends(leaf, name):
            return
        known = leaf.intervals[name]
        for side in (1, -1):
            open_ = (known.lower < 0) & (known.upper > 0) & self.seen.hopeful(name, side)
            at = np.flatnonzero(open_ & np.isfinite(known.size))
            if not at.size or self.effort.over:
                continue
            climb = climbing.climbed(leaf, name, at, side=side, steps=_STEPS, effort=self.effort)
            if set(climb.minimizers) == {n for n in leaf.plan.shapes if n not in leaf.plan.steps}:
                self.seen.look(climb.minimizers)
            ends = known.lower if side > 0 else -known.upper
            nearer = climb.best - ends[at] > _NEARER * (known.upper - known.lower)[at]
            won = (climb.best > 0) | (nearer & _matters(leaf.plan, name))
            if won.any():
                leans = {by: lean[won] for by, lean in climb.leans.items()}
                made = climbing.target(leaf, name, at[won], leans, above=side < 0)
                if made.size <= self.room:
                    self.room -= made.size
                    yield made


def _matters(plan: Plan, name: str) -> bool:
    """Whether an activation behind a tensor is read, in the end, by another one."""
    behind = {name}
    for made, step in plan.steps.items():
        match step:
            case Affine():
                reached = any(operand in behind for operand, _ in step.operands)
            case Bent() | Largest():
                reached = step.operand in behind
                if isinstance(step, Bent) and reached and step.operand != name:
                    return True
            case Between() | Blank():
                reached = False
            case _:
                assert_never(step)
        if reached:
            behind.add(made)
    return False
