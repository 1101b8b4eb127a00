"""Whether a smaller network is near enough: asked of what the checker will make, by a covering."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.bounds.steps import Affine
from lumpver.checker.checking import established
from lumpver.checker.unfolding import unfolded
from lumpver.checker.walk import Walk
from lumpver.claim.certificate import Certificate
from lumpver.claim.closeness import Within
from lumpver.claim.statement import Claim
from lumpver.exact.scalar import ZERO
from lumpver.model.renaming import aligned
from lumpver.proving.answers import Proved
from lumpver.proving.nearest import difference, nearest
from lumpver.proving.nearing import nearing
from lumpver.proving.partial import Course

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flint import fmpq

    from lumpver.bounds.plan import Plan
    from lumpver.claim.covering import Covering
    from lumpver.claim.domain import Boxes
    from lumpver.claim.facts import Fact
    from lumpver.model.network import Network
    from lumpver.proving.effort import Budget

MANY: Final = 24  # free inputs: of more, cuts of boxes show little
_WORK: Final = 2.0**32
_FEWEST: Final = 4
_MOST: Final = 512
_FINER: Final = 2  # times as many, for what is claimed in the end


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """That two networks are within `bound` on a domain, and the largest difference at a point."""

    bound: fmpq
    covering: Covering
    sampled: fmpq = ZERO


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What networks are to be near, on which domain, and how much work each answer may take."""

    original: Network
    domain: Boxes
    limits: Budget
    parts: int

    def near(
        self, reduced: Network, facts: Mapping[str, tuple[Fact, ...]], eps: fmpq
    ) -> Covering | None:
        """What shows that a reduced network is within eps; None if that does not show."""
        middle = between(self.original, reduced, facts)
        boxes = [dict(box.ranges) for box in self.domain.boxes]
        claim = Claim(self.domain, Within(eps))
        course = Course(self.parts * len(boxes))
        found = nearing(self.original, middle, boxes, claim, self.limits, course=course)
        return found.covering if isinstance(found, Proved) else None

    def nearest(
        self, reduced: Network, facts: Mapping[str, tuple[Fact, ...]], most: Shown | None
    ) -> Shown | None:
        """How near a reduced network is: within what is shown already, if anything is."""
        middle = between(self.original, reduced, facts)
        boxes = [dict(box.ranges) for box in self.domain.boxes]
        parts = _FINER * self.parts * len(boxes)
        found = nearest(self.original, middle, boxes, self.limits, parts=parts)
        if not isinstance(found, Proved) or found.covering is None:
            return most
        closeness = found.claim.closeness
        sampled = None if found.largest is None else difference(found.largest)
        if not isinstance(closeness, Within):
            return most
        bound = closeness.eps
        if most is not None and bound >= most.bound:
            return Shown(most.bound, most.covering, sampled or ZERO)
        return Shown(bound, found.covering, sampled or ZERO)


def between(original: Network, reduced: Network, facts: Mapping[str, tuple[Fact, ...]]) -> Network:
    """The network in between, as the checker makes it; the reduced one where there are no facts."""
    if not facts:
        return reduced
    walk = Walk(original, aligned(reduced, original), Certificate(facts))
    return unfolded(walk, established)


def parts_for(plan: Plan, domain: Boxes) -> int:
    """How many parts of a box are looked at: fewer of larger networks, few of many inputs."""
    free = max(sum(low != high for _, ends in box.ranges for low, high in ends)
               for box in domain.boxes)  # fmt: skip
    if free > MANY:
        return _FEWEST
    sizes = [step.constant.size for step in plan.steps.values() if isinstance(step, Affine)]
    work = float(np.sum(sizes)) ** 2 * max(sizes, default=1)
    return int(min(max(_WORK / max(work, 1.0), _FEWEST), _MOST))
