"""Rational points to look at: dense and sparse ones, of all magnitudes, inside a box.

The same seed gives the same points everywhere.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

import numpy as np
from flint import fmpq

from lumpver.exact.scalar import ONE, ZERO, power_below

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumpver.claim.domain import Range
    from lumpver.exact.array import Exact

_SCALES: Final = (-16, -6, -3, -1, 0, 0, 0, 1, 3, 6, 10, 16)
_STEPS: Final = 8
_WIDE: Final = 2**32
_GRID: Final = fmpq(2) ** 14


def sample(ranges: Sequence[Range], count: int, *, seed: int) -> Exact:
    """`count` points as columns, the first of them the origin or what is nearest to it.

    Examples
    --------
    >>> sample([(None, None), (fmpq(1), fmpq(2))], 1, seed=0).tolist()
    [[0], [1]]
    """
    random = Random(seed)  # noqa: S311 points need not be secret
    result = np.empty((len(ranges), count), dtype=object)
    for s in range(count):
        column = _point(len(ranges), random) if s or seed else [ZERO] * len(ranges)
        inside = [
            _inside(value, bounds, random) if s or seed else clamp(value, bounds)
            for value, bounds in zip(column, ranges, strict=True)
        ]
        result[:, s] = inside
    return result


def _point(width: int, random: Random) -> list[fmpq]:
    """A point that is dense, sparse or of one sign, on a scale of its own."""
    scale, kind = fmpq(2) ** random.choice(_SCALES), random.randrange(3)
    if kind == 0:
        return [scale * random.randint(-_STEPS, _STEPS) for _ in range(width)]
    if kind == 1:
        sign = random.choice((-1, 1))
        return [scale * sign * random.randint(0, _STEPS) for _ in range(width)]
    found = [ZERO] * width
    for _ in range(random.randint(1, 3) if width else 0):
        found[random.randrange(width)] = scale * random.randint(-_STEPS, _STEPS)
    return found


def _inside(value: fmpq, bounds: Range, random: Random) -> fmpq:
    """The value, or a random one of the range where that is not too wide to hit anything."""
    low, high = bounds
    if low is not None and high is not None and high - low < _WIDE:
        return low + (high - low) * fmpq(random.randint(0, _STEPS), _STEPS)
    return clamp(value, bounds)


def clamp(value: fmpq, bounds: Range) -> fmpq:
    """The number of the range that is nearest to `value`."""
    low, high = bounds
    if low is not None and value < low:
        return low
    return high if high is not None and value > high else value


def clamped(point: Exact, ranges: Sequence[Range]) -> Exact:
    """The point of the box that is nearest to `point`."""
    result = np.empty(point.shape, dtype=object)
    result[:] = [clamp(x, bounds) for x, bounds in zip(point.tolist(), ranges, strict=True)]
    return result


def rounded(point: Exact) -> Exact:
    """A point of few digits near `point`: to one part in 2^14 of its largest entry."""
    largest = max((abs(x) for x in point.tolist()), default=ZERO)
    if largest == 0:
        return point
    grid = power_below(largest) / _GRID
    result = np.empty(point.shape, dtype=object)
    result[:] = [(x / grid + ONE / 2).floor() * grid for x in point.tolist()]
    return result
