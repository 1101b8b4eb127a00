"""How near two networks are: the smallest eps that shows, and the largest difference at a point.

The truth is between both. Boxes are cut where what shows is largest, until time is over or the
two numbers are as good as one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Context, Decimal
from math import isfinite
from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.bounds.knowing import intervals_of
from lumpver.claim.closeness import Within
from lumpver.claim.covering import MOST_CUTS, Covering
from lumpver.claim.domain import Box as ClaimBox
from lumpver.claim.statement import Claim
from lumpver.errors import LumpverError, Malformed
from lumpver.exact.array import rationals
from lumpver.exact.outward import as_float
from lumpver.exact.scalar import ZERO, number
from lumpver.model.slicing import sliced
from lumpver.nearness.trees import ends, stacked
from lumpver.proving.answers import SPLITTING, Answer, Proved, Refuted, Unknown
from lumpver.proving.inside import inside
from lumpver.proving.nearing import (
    NO_BOX,
    Nearing,
    beside_each_other,
    larger,
    ranges_of,
)
from lumpver.proving.replaying import replay
from lumpver.search.contrast import climbed
from lumpver.search.enclosing import enclose
from lumpver.search.splitting import Growth
from lumpver.search.workers import alone, workers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flint import fmpq

    from lumpver.exact.array import Exact
    from lumpver.model.network import Network
    from lumpver.nearness.trees import Part
    from lumpver.proving.boxes import Box
    from lumpver.proving.effort import Budget
    from lumpver.search.workers import Hands

MOST: Final = 2**13  # parts, where there is no deadline
_NEAR: Final = 65 / 64  # times what a point shows: nearer is not sought
_DIGITS: Final = 6
_LEFT: Final = 1 + 2.0**-20  # whoever finds bounds again may sum in another order


@dataclass(slots=True, eq=False)
class Enclosure:
    """What has been shown by points so far, in so many boxes."""

    near: Nearing
    ranges: Sequence[Sequence[tuple[fmpq, fmpq]]]
    growths: list[Growth]
    bound: float = float("inf")
    trees: tuple[Exact, ...] = ()
    most: fmpq = ZERO
    largest: Refuted | None = None
    due: int = 0
    random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    def met(self, bound: float, box: int, worst: list[Part]) -> float | None:
        """None if it is over: time has passed, or what shows is what a point shows, nearly.

        Else what would be near enough.
        """
        cuts = sum(len(growth.cuts) for growth in self.growths)
        self.near.limits.watch(SPLITTING, cuts, 0)
        if bound < self.bound:  # parts of a part may show less than it did
            self.bound = bound
            self.trees = tuple(growth.preorder()[0] for growth in self.growths)
        if cuts >= self.due:
            self.due = 2 * cuts
            low, high = self.growths[box].low, self.growths[box].high
            lower, upper, _ = stacked(worst)
            twin, asked = self.near.twin, self.near.asked
            near, _ = climbed(twin, asked, lower / 2 + upper / 2, lower, upper)
            others = low + self.random.random((len(worst), low.size)) * (high - low)
            found, short = climbed(twin, asked, np.concatenate([near, others]), low, high)
            if short[0] > as_float(self.most):
                for x in inside(found[0], self.ranges[box]):
                    self._try(x)
        enough = _NEAR * as_float(self.most)
        over = cuts >= MOST_CUTS // 2 or self.near.limits.over
        return None if over or bound <= enough else enough

    def _try(self, x: Sequence[fmpq]) -> None:
        """Keep a point at which more differs, exactly."""
        found = replay(self.near.pair, self.near.point(x), step=SPLITTING)
        if found is not None and (shown := difference(found)) is not None and shown > self.most:
            self.most, self.largest = shown, larger(found)


def difference(found: Refuted) -> fmpq | None:
    """The largest difference of two entries, exactly; None where outputs end in curves."""
    replayed = found.replayed
    if replayed is None or any(curve for _, _, curve in replayed.outputs.values()):
        return None
    differences = [
        abs(x - y)
        for one, other, _ in replayed.outputs.values()
        for x, y in zip(
            rationals(one).ravel().tolist(), rationals(other).ravel().tolist(), strict=True
        )
    ]
    return max(differences, default=ZERO)


def nearest(
    a: Network,
    b: Network,
    boxes: Sequence[Box],
    limits: Budget,
    *,
    processes: Hands = 1,
    parts: int | None = None,
) -> Answer:
    """The smallest eps that shows for all inputs of the boxes, by the first's names, in the time.

    About so many `parts` are looked at, at most; without a number, as many as there is time for.
    `Proved` has the covering that shows it, and as `largest` the point at which most differs.
    """
    one, other = sliced(a) or a, sliced(b) or b
    try:
        near = beside_each_other(one, other, boxes, Within(ZERO), limits)
        wholes = [ClaimBox.of(box) for box in boxes]
        ranges = [ranges_of(near.twin, whole) for whole in wholes]
        found = [ends(near.twin, intervals_of(whole, whole.sizes)) for whole in wholes]
    except Malformed as error:
        return Unknown(SPLITTING, str(error) if all(boxes) else NO_BOX)
    except LumpverError as error:
        return Unknown(SPLITTING, str(error))
    enclosure = Enclosure(
        near, ranges, [Growth(low, high, near.twin.unit_count) for low, high in found]
    )
    most = MOST if limits.deadline is None else MOST_CUTS
    most = most if parts is None else min(most, parts)
    with alone(), workers(near.twin, near.asked, hands=processes) as weigh:
        enclose(enclosure.growths, weigh, most=most, met=enclosure.met, late=lambda: limits.over)
    if not isfinite(enclosure.bound):
        return Unknown(SPLITTING, "no bound of the difference was found on all parts of the boxes")
    return Proved(
        SPLITTING,
        claim=Claim(closeness=Within(_above(enclosure.bound))),
        covering=Covering(enclosure.trees, near.pairs),
        largest=enclosure.largest,
    )


def _above(bound: float) -> fmpq:
    """A decimal of few digits that is no less, and a little more."""
    value = Decimal(max(bound, 0.0) * _LEFT)
    return number(str(Context(prec=_DIGITS, rounding=ROUND_CEILING).plus(value)))
