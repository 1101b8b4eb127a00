"""How near two networks are on boxes, by cutting these: proved part by part, or refuted by a point.

Parts that do not show it are cut; near the worst of them points are sought at which the claim
fails, and one at which it does exactly refutes it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, assert_never

import numpy as np
from flint import fmpq

from lumpver.bounds.knowing import intervals_of
from lumpver.claim.closeness import Equal, Relative, SameClass, Within
from lumpver.claim.covering import MOST_CUTS, Covering
from lumpver.claim.domain import Box as ClaimBox
from lumpver.errors import LumpverError, Malformed
from lumpver.exact.array import rationals
from lumpver.exact.outward import as_float
from lumpver.model.slicing import sliced
from lumpver.nearness.questions import question
from lumpver.nearness.trees import ends
from lumpver.nearness.twin import twinned
from lumpver.proving.answers import SPLITTING, Answer, Proved, Refuted, Unknown
from lumpver.proving.inside import inside
from lumpver.proving.pairing import Output, Pair, matched
from lumpver.proving.partial import WHOLE, Partial
from lumpver.proving.replaying import replay
from lumpver.search.beside import beside
from lumpver.search.contrast import climbed
from lumpver.search.splitting import Growth, grow
from lumpver.search.workers import alone, workers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumpver.claim.closeness import Closeness
    from lumpver.claim.statement import Claim
    from lumpver.exact.array import Exact
    from lumpver.exact.floats import Floats
    from lumpver.model.network import Network
    from lumpver.nearness.questions import Question
    from lumpver.nearness.trees import Part
    from lumpver.nearness.twin import Twin
    from lumpver.proving.boxes import Box
    from lumpver.proving.effort import Budget
    from lumpver.proving.partial import Course
    from lumpver.search.workers import Hands, Weigh

_SOUGHT: Final = 64  # cuts, before points are sought again; then twice as many each time
_SELDOM: Final = 4096
_NEARLY: Final = 0.9995  # of the domain: not all of it, whatever is rounded
MOST: Final = 2**18  # parts, where there is no deadline
NO_BOX: Final = (
    "how near models are is shown on boxes: say which inputs count, with ends for each (--box)"
)


@dataclass(slots=True, eq=False)
class Nearing:
    """A pair of networks, what is asked of them, and what has been found."""

    pair: Pair
    twin: Twin
    pairs: tuple[tuple[str, str], ...]
    closeness: Closeness
    asked: Question
    limits: Budget
    refuted: Refuted | None = None
    due: int = 0
    ranges: Sequence[tuple[fmpq, fmpq]] = ()
    most: float = float("-inf")
    growths: list[Growth] = field(default_factory=list)

    @property
    def parts(self) -> int:
        """On how many parts it shows."""
        return sum(growth.leaves for growth in self.growths)

    @property
    def spent(self) -> int:
        """How many parts were weighed."""
        return sum(growth.spent for growth in self.growths)

    def partial(self, claim: Claim, begun: Partial | None, boxes: int) -> Partial:
        """What there is of coverings of so many boxes; boxes that no one came to are as before."""
        found = [growth.preorder() for growth in self.growths]
        for number in range(len(found), boxes):
            fresh = (np.zeros(1, dtype=np.int64), (0,))
            before = begun is not None and (begun.covering.trees[number], begun.open[number])
            found.append(before or fresh)
        trees, left = zip(*found, strict=True)
        return Partial(claim, Covering(trees, self.pairs), left)

    def point(self, x: Sequence[fmpq]) -> dict[str, list[fmpq]]:
        """A point by the inputs' names."""
        found, start = {}, 0
        for name in self.twin.inputs:
            size = self.twin.plan.size(name)
            found[name] = list(x[start : start + size])
            start += size
        return found

    def met(self, worst: list[Part], low: Floats, high: Floats) -> bool:
        """Whether the search is over: a point refutes the claim, or the time has passed."""
        middle = np.stack([part[0] / 2 + part[1] / 2 for part in worst])
        points, short = climbed(self.twin, self.asked, middle, low, high)
        self.most = max(self.most, float(short[0]))
        if short[0] > 0:
            near, exact = inside(points[0], self.ranges)
            self._try(near, exact)
        return self.refuted is not None or self.limits.over

    def _try(self, *points: Sequence[fmpq]) -> None:
        for x in points:
            found = replay(self.pair, self.point(x), step=SPLITTING)
            if found is not None and violated(found, self.closeness):
                self.refuted = larger(found)
                return


def nearing(
    a: Network,
    b: Network,
    boxes: Sequence[Box],
    claim: Claim,
    limits: Budget,
    *,
    processes: Hands = 1,
    course: Course = WHOLE,
) -> Answer:
    """Whether the networks are so near for all inputs of the boxes, by the first's names.

    `Proved` has the covering that shows it; `Unknown` says how much is covered. Where the search
    ends without an answer, also by an exception, what there is of a covering is kept.
    """
    one, other = sliced(a) or a, sliced(b) or b
    try:
        found = beside_each_other(one, other, boxes, claim.closeness, limits)
    except LumpverError as error:
        return Unknown(SPLITTING, NO_BOX if not all(boxes) else str(error))
    done = False
    with (
        np.errstate(all="ignore"),
        alone(),
        workers(found.twin, found.asked, hands=processes) as weigh,
    ):
        try:
            done = all(_covered(found, weigh, course, box, i) for i, box in enumerate(boxes))
        except Malformed:
            if course.begun is not None:
                raise
            return Unknown(SPLITTING, NO_BOX)
        finally:
            if found.growths and not done and found.refuted is None:
                course.keep(found.partial(claim, course.begun, len(boxes)))
    if found.refuted is not None:
        return found.refuted
    if not done:
        return Unknown(SPLITTING, _left(found, len(boxes)))
    trees = tuple(growth.preorder()[0] for growth in found.growths)
    return Proved(SPLITTING, covering=Covering(trees, found.pairs))


def _covered(found: Nearing, weigh: Weigh, course: Course, box: Box, number: int) -> bool:
    """Whether it shows on a box, from where the course has begun."""
    whole = ClaimBox.of(box)
    low, high = ends(found.twin, intervals_of(whole, whole.sizes))
    found.ranges = ranges_of(found.twin, whole)
    growth = Growth(low, high, found.twin.unit_count)
    if course.begun is not None:
        growth.again(course.begun.covering.trees[number], course.begun.open[number])
    found.growths.append(growth)
    done = _cut(found, growth, weigh, course.parts)
    return done and found.refuted is None


def ranges_of(twin: Twin, box: ClaimBox) -> list[tuple[fmpq, fmpq]]:
    """The exact ends of all entries of the inputs, one input after the other."""
    known = dict(box.ranges)
    return [
        (low, high)
        for name in twin.inputs
        for low, high in known[name]
        if low is not None and high is not None
    ]


def _cut(found: Nearing, growth: Growth, weigh: Weigh, parts: int | None) -> bool:
    """Whether it shows on a box, cut as often as it takes.

    Points are sought each time that the tree is large enough for that to take less than cuts do.
    """
    found.due = 0

    def met(worst: list[Part]) -> bool:
        found.limits.watch(SPLITTING, found.parts - growth.leaves + len(growth.cuts), 0)
        if len(growth.cuts) < found.due:
            return found.limits.over
        found.due = min(max(2 * len(growth.cuts), _SOUGHT), len(growth.cuts) + _SELDOM)
        return found.met(worst, growth.low, growth.high)

    most = MOST if found.limits.deadline is None else MOST_CUTS // 4
    if parts is not None:
        most = parts - found.spent
    return grow(
        growth,
        weigh,
        scale=_scale(found.closeness),
        most=most,
        met=met,
        late=lambda: found.limits.over,
    )


def larger(found: Refuted) -> Refuted:
    """The refutation, of which it does not matter whether rounding may be as large."""
    if found.difference is None:
        return found
    return replace(found, difference=replace(found.difference, rounding=False))


def _left(found: Nearing, boxes: int) -> str:
    """How much was shown, in words."""
    volume = sum(growth.covered for growth in found.growths) / boxes
    share = "more than 99.9" if volume > _NEARLY else f"{100 * volume:.1f}"
    words = f"shown on {found.parts} parts, {share} % of the domain"
    match found.closeness:
        case Within(eps, ()):
            if not np.isfinite(found.most):
                return words
            about = as_float(eps + fmpq(*found.most.as_integer_ratio()))
            return f"{words}; the largest difference that was found is about {about:.4g}"
        case Within() | SameClass() | Equal() | Relative():
            return words
        case _:
            assert_never(found.closeness)


def _scale(closeness: Closeness) -> float:
    match closeness:
        case Within():
            return as_float(closeness.largest)
        case SameClass() | Equal() | Relative():
            return float("inf")
        case _:
            assert_never(closeness)


def beside_each_other(
    a: Network, b: Network, boxes: Sequence[Box], closeness: Closeness, limits: Budget
) -> Nearing:
    """The networks side by side."""
    inputs = [(one.name, other.name) for one, other in matched(a.inputs, b.inputs)]
    outputs = [(one.name, other.name) for one, other in matched(a.outputs, b.outputs)]
    both = Pair(a, b, tuple(inputs), tuple(Output(x, x, y) for x, y in outputs), general=True)
    sizes = {name: len(ranges) for box in boxes for name, ranges in box.items()}
    pairs = beside(a, b, sizes, {y: sizes[x] for x, y in inputs if x in sizes})
    twin = twinned(a, b, sizes, pairs, inputs=inputs, outputs=outputs)
    return Nearing(both, twin, pairs, closeness, question(twin, closeness), limits)


def violated(found: Refuted, closeness: Closeness) -> bool:
    """Whether outputs at a point are not as near as that, exactly."""
    replayed = found.replayed
    if replayed is None or any(curve for _, _, curve in replayed.outputs.values()):
        return False
    return any(
        _violated(name, rationals(one), rationals(other).reshape(one.shape), closeness)
        for name, (one, other, _) in replayed.outputs.items()
    )


def _violated(name: str, one: Exact, other: Exact, closeness: Closeness) -> bool:
    match closeness:
        case Equal():
            return True
        case Relative():
            raise Malformed("closeness", expected="numbers, which ranges give", got="none yet")
        case Within():
            eps = closeness.of(name)
            pairs = zip(one.ravel().tolist(), other.ravel().tolist(), strict=True)
            return any(abs(x - y) > eps for x, y in pairs)
        case SameClass(by, delta):
            length = one.shape[-1] if one.ndim else 1
            rows = zip(one.reshape(-1, length), other.reshape(-1, length), strict=True)
            return any(_other_class(x.tolist(), y.tolist(), by, delta) for x, y in rows)
        case _:
            assert_never(closeness)


def _other_class(ours: list[fmpq], theirs: list[fmpq], by: str, delta: fmpq) -> bool:
    """Whether the first has a class, leading enough, that the second has not."""
    if by == "min":
        ours, theirs = [-x for x in ours], [-y for y in theirs]
    leader = ours.index(max(ours))
    led = all(ours[leader] - x >= delta for j, x in enumerate(ours) if j != leader)
    return led and theirs.index(max(theirs)) != leader
