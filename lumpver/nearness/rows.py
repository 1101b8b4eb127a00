"""Rows substituted backwards through both networks, each in a leaf of its own.

Statement. `least` is a number below each row times its tensors, for every input of its leaf.
Why. As for one network (`bounds.backward`). Rows of what differs treat the second's tensor of a
pair as the first's less the difference D, which is between two planes: what both networks do alike
cancels in the sum of rows of the first's, and what is relaxed is only D.
Rounding. Rows are data, as there; what is off is each leaf's own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, assert_never

import numpy as np

from lumpver.bounds.steps import Affine, Bent, Between, Blank, Largest
from lumpver.exact.outward import slack
from lumpver.nearness.leaves import dot, of_rows
from lumpver.nearness.sides import factors

if TYPE_CHECKING:
    from lumpver.bounds.leaf import Interval
    from lumpver.exact.floats import Floats
    from lumpver.model.relabelling import Indices
    from lumpver.nearness.leaves import Leaves
    from lumpver.nearness.twin import Twin


@dataclass(slots=True, eq=False)
class Rows:
    """Rows by the tensor that they multiply, a constant, and how far that is off.

    `of` says which leaf a row is in. Parts that are `owed` were rounded once more than `off` says.
    `noted` has, where it is asked for, how much is lost at each entry of an activation because
    that is between lines; `ends` the parts of inputs.
    """

    of: Indices
    parts: dict[str, Floats]
    constant: Floats
    off: Floats
    owed: set[str] = field(default_factory=set)
    ends: dict[str, Floats] = field(default_factory=dict)
    noted: dict[str, Floats] | None = None

    def add(self, name: str, rows: Floats, size: Floats, *, owed: bool) -> None:
        """More of a tensor whose entries are so large at most, in each leaf.

        What two parts owe is paid where they may cancel; what their sum owes, where it is used.
        """
        before = self.parts.get(name)
        if before is None:
            self.parts[name] = rows
            if owed:
                self.owed.add(name)
            return
        if name in self.owed:
            self.pay(before, size)
        if owed:
            self.pay(rows, size)
        self.parts[name] = before + rows
        self.owed.add(name)

    def pay(self, rows: Floats, size: Floats) -> None:
        """One rounding of every factor."""
        self.off += slack(1, dot(np.abs(rows), size, self.of))

    def plus(self, terms: int, constant: Floats, size: Floats) -> None:
        """A constant more, a sum of so many products whose magnitudes add up to `size`."""
        self.off += slack(terms, size + np.abs(self.constant))
        self.constant = self.constant + constant

    def settle(self, name: str, rows: Floats, size: Floats) -> None:
        """Pay what factors of a tensor owe, where they are used otherwise than in a sum."""
        if name in self.owed:
            self.pay(rows, size)

    def slopes(self, twin: Twin) -> Floats:
        """The factors of the inputs with which rows end, one input after the other."""
        nothing = self.of.size
        return np.concatenate(
            [self.ends.get(n, np.zeros((nothing, twin.plan.size(n)))) for n in twin.inputs], axis=1
        )

    def ended(self, known: Interval, up: Floats, down: Floats) -> None:
        """Factors of a tensor of which no more than its interval is used: of a sign, and of one."""
        ends = dot(up, known.lower, self.of) + dot(down, known.upper, self.of)
        self.plus(up.shape[1] + 2, ends, dot(up - down, known.size, self.of))

    def between(self, rows: Floats, low: Floats, high: Floats) -> None:
        """Factors of what is between these numbers."""
        if not low.any() and (high >= 0).all():  # as of units with a bend at 0: all has one sign
            total = dot(np.minimum(rows, 0.0), high, self.of)
            self.plus(rows.shape[1], total, -total)
            return
        ends = self.sloped(rows, low, high)
        self.plus(rows.shape[1], ends.sum(axis=1), np.abs(ends).sum(axis=1))

    def sloped(self, rows: Floats, low: Floats, high: Floats) -> Floats:
        """Factors times the slope below where they are positive, else the slope above."""
        if low.shape[0] == 1:
            return np.asarray(rows * np.where(rows > 0, low, high))
        found = high[self.of]
        np.copyto(found, low[self.of], where=rows > 0)
        found *= rows
        return found


def least(leaves: Leaves, rows: Rows, *, apart: bool) -> Floats:
    """A number below each row, for every input of its leaf; `ends` are then rows of inputs.

    With `apart`, the second's tensors of pairs are the first's less what differs.
    """
    of_inputs(leaves, rows, apart=apart)
    ends = weighted(leaves, rows)
    for name in reversed(leaves.twin.inputs):
        part = ends.get(name)
        if part is not None:
            known = leaves.intervals[name]
            rows.ended(known, np.maximum(part, 0.0), np.minimum(part, 0.0))
    total = rows.constant - leaves.wary * rows.off
    return np.where(np.isfinite(total), np.nextafter(total, -np.inf), -np.inf)


def of_inputs(leaves: Leaves, rows: Rows, *, apart: bool) -> None:
    """Substitute rows until they are of inputs alone, which are the `ends`, and a constant."""
    for tensor in reversed(leaves.twin.plan.shapes):
        part = rows.parts.pop(tensor, None)
        if part is None:
            continue
        if apart and tensor in leaves.twin.pairs:
            _differing(leaves, tensor, part, rows)
        else:
            _substituted(leaves, tensor, part, rows)


def weighted(leaves: Leaves, rows: Rows) -> dict[str, Floats]:
    """The ends, and as much of what is never positive in a leaf as makes their least larger."""
    sides, plan = leaves.sides, leaves.twin.plan
    if sides is None or not rows.ends:
        return rows.ends
    whole = rows.slopes(leaves.twin)
    known = [leaves.intervals[name] for name in leaves.twin.inputs]
    m = factors(sides, whole, rows.of, known)
    if not m.any():
        return rows.ends
    size = np.concatenate([one.size for one in known], axis=1)
    added, reached = np.zeros(whole.shape), np.abs(whole)
    for k in range(m.shape[1]):
        slopes = m[:, k, None] * of_rows(sides.slopes[:, k], rows.of)
        added += slopes
        reached += np.abs(slopes)
    constants = m * of_rows(sides.constant, rows.of)
    rows.off += slack(m.shape[1] + 2, dot(reached, size, rows.of))
    rows.plus(m.shape[1] + 2, constants.sum(axis=1), np.abs(constants).sum(axis=1))
    cuts = np.cumsum([plan.size(name) for name in leaves.twin.inputs])[:-1]
    return dict(zip(leaves.twin.inputs, np.split(whole + added, cuts, axis=1), strict=True))


def _differing(leaves: Leaves, name: str, rows: Floats, found: Rows) -> None:
    """Rows of the second's tensor, as rows of the first's less the difference."""
    pair, made = leaves.twin.pairs[name], leaves.planes[name]
    found.settle(name, rows, leaves.intervals[name].size)
    found.add(pair.first, rows, leaves.intervals[pair.first].size, owed=False)
    less = -rows
    found.between(less, made.low, made.high)
    slopes = (made.low_a, made.high_a), (made.low_c, made.high_c)
    for operand, (low, high) in zip(pair.operands, slopes, strict=True):
        size = leaves.intervals[operand].size
        found.add(operand, found.sloped(less, low, high), size, owed=True)
    if found.noted is not None:
        a, c = (x.lower / 2 + x.upper / 2 for x in map(leaves.intervals.__getitem__, pair.operands))
        gap = (made.high_a - made.low_a) * a + (made.high_c - made.low_c) * c
        found.noted[name] = np.abs(rows) * of_rows(gap + made.high - made.low, found.of)


def _substituted(leaves: Leaves, name: str, rows: Floats, found: Rows) -> None:
    """Rows of a tensor, as rows of what its step reads."""
    step = leaves.twin.plan.steps.get(name)
    match step:
        case Affine():
            magnitude = dot(np.abs(rows), leaves.magnitudes[name], found.of)
            found.plus(rows.shape[1] + 2, rows @ step.constant, magnitude)
            for operand, made in step.operands:
                size = leaves.intervals[operand].size
                found.add(operand, made.back(rows), size, owed=False)
        case Bent():
            found.settle(name, rows, leaves.intervals[name].size)
            _bent(leaves, name, step, rows, found)
        case Largest():
            found.settle(name, rows, leaves.intervals[name].size)
            _largest(leaves, name, step, rows, found)
        case None:
            found.ends[name] = rows
        case Between() | Blank():
            found.ended(leaves.intervals[name], np.maximum(rows, 0.0), np.minimum(rows, 0.0))
        case _:
            assert_never(step)


def _bent(leaves: Leaves, name: str, step: Bent, rows: Floats, found: Rows) -> None:
    """Where a factor is positive the line below counts, where it is negative that above."""
    lines, known = leaves.lines[name], leaves.intervals[step.operand]
    found.between(rows, lines.low, lines.high)
    sloped = found.sloped(rows, lines.low_slope, lines.high_slope)
    found.add(step.operand, sloped, known.size, owed=True)
    if found.noted is not None:
        middle = known.lower / 2 + known.upper / 2
        gap = (lines.high_slope - lines.low_slope) * middle + lines.high - lines.low
        found.noted[name] = np.abs(rows) * of_rows(gap, found.of)


def _largest(leaves: Leaves, name: str, step: Largest, rows: Floats, found: Rows) -> None:
    """The largest is at least the entry that is so at its least, and that where no other can be."""
    won, of, operand = leaves.winners[name], found.of, leaves.intervals[step.operand]
    there, alone = of_rows(won.there, of), of_rows(won.alone, of)
    up, down = np.maximum(rows, 0.0), np.minimum(rows, 0.0)
    passed = np.where(there, up, 0.0) + np.where(there & alone, down, 0.0)
    best = np.broadcast_to(of_rows(won.best, of), rows.shape)
    count, size = rows.shape[0], operand.lower.shape[1]
    places = best + size * np.arange(count)[:, None]
    spread = np.bincount(places.ravel(), passed.ravel(), count * size).astype(np.float64)
    reach = np.broadcast_to(of_rows(operand.size, of), (count, size))
    reach = np.abs(passed) * np.take_along_axis(reach, best, axis=1)
    found.off += slack(rows.shape[1], reach.sum(axis=1))
    found.add(step.operand, spread.reshape(count, size), operand.size, owed=False)
    found.ended(
        leaves.intervals[name],
        np.where(there, 0.0, up),
        np.where(there & alone, 0.0, down),
    )
