"""What small networks compute of one number: functions with finitely many bends, exactly.

A second writing: no forms, but where each function bends and what it is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

Knots = tuple[tuple[Fraction, Fraction], ...]


@dataclass(frozen=True)
class Line:
    """Values at some points, rising, and the slopes before the first and behind the last."""

    knots: Knots
    before: Fraction
    behind: Fraction

    def __call__(self, x: Fraction) -> Fraction:
        """The value at a point."""
        (first, low), (last, high) = self.knots[0], self.knots[-1]
        if x <= first:
            return low + self.before * (x - first)
        if x >= last:
            return high + self.behind * (x - last)
        for (a, at_a), (b, at_b) in pairwise(self.knots):
            if x <= b:
                return at_a + (at_b - at_a) * (x - a) / (b - a)
        raise AssertionError(x)

    @property
    def told(self) -> Line:
        """The same function told in one way: by the points where it bends, or by 0."""
        slopes = [self.before]
        slopes += [(at_b - at_a) / (b - a) for (a, at_a), (b, at_b) in pairwise(self.knots)]
        slopes.append(self.behind)
        bends = [
            knot
            for knot, (one, other) in zip(self.knots, pairwise(slopes), strict=True)
            if one != other
        ]
        knots = tuple(bends) or ((Fraction(0), self(Fraction(0))),)
        return Line(knots, self.before, self.behind)


ITSELF = Line(((Fraction(0), Fraction(0)),), Fraction(1), Fraction(1))


def total(parts: Sequence[tuple[Fraction, Line]], constant: Fraction) -> Line:
    """A sum of functions, each so many times, and a number."""
    points = sorted({x for _, part in parts for x, _ in part.knots} | {Fraction(0)})
    knots = tuple((x, sum((w * part(x) for w, part in parts), constant)) for x in points)
    ends = (
        sum((w * getattr(part, end) for w, part in parts), Fraction(0))
        for end in ("before", "behind")
    )
    return Line(knots, *ends).told


def activated(line: Line, slope: Fraction = Fraction(0)) -> Line:
    """What an activation of two slopes makes of a function."""
    (first, low), (last, high) = line.knots[0], line.knots[-1]
    points = {x for x, _ in line.knots}
    if line.before != 0 and (zero := first - low / line.before) < first:
        points.add(zero)
    if line.behind != 0 and (zero := last - high / line.behind) > last:
        points.add(zero)
    for (a, at_a), (b, at_b) in pairwise(line.knots):
        if at_a * at_b < 0:
            points.add(a - at_a * (b - a) / (at_b - at_a))
    knots = tuple((x, _bent(line(x), slope)) for x in sorted(points))
    start, end = min(points) - 1, max(points) + 1
    before = knots[0][1] - _bent(line(start), slope)
    behind = _bent(line(end), slope) - knots[-1][1]
    return Line(knots, before, behind).told


def _bent(value: Fraction, slope: Fraction) -> Fraction:
    return value if value >= 0 else slope * value


def computed(
    layers: Sequence[tuple[Sequence[Sequence[int]], Sequence[int]]], slope: Fraction = Fraction(0)
) -> tuple[Line, ...]:
    """What a chain makes of one number: rows and biases, an activation between each two."""
    found: tuple[Line, ...] = (ITSELF,)
    for depth, (rows, biases) in enumerate(layers):
        read = found if depth == 0 else tuple(activated(line, slope) for line in found)
        found = tuple(
            total([(Fraction(w), part) for w, part in zip(row, read, strict=True)], Fraction(b))
            for row, b in zip(rows, biases, strict=True)
        )
    return found
