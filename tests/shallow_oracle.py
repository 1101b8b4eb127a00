"""How few units one hidden layer needs, by trying all choices over Fractions: a second writing.

Theory D4.1 to D4.3: kinks over their hyperplanes, an affine part, and for all choices of turned
kinks and of kinks with two units the rank of what is left.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce as folded
from itertools import combinations, product
from math import gcd, lcm
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Row = list[Fraction]


@dataclass(frozen=True)
class Shallow:
    """Weights and biases of units, and weights of outputs over them."""

    W: list[Row]
    b: Row
    V: list[Row]

    @property
    def layers(self) -> list[tuple[list[Row], Row | None]]:
        """As `Network.from_layers` takes them."""
        return [(self.W, self.b), (self.V, None)]


def rank(rows: Sequence[Sequence[Fraction]]) -> int:
    """By elimination."""
    left = [list(row) for row in rows]
    found = 0
    for column in range(len(left[0]) if left else 0):
        pivot = next((i for i in range(found, len(left)) if left[i][column]), None)
        if pivot is None:
            continue
        left[found], left[pivot] = left[pivot], left[found]
        for i in range(found + 1, len(left)):
            factor = left[i][column] / left[found][column]
            left[i] = [a - factor * b for a, b in zip(left[i], left[found], strict=True)]
        found += 1
    return found


def canonical(row: Sequence[Fraction]) -> tuple[tuple[Fraction, ...], Fraction]:
    """A row's primitive integer multiple whose first entry is positive, and the factor."""
    below = lcm(*(value.denominator for value in row))
    whole = [int(value * below) for value in row]
    common = folded(gcd, whole)
    lead = next(value for value in whole if value)
    factor = Fraction(common if lead > 0 else -common, below)
    return tuple(value / factor for value in row), factor


def normal_form(
    net: Shallow, slope: Fraction = Fraction(0)
) -> tuple[dict[tuple[Fraction, ...], Row], list[Row]]:
    """What each output has of each hyperplane's kink, and of the inputs besides."""
    inputs, outputs = len(net.W[0]), len(net.V)
    kinks: dict[tuple[Fraction, ...], Row] = {}
    affine = [[Fraction(0)] * inputs for _ in range(outputs)]
    for j, (row, bias) in enumerate(zip(net.W, net.b, strict=True)):
        if not any(row):
            continue
        plane, factor = canonical([*row, bias])
        kink = kinks.setdefault(plane, [Fraction(0)] * outputs)
        for o in range(outputs):
            kink[o] += net.V[o][j] * abs(factor)
            for i in range(inputs if factor < 0 else 0):
                affine[o][i] += (1 + slope) * net.V[o][j] * factor * plane[i]
    return {plane: kink for plane, kink in kinks.items() if any(kink)}, affine


def width(net: Shallow, slope: Fraction = Fraction(0)) -> tuple[int, int]:
    """How many kinks there are, and how few units one hidden layer needs."""
    kinks, affine = normal_form(net, slope)
    planes, count = list(kinks), len(kinks)
    best = 2 * rank(affine)
    for size in range(count + 1):
        for twice in combinations(range(count), size):
            basis = [list(planes[i][:-1]) for i in twice]
            if size >= best or rank(basis) < size:
                continue
            others = [i for i in range(count) if i not in twice]
            for signs in product((0, 1 + slope), repeat=len(others)):
                left = [list(row) for row in affine]
                for i, sign in zip(others, signs, strict=True):
                    for o, row in enumerate(left):
                        for a, value in enumerate(planes[i][:-1]):
                            row[a] += sign * kinks[planes[i]][o] * value
                best = min(best, size + 2 * (rank(basis + left) - size))
    return count, count + best


def in_reach(net: Shallow, units: int, entries: Sequence[int] = (-1, 0, 1)) -> bool:
    """Whether so many units with such weights and biases, or on its hyperplanes, compute it."""
    kinks, affine = normal_form(net)
    inputs = len(net.W[0])
    pool = {row for row in product(map(Fraction, entries), repeat=inputs + 1) if any(row[:-1])}
    pool |= {tuple(sign * v for v in plane) for plane in kinks for sign in (1, -1)}
    rows = (canonical([*row, Fraction(0)])[0] for row in affine if any(row))
    pool |= {tuple(sign * v for v in row) for row in rows for sign in (1, -1)}
    return any(_computes(some, kinks, affine) for some in combinations(sorted(pool), units))


def _computes(
    units: Sequence[tuple[Fraction, ...]],
    kinks: dict[tuple[Fraction, ...], Row],
    affine: list[Row],
) -> bool:
    """Whether outputs are combinations of units, in coordinates of kinks and of inputs."""
    planes = sorted({canonical(unit)[0] for unit in units} | set(kinks))
    inputs = len(affine[0])
    rows = []
    for unit in units:
        plane, factor = canonical(unit)
        row = [Fraction(0)] * (len(planes) + inputs)
        row[planes.index(plane)] = abs(factor)
        if factor < 0:
            row[len(planes) :] = [factor * value for value in plane[:-1]]
        rows.append(row)
    wanted = [
        [*(kinks[plane][o] if plane in kinks else Fraction(0) for plane in planes), *affine[o]]
        for o in range(len(affine))
    ]
    return rank(rows + wanted) == rank(rows)


def drawn(seed: int, count: int, *, outputs: int = 3, units: int = 8) -> Iterator[Shallow]:
    """Small networks whose units share few hyperplanes."""
    rng = random.Random(seed)
    for _ in range(count):
        inputs = rng.randint(1, 3)
        planes = [[rng.randint(-2, 2) for _ in range(inputs + 1)] for _ in range(rng.randint(1, 5))]
        planes = [row for row in planes if any(row[:-1])] or [[1] * inputs + [0]]
        rows = [[rng.choice((-2, -1, 1, 2)) * v for v in rng.choice(planes)]
                for _ in range(rng.randint(2, units))]  # fmt: skip
        over = rng.randint(1, outputs)
        V = [[Fraction(rng.randint(-3, 3)) for _ in rows] for _ in range(over)]
        W = [[Fraction(v) for v in row[:-1]] for row in rows]
        yield Shallow(W, [Fraction(row[-1]) for row in rows], V)
