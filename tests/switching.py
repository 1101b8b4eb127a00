"""Which units of small chains never switch: z3 as the judge, and what is in reach of two cases.

reach: what follows where one column is what its activation makes of it, others only what is at
    least both of its sides; at most three more where their own factor has the wrong sign
"""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import combinations
from typing import TYPE_CHECKING, Any

import z3

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Layer = tuple[list[list[int]], list[int]]


def real(value: int | Fraction) -> Any:
    """A number as a term."""
    return z3.RealVal(str(Fraction(value)))


def terms(layers: Sequence[Layer], slope: Fraction) -> Iterator[tuple[int, list[Any], list[Any]]]:
    """Of each layer what its units read, and what the activation makes of that."""
    x: list[Any] = [z3.Real(f"x{i}") for i in range(len(layers[0][0][0]))]
    for at, (W, b) in enumerate(layers):
        h = [z3.Sum([real(w) * v for w, v in zip(row, x, strict=True)]) + real(c)
             for row, c in zip(W, b, strict=True)]  # fmt: skip
        x = [z3.If(y >= 0, y, real(slope) * y) for y in h]
        yield at, h, x


def impossible(*parts: Any) -> bool:
    """Whether z3 finds nothing that all of these hold for."""
    solver = z3.Solver()
    solver.add(*parts)
    found = solver.check()
    assert found != z3.unknown
    return bool(found == z3.unsat)


def never(layers: Sequence[Layer], slope: Fraction = Fraction(0)) -> set[tuple[int, int, bool]]:
    """(layer, unit, up): units behind the first layer that never switch, and their sign."""
    return {
        (at, unit, up)
        for at, h, _ in terms(layers, slope)
        for unit, y in enumerate(h)
        for up in (True, False)
        if at and impossible(y < 0 if up else y > 0)
    }


def in_reach(
    layers: Sequence[Layer], unit: int, *, up: bool, slope: Fraction = Fraction(0)
) -> bool:
    """Whether the sign of a unit of the second layer follows by cases of one unit of the first.

    Beside it those whose weight has the wrong sign may be cases, if there are at most three.
    """
    (W, b), (V, c) = layers[:2]
    x = [z3.Real(f"x{i}") for i in range(len(W[0]))]
    h = [z3.Sum([real(w) * v for w, v in zip(row, x, strict=True)]) + real(d)
         for row, d in zip(W, b, strict=True)]  # fmt: skip
    r = [z3.Real(f"r{i}") for i in range(len(h))]
    relaxed = [part for y, z in zip(h, r, strict=True) for part in (z >= y, z >= real(slope) * y)]
    exact = [z == z3.If(y >= 0, y, real(slope) * y) for y, z in zip(h, r, strict=True)]
    f = z3.Sum([real(v) * z for v, z in zip(V[unit], r, strict=True)]) + real(c[unit])
    must = [i for i, v in enumerate(V[unit]) if (v < 0 if up else v > 0)]
    wrong = f < 0 if up else f > 0
    others = [i for i in range(len(h)) if i not in must]
    if len(must) > 3:
        return False
    return any(
        impossible(wrong, *relaxed, *(exact[i] for i in (*must, *more)))
        for count in (0, 1)
        for more in combinations(others, count)
    )


def constant(layers: Sequence[Layer], at: int, unit: int, slope: Fraction = Fraction(0)) -> bool:
    """Whether a unit is the same number whatever the input is."""
    y = next(h for here, h, _ in terms(layers, slope) if here == at)[unit]
    zero = [(z3.Real(f"x{i}"), real(0)) for i in range(len(layers[0][0][0]))]
    return impossible(y != z3.substitute(y, *zero))


def plain(layers: Sequence[Layer], at: int, unit: int) -> bool:
    """Whether weights and bias of a unit have one sign: behind ReLU or |x| that is enough."""
    row = [*layers[at][0][unit], layers[at][1][unit]]
    return all(v >= 0 for v in row) or all(v <= 0 for v in row)


def drawn(seed: int, count: int, *, depth: int = 2) -> Iterator[list[Layer]]:
    """Small chains with units planted that never switch: the larger of two against their sum."""
    rng = random.Random(seed)
    for _ in range(count):
        width = rng.randint(1, 2)
        layers: list[Layer] = []
        for _ in range(depth):
            made = rng.randint(2, 4)
            W = [[rng.randint(-2, 2) for _ in range(width)] for _ in range(made)]
            b = [rng.randint(-2, 2) for _ in range(made)]
            if layers and rng.random() < 0.6:
                _plant(rng, layers[-1], W, b)
            layers.append((W, b))
            width = len(W)
        yield layers


def _plant(rng: random.Random, below: Layer, W: list[list[int]], b: list[int]) -> None:
    """Below, a unit whose row is the sum of two others; here, one that reads their difference."""
    rows, biases = below
    i, j = rng.randrange(len(rows)), rng.randrange(len(rows))
    s, t = rng.randint(1, 2), rng.randint(1, 2)
    slack = rng.randint(0, 1)
    rows.append([s * p + t * q for p, q in zip(rows[i], rows[j], strict=True)])
    biases.append(s * biases[i] + t * biases[j] - slack)
    sign = rng.choice((1, -1))
    new = [0] * len(rows)
    new[i] += sign * s
    new[j] += sign * t
    new[-1] -= sign
    for row in W:
        row.append(rng.randint(-2, 2))
    W.append(new)
    b.append(sign * rng.randint(0, 1))
