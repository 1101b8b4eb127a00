"""How near two networks are, relative to the ranges of the first one's outputs.

Two points are sought for each output at which it is far apart; what they show of its range, which
may be longer, makes the claim one in numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from flint import fmpq

from lumpver.bounds.knowing import intervals_of
from lumpver.checker.spans import in_numbers
from lumpver.claim.closeness import Within
from lumpver.claim.domain import Box as ClaimBox
from lumpver.claim.domain import Boxes
from lumpver.errors import LumpverError, Malformed
from lumpver.exact.outward import as_float
from lumpver.exact.scalar import ZERO
from lumpver.model.slicing import sliced
from lumpver.nearness.covering import covered
from lumpver.nearness.questions import Question
from lumpver.nearness.trees import ends, inputs
from lumpver.proving.answers import SPLITTING, Answer, Proved, Refuted, Unknown
from lumpver.proving.inside import inside
from lumpver.proving.nearing import NO_BOX, beside_each_other, nearing, ranges_of, violated
from lumpver.proving.partial import WHOLE
from lumpver.search.contrast import climbed
from lumpver.search.workers import alone

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lumpver.bounds.leaf import Interval
    from lumpver.claim.closeness import Relative
    from lumpver.claim.covering import Point
    from lumpver.claim.statement import Claim
    from lumpver.exact.floats import Floats
    from lumpver.model.network import Network
    from lumpver.proving.boxes import Box
    from lumpver.proving.effort import Budget
    from lumpver.proving.nearing import Nearing
    from lumpver.proving.partial import Course, Partial
    from lumpver.search.workers import Hands

_DRAWN: Final = 64
_BEST: Final = 4


@dataclass(frozen=True, slots=True, eq=False)
class Ranges:
    """Points, by how much outputs may differ by these, and how long ranges are at most."""

    points: tuple[Point, ...]
    within: Within
    most: dict[str, fmpq | None]

    def beyond(self, eps: fmpq) -> Within | None:
        """So much of what no range is longer than, where that is known."""
        most = [(name, eps * x) for name, x in self.most.items() if x is not None]
        return Within(ZERO, tuple(sorted(most))) if len(most) == len(self.most) else None


def relating(
    a: Network,
    b: Network,
    boxes: Sequence[Box],
    claim: Claim,
    limits: Budget,
    *,
    asked: Relative,
    processes: Hands = 1,
    course: Course = WHOLE,
) -> Answer:
    """Whether the networks are so near, as `nearing` has it, relative to ranges.

    The covering that shows it has the points. It is refuted where a point shows more than that
    part of what no range is longer than.
    """
    try:
        ranges = _ranges(a, b, boxes, asked, limits, course)
    except LumpverError as error:
        if course.begun is not None:
            expected = "points of the domain, as prove leaves them"
            raise Malformed("covering to go on from", expected=expected, got=str(error)) from error
        return Unknown(SPLITTING, NO_BOX if not all(boxes) else str(error))
    real = replace(claim, closeness=ranges.within)

    def keep(found: Partial) -> None:
        kept = replace(found.covering, points=ranges.points)
        course.keep(replace(found, claim=claim, covering=kept))

    way = replace(course, keep=keep)
    found = nearing(a, b, boxes, real, limits, processes=processes, course=way)
    if isinstance(found, Proved) and found.covering is not None:
        return replace(found, covering=replace(found.covering, points=ranges.points))
    if isinstance(found, Refuted):
        most = ranges.beyond(asked.eps)
        if most is None or not violated(found, most):
            return Unknown(SPLITTING, _open(found, asked.eps, ranges))
    return found


def _open(found: Refuted, eps: fmpq, ranges: Ranges) -> str:
    """Why a point refutes nothing."""
    name = "" if found.difference is None else found.difference.output
    about = "some" if found.difference is None else f"about {found.difference.decimal}"
    least, most = ranges.within.of(name), ranges.most.get(name)
    longest = "not known" if most is None else f"at most {as_float(eps * most):.4g}"
    return (
        f"a point differs by {about}, where the range that two points show allows"
        f" {as_float(least):.4g}; what the whole range allows is {longest}"
    )


def _ranges(
    a: Network,
    b: Network,
    boxes: Sequence[Box],
    asked: Relative,
    limits: Budget,
    course: Course,
) -> Ranges:
    """The ranges of the first network's outputs, by the points that a course has or by new ones."""
    one, other = sliced(a) or a, sliced(b) or b
    near = beside_each_other(one, other, boxes, Within(ZERO), limits)
    begun = () if course.begun is None else course.begun.covering.points
    with np.errstate(all="ignore"), alone():
        points = begun or tuple(_sought(near, boxes))
        most = _most(near, boxes)
    domain = Boxes(tuple(map(ClaimBox.of, boxes)))
    return Ranges(points, in_numbers(one, other, domain, asked, points), most)


def _bounds(near: Nearing, low: Floats, high: Floats) -> dict[str, Interval]:
    """What the first network's outputs are between, in so many parts."""
    leaves = covered(near.twin, inputs(near.twin, low, high))
    return {name: leaves.intervals[name] for name, _ in near.twin.outputs}


def _most(near: Nearing, boxes: Sequence[Box]) -> dict[str, fmpq | None]:
    """How long the ranges of outputs are at most, by bounds on all boxes."""
    both = zip(*(_ends(near, box) for box in boxes), strict=True)
    found = _bounds(near, *(np.stack(some) for some in both))
    return {name: _longest(known) for name, known in found.items()}


def _longest(known: Interval) -> fmpq | None:
    low, high = known.lower.min(axis=0), known.upper.max(axis=0)
    if not (np.isfinite(low) & np.isfinite(high)).all():
        return None
    return max((_exact(y) - _exact(x) for x, y in zip(low, high, strict=True)), default=ZERO)


def _exact(value: float) -> fmpq:
    return fmpq(*float(value).as_integer_ratio())


def _ends(near: Nearing, box: Box) -> tuple[Floats, Floats]:
    whole = ClaimBox.of(box)
    return ends(near.twin, intervals_of(whole, whole.sizes))


def _sought(near: Nearing, boxes: Sequence[Box]) -> Iterator[Point]:
    """For each output two points between which an entry is as far apart as any that was met."""
    random = np.random.default_rng(0)
    places = [_ends(near, box) for box in boxes]
    drawn = [low + random.random((_DRAWN, low.size)) * (high - low) for low, high in places]
    known = _bounds(near, np.concatenate(drawn), np.concatenate(drawn))
    for name, values in known.items():
        entry = int((values.lower.max(axis=0) - values.lower.min(axis=0)).argmax())
        for sign in (1.0, -1.0):
            asked = _least_of(near, name, entry, sign)
            met = [
                (
                    *climbed(near.twin, asked, some, low, high),
                    ranges_of(near.twin, ClaimBox.of(box)),
                )
                for some, (low, high), box in zip(drawn, places, boxes, strict=True)
            ]
            points, _, ranges = max(met, key=lambda found: float(found[1][0]))
            x, _ = inside(points[0], ranges)
            yield tuple(sorted((of, tuple(part)) for of, part in near.point(x).items()))


def _least_of(near: Nearing, name: str, entry: int, sign: float) -> Question:
    """A question that is missed most where an entry, times the sign, is least."""
    row = np.zeros((1, near.twin.plan.size(name)))
    row[0, entry] = sign
    no = np.zeros(1, dtype=bool)
    return Question({name: row}, no, np.zeros(1), no, np.zeros(1, dtype=np.int64))
