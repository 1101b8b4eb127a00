"""Rows substituted backwards by lines that are chosen, and what each choice gains.

The derivative of a row's bound by a lean is the row's factor times what the line gains per lean
at the inputs that minimise the row (the envelope theorem): one pass backwards and one forwards
give it for all activations and all rows at once. In floats, whose rounding is not counted.

gain: what a bend's lines change by from the lean 0 to the lean 1
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, assert_never

import numpy as np

from lumpver.bounds import pointwise
from lumpver.bounds.steps import Affine, Bent, Between, Blank, Largest

if TYPE_CHECKING:
    from lumpver.bounds.leaf import Leaf
    from lumpver.bounds.pointwise import Lines
    from lumpver.exact.floats import Floats
    from lumpver.model.relabelling import Indices


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
