"""What two activations of a pair differ by: D = A(a) - A(c), between two planes.

Statement. low_a a + low_c c + low <= D <= high_a a + high_c c + high for all a and c between
their bounds whose difference d = a - c is between its bounds.
Why. A rises by no less than m and no more than M times what its argument does, on the pieces that
a and c may be on, so that D is between the lesser and the larger of m d and M d; the larger is
convex, and below the chord through its ends; the lesser is concave, and above (theory G.1).
Besides, D is between the line below A(a) less the line above A(c) and the other way round. The
planes that are nearer where a, c and d are in their middles are taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.exact.outward import UNIT, lowered, raised
from lumpver.nearness.steepness import steepness

if TYPE_CHECKING:
    from lumpver.bounds.leaf import Interval
    from lumpver.bounds.pointwise import Lines
    from lumpver.exact.floats import Floats
    from lumpver.model.activations import Activation

_OFF: Final = 16 * UNIT
_TINY: Final = 2.0**-700
_NEARER: Final = 2.0**-20  # of d's range: how much nearer other planes are that are taken


@dataclass(frozen=True, slots=True, eq=False)
class Planes:
    """For each entry a plane below and a plane above the difference."""

    low_a: Floats
    low_c: Floats
    low: Floats
    high_a: Floats
    high_c: Floats
    high: Floats


def planes(
    function: Activation, a: Interval, c: Interval, d: Interval, ours: Lines, theirs: Lines
) -> Planes:
    """The planes for entries between these bounds, all finite, and lines of A(a) and A(c).

    Examples
    --------
    >>> from lumpver.bounds.leaf import Interval
    >>> from lumpver.bounds.pointwise import lines
    >>> from lumpver.model.activations import RELU
    >>> a, d = Interval(np.array([1.0]), np.array([2.0])), Interval(np.zeros(1), np.ones(1))
    >>> made = lines(RELU, a.lower, a.upper)
    >>> found = planes(RELU, a, a, d, made, made)
    >>> found.low_a, found.low_c, found.low
    (array([1.]), array([-1.]), array([0.]))
    """
    least, most = steepness(function, np.minimum(a.lower, c.lower), np.maximum(a.upper, c.upper))
    low_slope, low = _below(least, most, d)
    high_slope, high = (-x for x in _below(-most, -least, d))
    low_a, low_c, high_a, high_c = low_slope, -low_slope, high_slope, -high_slope
    other_low = lowered(ours.low - theirs.high)
    other_high = raised(ours.high - theirs.low)
    middle_a, middle_c, middle_d = (x.lower / 2 + x.upper / 2 for x in (a, c, d))
    gain = _NEARER * (d.upper - d.lower)
    under = ours.low_slope * middle_a - theirs.high_slope * middle_c + other_low
    over = ours.high_slope * middle_a - theirs.low_slope * middle_c + other_high
    up = under > low_slope * middle_d + low + gain
    down = over < high_slope * middle_d + high - gain
    return Planes(
        np.where(up, ours.low_slope, low_a),
        np.where(up, -theirs.high_slope, low_c),
        np.where(up, other_low, low),
        np.where(down, ours.high_slope, high_a),
        np.where(down, -theirs.low_slope, high_c),
        np.where(down, other_high, high),
    )


def _below(least: Floats, most: Floats, d: Interval) -> tuple[Floats, Floats]:
    """A line below the lesser of `least` d and `most` d: its slope, and its constant.

    That is the one or the other where d has one sign. Else it is concave, and the chord's slope
    is data: its constant is what the three corners ask for.
    """
    low, up = d.lower, d.upper
    mixed = (low < 0) & (up > 0) & (least < most)
    width = np.where(mixed, up - low, 1.0)
    chord = np.clip((least * up - most * low) / width, least, most)
    slope = np.where(mixed, chord, np.where(low >= 0, least, most))
    corners = np.minimum(most * low - slope * low, least * up - slope * up)
    size = np.maximum(np.abs(least), np.abs(most)) * np.maximum(np.abs(low), np.abs(up))
    constant = np.minimum(corners, 0.0) - _OFF * 4 * size - _TINY
    return slope, np.where(mixed, lowered(constant), 0.0)
