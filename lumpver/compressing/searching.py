"""The search for the fewest units: courses of steps, and of each as many as a covering allows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.bounds.knowing import posed
from lumpver.compressing.building import Built, built
from lumpver.compressing.confirming import MANY, Asked, Shown, parts_for
from lumpver.compressing.greedy import course
from lumpver.compressing.narrowing import scale
from lumpver.compressing.numbers import Numbers, stored
from lumpver.compressing.proposing import Known as Layer
from lumpver.compressing.seeing import count_for, drawn, far
from lumpver.compressing.sites import sites
from lumpver.errors import Malformed
from lumpver.exact.outward import as_float, nearest
from lumpver.model.slicing import one_position

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from flint import fmpq

    from lumpver.bounds.knowing import Known
    from lumpver.bounds.leaf import Interval
    from lumpver.claim.domain import Boxes
    from lumpver.compressing.numbers import Step
    from lumpver.compressing.sites import Site
    from lumpver.exact.floats import Floats
    from lumpver.proving.effort import Budget

_POINTS: Final = 1000
_ASKED: Final = 14  # times that it is asked whether a network is near enough
_FINITE: Final = "ranges with ends for each entry of the inputs (--box)"


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """A network on a domain, what is known of it there, and points at which it is looked at."""

    start: Numbers
    asked: Asked
    sites: tuple[Site, ...]
    layers: tuple[Layer, ...] | None
    points: Mapping[str, Floats]

    @classmethod
    def of(cls, start: Numbers, domain: Boxes, known: Known, limits: Budget) -> Search:
        """What is to be searched.

        Raises
        ------
        Malformed
            If an entry of an input has no ends.
        """
        one = one_position(start.network)
        plan, boxes = posed(one, domain)
        given = {tensor.name for tensor in one.inputs}
        sizes = [x.size for box in boxes for x in box.values()]
        if given - set(domain.sizes) or not all(np.isfinite(size).all() for size in sizes):
            raise Malformed("box", expected=_FINITE, got="none of some")
        found = sites(one, plan)
        scale(start, found)
        points, layers = drawn(boxes, count_for(one, domain.sizes, _POINTS)), None
        if found and _free(boxes) > MANY:
            layers = tuple(_layer(site, known) for site in found)
            more = [points, *(far(one, found, box, _middle(box)) for box in boxes)]
            points = {name: np.concatenate([some[name] for some in more]) for name in points}
        asked = Asked(start.network, domain, limits, parts_for(plan, domain))
        return cls(start, asked, found, layers, points)

    def steps(self, kinds: Collection[str], eps: fmpq) -> list[Step]:
        """A course of steps until outputs are off by eps at points."""
        most = as_float(eps)
        limits = self.asked.limits
        return course(
            self.start, self.sites, self.points, most, limits, known=self.layers, kinds=kinds
        )

    def best(
        self, steps: Sequence[Step], eps: fmpq, progress: Callable[[str], None]
    ) -> tuple[Built, Shown] | None:
        """As many steps as show to be within eps, without those that do not; None if none do.

        A step with which it does not show is taken back, and what comes behind it is tried.
        """
        best: tuple[Built, Shown] | None = None
        kept: list[Step] = []
        rest, asked = list(steps), 0
        while rest and asked < _ASKED and not self.asked.limits.over:
            low, high = 0, len(rest) + 1  # the first so many show, so many do not
            first = True
            while high - low > 1 and asked < _ASKED and not self.asked.limits.over:
                middle = min(_middle_of(low, high, gallop=bool(kept) and first), len(rest))
                asked += 1
                progress("proving")
                found = self.shown([*kept, *rest[:middle]], eps)
                if found is None:
                    high, first = middle, False
                else:
                    low, best = middle, found
            kept += rest[:low]
            rest = rest[low + 1 :]
        return best

    def shown(self, steps: Sequence[Step], eps: fmpq) -> tuple[Built, Shown] | None:
        """The network after these steps, if it shows to be within eps."""
        made = built(self.start, self.sites, steps)
        covering = self.asked.near(made.network, made.facts, eps)
        return None if covering is None else (made, Shown(eps, covering))


def _middle_of(low: int, high: int, *, gallop: bool) -> int:
    """Where to look between two: half way, or a few steps on where most will be no good."""
    return min(2 * low + 2, high - 1) if gallop else (low + high) // 2


def _layer(site: Site, known: Known) -> Layer:
    """What is known of a layer."""
    behind, read = known.of(site.made, site.axis), known.intervals[site.run.input]
    half = read.upper / 2 - read.lower / 2
    W = nearest(stored(site.lead))
    fits = W.shape[1] == half.size
    return Layer(behind.lower, behind.upper, half if fits else None, W if fits else None)


def _free(boxes: Sequence[Mapping[str, Interval]]) -> int:
    """How many entries of inputs are not fixed."""
    return max(sum(int((x.lower < x.upper).sum()) for x in box.values()) for box in boxes)


def _middle(box: Mapping[str, Interval]) -> dict[str, Floats]:
    return {name: (x.lower / 2 + x.upper / 2)[None] for name, x in box.items()}
