"""Rows substituted backwards: a linear bound of a tensor as one of the tensors before it.

row: factors of a tensor's entries, of which the least sum is asked
source: a tensor of which nothing but its interval is known: an input, or what is blank
off: how far what has been computed may be from what it should be
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

import numpy as np

from lumpver.bounds.maps import Placing
from lumpver.bounds.steps import Affine, Bent, Between, Blank, Largest
from lumpver.exact.outward import slack

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumpver.bounds.leaf import Interval, Leaf
    from lumpver.bounds.pointwise import Lines
    from lumpver.exact.floats import Floats

    Chosen = Callable[[str], Lines]


def reaches(leaf: Leaf, name: str) -> bool:
    """Whether all that a tensor depends on is bounded, so that rows make sense."""
    waiting, seen = [name], set()
    while waiting:
        tensor = waiting.pop()
        if tensor in seen:
            continue
        seen.add(tensor)
        step = leaf.plan.steps.get(tensor)
        match step:
            case Affine():
                waiting += [operand for operand, _ in step.operands]
            case Bent() | Largest():
                waiting.append(step.operand)
            case Between() | Blank() | None:
                known = leaf.intervals[tensor]
                if not np.isfinite(known.size).all():
                    return False
            case _:
                assert_never(step)
    return True


@dataclass(slots=True, eq=False)
class Rows:
    """Rows by the tensor whose entries they multiply, a constant, and how far that is off."""

    parts: dict[str, Floats]
    constant: Floats
    off: Floats

    def add(self, name: str, rows: Floats, size: Floats) -> None:
        """More of a tensor whose entries are so large at most."""
        before = self.parts.get(name)
        if before is None:
            self.parts[name] = rows
            return
        self.parts[name] = before + rows
        self.off += slack(1, np.abs(self.parts[name]) @ size)

    def plus(self, terms: int, constant: Floats, size: Floats) -> None:
        """A constant more, a sum of so many products whose magnitudes add up to `size`."""
        self.off += slack(terms, size + np.abs(self.constant))
        self.constant = self.constant + constant


def least(leaf: Leaf, name: str, rows: Floats, lines: Chosen | None = None) -> Floats:
    """A number below each row times the tensor, for every input of the box.

    `lines` has those of an activation for these rows alone: one for all, or a row for each.
    """
    count = rows.shape[0]
    lines = leaf.lines.__getitem__ if lines is None else lines
    found = Rows({name: rows}, np.zeros(count), np.zeros(count))
    order = list(leaf.plan.shapes)
    for tensor in reversed(order[: order.index(name) + 1]):
        part = found.parts.pop(tensor, None)
        if part is not None:
            _substituted(leaf, lines, tensor, part, found)
    total = found.constant - leaf.wary * found.off
    return np.where(np.isfinite(total), np.nextafter(total, -np.inf), -np.inf)


def _substituted(leaf: Leaf, lines: Chosen, name: str, rows: Floats, found: Rows) -> None:
    """Rows of a tensor, as rows of what its step reads."""
    step = leaf.plan.steps.get(name)
    match step:
        case Affine():
            magnitude = np.abs(rows) @ leaf.magnitudes[name]
            found.plus(rows.shape[1], rows @ step.constant, magnitude)
            for operand, made in step.operands:
                found.add(operand, made.back(rows), leaf.intervals[operand].size)
        case Bent():
            _bent(leaf.intervals[step.operand].size, step.operand, lines(name), rows, found)
        case Largest():
            _largest(leaf, leaf.intervals[name], step, rows, found)
        case Between() | Blank() | None:
            _ended(leaf.intervals[name], np.maximum(rows, 0.0), np.minimum(rows, 0.0), found)
        case _:
            assert_never(step)


def _bent(known: Floats, operand: str, lines: Lines, rows: Floats, found: Rows) -> None:
    """Where a factor is positive the line below counts, where it is negative that above."""
    up, down = np.maximum(rows, 0.0), np.minimum(rows, 0.0)
    size = np.maximum(np.abs(lines.low), np.abs(lines.high))
    ends = (up * lines.low + down * lines.high).sum(axis=1)
    found.plus(rows.shape[1], ends, (np.abs(rows) * size).sum(axis=1))
    sloped = up * lines.low_slope + down * lines.high_slope
    found.off += slack(1, np.abs(sloped) @ known)
    found.add(operand, sloped, known)


def _ended(known: Interval, up: Floats, down: Floats, found: Rows) -> None:
    """Rows of a tensor of which no more than its interval is used."""
    ends = up @ known.lower + down @ known.upper
    found.plus(up.shape[1], ends, (up - down) @ known.size)


def _largest(leaf: Leaf, known: Interval, step: Largest, rows: Floats, found: Rows) -> None:
    """The largest is at least the entry that is so at its least, and that where no other can be."""
    operand = leaf.intervals[step.operand]
    lows, highs = (np.append(x, -np.inf)[step.met] for x in (operand.lower, operand.upper))
    first = lows.argmax(axis=0)
    every = np.arange(first.size)
    best = step.met[first, every]
    highs[first, every] = -np.inf
    alone = highs.max(axis=0, initial=-np.inf) <= lows[first, every]
    there = np.isfinite(lows[first, every])
    up, down = np.maximum(rows, 0.0), np.minimum(rows, 0.0)
    passed = np.where(there, up, 0.0) + np.where(there & alone, down, 0.0)
    found.add(step.operand, Placing(best, operand.size.size).back(passed), operand.size)
    found.off += slack(rows.shape[1], np.abs(passed) @ operand.size[best])
    _ended(known, np.where(there, 0.0, up), np.where(there & alone, 0.0, down), found)
