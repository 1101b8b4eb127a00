"""Steps one after the other, the cheapest first, until outputs are off by as much as is allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.compressing.proposing import proposals
from lumpver.compressing.seeing import seen

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from lumpver.compressing.numbers import Numbers, Step
    from lumpver.compressing.proposing import Known, Proposal
    from lumpver.compressing.sites import Site
    from lumpver.exact.floats import Floats
    from lumpver.proving.effort import Budget

_SHARE: Final = 1 / 24  # of what is allowed is spent before the network is looked at again
KINDS: Final = ("constant", "multiple", "sum")


def course(
    numbers: Numbers,
    sites: Sequence[Site],
    points: Mapping[str, Floats],
    eps: float,
    limits: Budget,
    *,
    known: Sequence[Known] | None = None,
    kinds: Collection[str] = KINDS,
) -> list[Step]:
    """Steps in order, until outputs at the points are off by more than eps, or time is over."""
    found: list[Step] = []
    left = [np.ones(site.units, dtype=bool) for site in sites]
    wanted = seen(numbers.network, points).outputs
    while not limits.over:
        sight = seen(numbers.built(), points, sites[0].made)
        off = sight.outputs - wanted
        some = [
            one
            for i, site in enumerate(sites)
            for one in proposals(
                i, site, sight, left[i], off, None if known is None else known[i], kinds
            )
        ]
        some.sort(key=lambda one: (one.cost, one.step.site, one.step.unit))
        room = [int(stay.sum()) - site.least for stay, site in zip(left, sites, strict=True)]
        taken = _taken(some, off, eps, room)
        after = _after(numbers, sites, taken)
        if len(taken) > 1 and _off(after, points, wanted) > eps:
            taken = taken[:1]
            after = _after(numbers, sites, taken)
        found += taken
        if not taken or _off(after, points, wanted) > eps:
            break
        numbers = after
        for step in taken:
            left[step.site][step.unit] = False
    return found


def _after(numbers: Numbers, sites: Sequence[Site], steps: Sequence[Step]) -> Numbers:
    after = numbers.copy()
    for step in steps:
        after.take(sites[step.site], step)
    return after


def _off(numbers: Numbers, points: Mapping[str, Floats], wanted: Floats) -> float:
    """How far outputs are off at most at the points; infinitely, where they are no numbers."""
    found = np.abs(seen(numbers.built(), points).outputs - wanted)
    most = float(found.max(initial=0.0))
    return most if np.isfinite(most) else float("inf")


def _taken(some: Sequence[Proposal], off: Floats, eps: float, room: list[int]) -> list[Step]:
    """The cheapest steps that do not rest on each other, of little cost together.

    So many units of each layer have `room` to go.
    """
    taken: list[Step] = []
    total, spent = off.copy(), 0.0
    gone: set[tuple[int, int]] = set()
    needed: set[tuple[int, int]] = set()
    for one in some:
        step = one.step
        used = {(step.site, unit) for unit, _ in step.parts}
        if (step.site, step.unit) in needed or used & gone or not room[step.site]:
            continue
        if taken and spent + one.size > _SHARE * eps:
            break
        if float(np.abs(total + one.change).max(initial=0.0)) > eps:
            continue
        total += one.change
        spent += one.size
        taken.append(step)
        room[step.site] -= 1
        gone.add((step.site, step.unit))
        needed |= used
    return taken
