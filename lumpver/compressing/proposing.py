"""What could go next: for each unit the best constant, multiple or sum, and what that costs.

Costs are of first order, at the points that are seen: by how much outputs would be off at most.
Where bounds are known they count, too, for points that nobody has seen.

beyond: by how much an output may be off more than at any point that was seen
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.compressing.numbers import Step

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from lumpver.compressing.seeing import Sight
    from lumpver.compressing.sites import Site
    from lumpver.exact.floats import Floats
    from lumpver.model.relabelling import Indices, Mask

_PARTNERS: Final = 2  # multiples that are tried for each unit
_RIDGE: Final = 1e-10
_LARGEST: Final = 2.0**20
_AT_ONCE: Final = 2**22  # numbers of changes that are looked at together


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What is known of a layer on all of the box, whatever was seen.

    `low` and `high` are of its units, `half` of the entries that it reads, half of their ranges,
    and `rows` its weights, where both fit.
    """

    low: Floats
    high: Floats
    half: Floats | None = None
    rows: Floats | None = None

    def beyond(self, steps: Steps, seen: Floats) -> Floats:
        """By how much units may be off for some input, beyond what was seen of that."""
        unit = steps.unit
        most = np.maximum(self.high[unit] - steps.constant, steps.constant - self.low[unit])
        if steps.factors is not None and self.rows is not None and self.half is not None:
            most = np.abs(self.rows[unit] - steps.factors @ self.rows) @ self.half
        return np.asarray(np.maximum(0.0, most - seen))


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """A step for each of some units: its constant, and a row of the factors of all others."""

    unit: Indices
    constant: Floats
    factors: Floats | None = None
    twin: Indices | None = None

    def step(self, number: int, i: int) -> Step:
        """The i-th of them."""
        unit, constant = int(self.unit[i]), float(self.constant[i])
        if self.factors is None:
            return Step(number, unit, (), constant)
        row = self.factors[i]
        parts = tuple((int(j), float(row[j])) for j in np.flatnonzero(row))
        if self.twin is None:
            return Step(number, unit, parts, constant)
        other = int(self.twin[i])
        return Step(number, unit, parts, constant, other, float(row[other]))


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """A step, what outputs change by at the points, and how far they then are off at most."""

    step: Step
    change: Floats
    cost: float
    beyond: float = 0.0

    @property
    def size(self) -> float:
        """By how much it may put outputs off."""
        return float(np.abs(self.change).max(initial=0.0)) + self.beyond


def proposals(
    number: int,
    site: Site,
    sight: Sight,
    left: Mask,
    off: Floats,
    known: Known | None,
    kinds: Collection[str],
) -> list[Proposal]:
    """The best step for each unit of a layer that is left, where outputs are `off` already."""
    a, slopes = sight.units(site), sight.slopes(site)
    steepest = np.abs(slopes).max(axis=(0, 1, 2), initial=0.0)
    best: dict[int, Proposal] = {}
    for steps in _steps(site, a, slopes, left, kinds):
        for i, one in _weighed(number, steps, a, slopes, off, known, steepest):
            unit = int(steps.unit[i])
            if unit not in best or one.cost < best[unit].cost:
                best[unit] = one
    return list(best.values())


def _weighed(
    number: int,
    steps: Steps,
    a: Floats,
    slopes: Floats,
    off: Floats,
    known: Known | None,
    steepest: Floats,
) -> Iterator[tuple[int, Proposal]]:
    """What each of some steps costs; those that cost no number are left out."""
    room = max(1, _AT_ONCE // max(1, slopes[..., 0].size))
    for start in range(0, steps.unit.size, room):
        at = slice(start, start + room)
        unit = steps.unit[at]
        rest = steps.constant[at] - a[:, :, unit]
        if steps.factors is not None:
            rest += a @ steps.factors[at].T
        change = np.einsum("spu,ospu->uso", rest, slopes[:, :, :, unit])
        cost = np.abs(off + change).max(axis=(1, 2), initial=0.0)
        beyond = np.zeros(unit.size)
        if known is not None:
            some = Steps(unit, steps.constant[at], _some(steps.factors, at))
            beyond = known.beyond(some, np.abs(rest).max(axis=(0, 1))) * steepest[unit]
        for i in np.flatnonzero(np.isfinite(cost + beyond)).tolist():
            total = float(cost[i] + beyond[i])
            made = steps.step(number, start + i)
            yield start + i, Proposal(made, change[i], total, float(beyond[i]))


def _some(rows: Floats | None, at: slice) -> Floats | None:
    return None if rows is None else rows[at]


def _steps(
    site: Site, a: Floats, slopes: Floats, left: Mask, kinds: Collection[str]
) -> Iterator[Steps]:
    """Steps of each kind. Where positions miss a tap no constant passes."""
    passes = not any(reader.padded for reader in site.readers)
    units = np.flatnonzero(left)
    x = a.reshape(-1, site.units)[:, units]
    g = (slopes**2).sum(axis=0).reshape(-1, site.units)[:, units] + 2.0**-60
    if "constant" in kinds:
        nothing = np.zeros(units.size)
        yield Steps(units, (g * x).sum(axis=0) / g.sum(axis=0) if passes else nothing)
    if "constant" in kinds and passes:
        yield Steps(units, x.min(axis=0) / 2 + x.max(axis=0) / 2)
    if "multiple" in kinds or "twin" in kinds:
        only = "multiple" not in kinds
        yield from _multiples(site, units, x, g, passes=passes, only=only)
    if "sum" in kinds and passes:
        yield from _sums(site, units, x)


def _multiples(
    site: Site, units: Indices, x: Floats, g: Floats, *, passes: bool, only: bool
) -> Iterator[Steps]:
    """Multiples of those others that units are nearest to, where squares are weighed by g.

    With `only`, of scale 1, and without a constant.
    """
    passes = passes and not only
    n = units.size
    total, first = g.sum(axis=0)[:, None], g.T @ x
    cross, square = (g * x).T @ x, g.T @ (x * x)
    mine = np.diag(first)[:, None]
    if passes:
        cross, square = cross - mine * first / total, square - first * first / total
    own = np.diag(square)[:, None]
    with np.errstate(all="ignore"):
        scale = cross / square if site.activation.homogeneous and not only else np.ones((n, n))
        scale = scale.astype(np.float32).astype(np.float64)
        rest = own - 2 * scale * cross + scale * scale * square
    rest[~(np.isfinite(rest) & (scale > 1 / _LARGEST) & (scale < _LARGEST))] = np.inf
    np.fill_diagonal(rest, np.inf)
    for other in np.argsort(rest, axis=1)[:, :_PARTNERS].T:
        at = np.flatnonzero(np.isfinite(rest[np.arange(n), other]))
        if not at.size:
            continue
        j = other[at]
        s = scale[at, j]
        constant = (mine[at, 0] - s * first[at, j]) / total[at, 0] if passes else np.zeros(at.size)
        factors = np.zeros((at.size, site.units))
        factors[np.arange(at.size), units[j]] = s
        yield Steps(units[at], constant, factors, units[j])


def _sums(site: Site, units: Indices, x: Floats) -> Iterator[Steps]:
    """Of units that are on at all points, the sums of others that are they are nearest to."""
    on = np.flatnonzero(x.min(axis=0, initial=np.inf) > 0)
    if on.size < 2:
        return
    middle = x[:, on].mean(axis=0)
    centred = x[:, on] - middle
    size = np.sqrt((centred**2).mean(axis=0)) + 2.0**-100
    centred = centred / size
    gram = centred.T @ centred / centred.shape[0]
    inverse = np.linalg.inv(gram + _RIDGE * np.eye(on.size))
    within = -inverse / np.diag(inverse)[:, None] * size[:, None] / size
    np.fill_diagonal(within, 0.0)
    factors = np.zeros((on.size, site.units))
    factors[:, units[on]] = within
    yield Steps(units[on], middle - within @ middle, factors)
