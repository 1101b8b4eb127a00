"""Units that never switch since what they read does not: a sum of sides for each, passed on.

Forms do not always show it: which multiples of r and r - h are in them can be seen in several ways.
Here every unit hands on the one that it was made of.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

import numpy as np

from lumpver.exact.array import rationals
from lumpver.exact.scalar import ONE, ZERO
from lumpver.model.weights import Diagonal, Identity, Kernel, Matrix, Normalization

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from flint import fmpq

    from lumpver.model.network import Linear

Why = dict[tuple[int, bool], "fmpq"]


@dataclass(frozen=True, slots=True)
class Known:
    """A unit, or its negative where it is not `up`: multipliers of sides, and a number."""

    up: bool
    why: Why
    number: fmpq = ZERO

    def times(self, factor: fmpq) -> Known:
        """A multiple of it, which is never negative where the factor is its sign."""
        size = abs(factor)
        why = {side: size * value for side, value in self.why.items()} if size != 0 else {}
        return Known(self.up is (factor >= 0), why, size * self.number)


Signs = list[Known | None]


def bent(column: int, above: fmpq, below: fmpq, slope: fmpq) -> Known | None:
    """What is `above` times h where h >= 0, and `below` times h elsewhere, as sides of A(h)."""
    if slope >= 1 or above < 0 or below > 0:
        return None
    parts = {(column, False): -below / (1 - slope), (column, True): above / (1 - slope)}
    return Known(up=True, why={side: part for side, part in parts.items() if part != 0})


def behind(node: Linear, read: Signs) -> Signs:
    """What is known of the units that weights make, where all parts of a unit have one sign."""
    match node.weights:
        case Matrix(numbers):
            found = [
                _sum((ONE * w, read[u]) for u, w in zip(*_entries(row), strict=True))
                for row in numbers
            ]
        case Diagonal(factors):
            pairs = zip(rationals(factors).tolist(), read, strict=True)
            found = [_sum([pair]) for pair in pairs]
        case Identity():
            found = read
        case Kernel() | Normalization():
            found = [None] * len(read)
        case _:
            assert_never(node.weights)
    if node.b is None:
        return found
    return [_shifted(known, b) for known, b in zip(found, rationals(node.b).tolist(), strict=True)]


def _entries(row: np.typing.NDArray[np.generic]) -> tuple[list[int], Sequence[fmpq]]:
    places = np.flatnonzero(row != 0)
    return places.tolist(), rationals(row[places]).tolist()


def _sum(parts: Iterable[tuple[fmpq, Known | None]]) -> Known | None:
    total, number = Why(), ZERO
    up: bool | None = None
    for factor, known in parts:
        if known is None:
            return None
        one = known.times(factor)
        if not one.why and one.number == 0:
            continue
        if up is not None and one.up is not up:
            return None
        up, number = one.up, number + one.number
        for side, value in one.why.items():
            total[side] = total.get(side, ZERO) + value
    return Known(up is not False, total, number)


def _shifted(known: Known | None, b: fmpq) -> Known | None:
    if known is None:
        return None
    if not known.why:
        value = b + (known.number if known.up else -known.number)
        return Known(value >= 0, {}, abs(value))
    return Known(known.up, known.why, known.number + (b if known.up else -b))
