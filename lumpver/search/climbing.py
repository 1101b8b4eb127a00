"""Lines of activations chosen for each entry that is bounded, by gradient ascent.

The bound of a row is concave in the leans of the activations that it is substituted through,
but for changes of sign; its derivative by one of them is the row's factor times what the line
gains per lean at the inputs that minimise the row (the envelope theorem). One pass backwards
and one forwards give it for all activations and all rows at once. Nothing here is believed: a
lean that is not the best makes a bound weaker.

side: 1 for bounds below, -1 for bounds above
gain: what a bend's lines change by from the lean 0 to the lean 1

References
----------
Salman, Yang, Zhang, Hsieh, Zhang: *A Convex Relaxation Barrier*, 2019; Xu et al.: *Fast and
Complete*, 2021.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, assert_never

import numpy as np

from lumpver.bounds import pointwise
from lumpver.bounds.bounding import cost, units
from lumpver.bounds.steps import Affine, Bent, Between, Blank, Largest
from lumpver.claim.hints import STEEPEST, Leaning, Target

if TYPE_CHECKING:
    from lumpver.bounds.leaf import Leaf
    from lumpver.bounds.plan import Plan
    from lumpver.bounds.pointwise import Lines
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


@dataclass(frozen=True, slots=True, eq=False)
class Bend:
    """The lines of an activation at the leans 0, what they gain up to 1, and where they do."""

    operand: str
    flat: Lines
    gain: Lines
    at: Indices
    start: Floats


def bends(leaf: Leaf, name: str) -> dict[str, Bend]:
    """The activations before a tensor whose lines somebody can choose."""
    found = {}
    for tensor, step in leaf.plan.steps.items():
        if tensor == name:
            break
        if isinstance(step, Bent) and tensor in leaf.lines:
            bend = _bend(leaf, tensor, step)
            if bend.at.size:
                found[tensor] = bend
    return found


def _bend(leaf: Leaf, name: str, step: Bent) -> Bend:
    known, own = leaf.intervals[step.operand], leaf.lines[name]
    finite = np.isfinite(known.lower) & np.isfinite(known.upper)
    at = np.flatnonzero(finite & pointwise.undecided(step.activation, known.lower, known.upper))
    ends = known.lower[at], known.upper[at]
    flat, steep = (
        pointwise.lines(step.activation, *ends, np.full(at.size, lean)) for lean in (0.0, 1.0)
    )
    bent = np.flatnonzero(
        (flat.low_slope != steep.low_slope) | (flat.high_slope != steep.high_slope)
    )
    at = at[bent]
    nothing = np.zeros(known.lower.size)
    whole, gain = [], []
    for part in ("low_slope", "low", "high_slope", "high"):
        ours, one, other = (getattr(lines, part) for lines in (own, flat, steep))
        ours, more = ours.copy(), nothing.copy()
        ours[at], more[at] = one[bent], (other - one)[bent]
        whole.append(ours)
        gain.append(more)
    made, more_ = pointwise.Lines(*whole), pointwise.Lines(*gain)
    rise = more_.low_slope[at] + more_.high_slope[at]
    start = (own.low_slope + own.high_slope - made.low_slope - made.high_slope)[at] / rise
    return Bend(step.operand, made, more_, at, np.clip(start, 0.0, 1.0))


@dataclass(slots=True, eq=False)
class Pass:
    """One row each through the tensors: factors backwards, then values forwards."""

    leaf: Leaf
    bends: dict[str, Bend]
    leans: dict[str, Floats]
    factors: dict[str, Floats] = field(default_factory=dict)
    slopes: dict[str, tuple[Floats, Floats]] = field(default_factory=dict)
    values: dict[str, Floats] = field(default_factory=dict)

    def back(self, name: str, rows: Floats) -> Floats:
        """The least value of each row by the lines chosen; no rounding is counted."""
        total = np.zeros(rows.shape[0])
        parts = {name: rows}
        order = list(self.leaf.plan.shapes)
        for tensor in reversed(order[: order.index(name) + 1]):
            part = parts.pop(tensor, None)
            if part is None:
                continue
            self.factors[tensor] = part
            step = self.leaf.plan.steps.get(tensor)
            match step:
                case Affine():
                    total += part @ step.constant
                    for operand, made in step.operands:
                        self._add(parts, operand, made.back(part))
                case Bent():
                    slope, shift = self._chosen(tensor, part)
                    self.slopes[tensor] = slope, shift
                    total += (part * shift).sum(axis=1)
                    self._add(parts, step.operand, part * slope)
                case Largest() | Between() | Blank() | None:
                    total += (part * self._least(tensor, part)).sum(axis=1)
                case _:
                    assert_never(step)
        return total

    def _add(self, parts: dict[str, Floats], name: str, rows: Floats) -> None:
        parts[name] = parts[name] + rows if name in parts else rows

    def _least(self, name: str, part: Floats) -> Floats:
        """Where each row is least, of a tensor of which its interval is used."""
        known = self.leaf.intervals[name]
        return np.where(part > 0, known.lower, np.where(part < 0, known.upper, 0.0))

    def _chosen(self, name: str, part: Floats) -> tuple[Floats, Floats]:
        """The slope and the shift of the line that each entry of each row is through."""
        lines = self.bends[name].flat if name in self.bends else self.leaf.lines[name]
        up = part > 0
        slope = np.where(up, lines.low_slope, lines.high_slope)
        shift = np.where(up, lines.low, lines.high)
        if name in self.bends:
            at, gain = self.bends[name].at, self._gain(name, part)
            slope[:, at] += self.leans[name] * gain[0]
            shift[:, at] += self.leans[name] * gain[1]
        return slope, shift

    def _gain(self, name: str, part: Floats) -> tuple[Floats, Floats]:
        at, gain = self.bends[name].at, self.bends[name].gain
        up = part[:, at] > 0
        return (
            np.where(up, gain.low_slope[at], gain.high_slope[at]),
            np.where(up, gain.low[at], gain.high[at]),
        )

    def ahead(self, name: str) -> None:
        """The values of tensors at the inputs where each row is least, by its own lines."""
        for tensor in self.leaf.plan.shapes:
            if tensor == name:
                break
            if tensor not in self.factors:
                continue
            step = self.leaf.plan.steps.get(tensor)
            match step:
                case Affine():
                    found = np.tile(step.constant, (self.factors[tensor].shape[0], 1))
                    for operand, made in step.operands:
                        found += made.ahead(self.values[operand])
                case Bent():
                    slope, shift = self.slopes[tensor]
                    found = slope * self.values[step.operand] + shift
                case Largest() | Between() | Blank() | None:
                    found = self._least(tensor, self.factors[tensor])
                case _:
                    assert_never(step)
            self.values[tensor] = found

    def gradients(self) -> dict[str, Floats]:
        """What each row's bound gains per lean."""
        found = {}
        for name, bend in self.bends.items():
            if name not in self.factors:
                found[name] = np.zeros_like(self.leans[name])
                continue
            slope, shift = self._gain(name, self.factors[name])
            here = self.values[bend.operand][:, bend.at]
            found[name] = self.factors[name][:, bend.at] * (slope * here + shift)
        return found


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
