"""Features at which the linear update of a node changes its value, and inputs that give them.

Features are non-negative, so a row (weights, then bias) is an affine function on the
orthant. Homogenised, f -> (f, 1), it is linear, and every search below is over at most two
coordinates: two linear functions take strictly opposite signs somewhere on the orthant
only if they do so on a face of dimension two.

row: a node's weights and, last, its bias
gap: sum c_j ReLU(z_j) - ReLU(sum c_j z_j), what the update adds to the node's value
ray: a point of the orthant in homogeneous coordinates

References
----------
theory, D3: the gap of a positive combination is 0 exactly where all z_j have one sign.
"""

from __future__ import annotations

from itertools import combinations, permutations, product
from typing import TYPE_CHECKING

import numpy as np
from flint import fmpq, fmpq_mat

from lumpver.exact.array import Exact, rationals
from lumpver.exact.scalar import ONE, ZERO

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Vector = list[fmpq]


def gap(rows: Sequence[Vector], coefficients: Sequence[fmpq], features: Vector) -> fmpq:
    """How much the node's value changes at these features when it is replaced by its terms.

    Examples
    --------
    >>> up, down = [ONE, ZERO], [-ONE, ONE]
    >>> gap([up, down], [ONE, ONE], [fmpq(3)])
    2
    """
    values = [value(row, [*features, ONE]) for row in rows]
    whole = sum((c * z for c, z in zip(coefficients, values, strict=True)), ZERO)
    apart = sum((c * max(z, ZERO) for c, z in zip(coefficients, values, strict=True)), ZERO)
    return apart - max(whole, ZERO)


def value(row: Vector, ray: Vector) -> fmpq:
    """The row's value at a ray."""
    return sum((a * x for a, x in zip(row, ray, strict=True)), ZERO)


def reason(rows: Sequence[Vector], coefficients: Sequence[fmpq]) -> str | None:
    """Why the gap is 0 for all features, or None if this is no such combination.

    `stable`: the terms and their combination are never negative; `off`: never positive;
    `proportional`: the terms that are not 0 are positive multiples of one of them, and so
    is their combination, or it is 0.

    Examples
    --------
    >>> one, minus = [ONE, ZERO], [-ONE, ONE]
    >>> reason([one, one], [ONE, ONE]), reason([one, one], [ONE, -fmpq(2)])
    ('stable', None)
    >>> reason([minus, minus], [ONE, ONE]), reason([one, minus], [ONE, ONE])
    ('proportional', None)
    """
    combined = together(rows, coefficients)
    every = [*rows, combined]
    if all(entry >= 0 for row in every for entry in row):
        return "stable"
    if all(entry <= 0 for row in every for entry in row):
        return "off"
    moving = [row for row in rows if any(row)]
    lead = moving[0]
    if all(_multiple(row, lead) for row in moving) and (
        not any(combined) or _multiple(combined, lead)
    ):
        return "proportional"
    return None


def together(rows: Sequence[Vector], coefficients: Sequence[fmpq]) -> Vector:
    """The combined row.

    Examples
    --------
    >>> together([[ONE, ZERO], [ONE, ONE]], [ONE, fmpq(2)])
    [3, 2]
    """
    pairs = list(zip(coefficients, rows, strict=True))
    return [sum((c * row[p] for c, row in pairs), ZERO) for p in range(len(rows[0]))]


def _multiple(row: Vector, lead: Vector) -> bool:
    """Whether the row is a positive multiple of `lead`, which is not 0."""
    at = next(p for p, entry in enumerate(lead) if entry)
    ratio = row[at] / lead[at]
    return ratio > 0 and all(a == ratio * b for a, b in zip(row, lead, strict=True))


def point(rows: Sequence[Vector], coefficients: Sequence[fmpq]) -> Vector | None:
    """Non-negative features where the gap is not 0, if two coordinates suffice.

    For positive coefficients they do unless `reason` gives one.

    Examples
    --------
    >>> found = point([[ONE, ZERO], [-ONE, ONE]], [ONE, ONE])
    >>> gap([[ONE, ZERO], [-ONE, ONE]], [ONE, ONE], found) != 0
    True
    >>> point([[ONE, ZERO], [fmpq(2), ZERO]], [ONE, ONE]) is None
    True
    """
    every = [*rows, together(rows, coefficients)]
    for ray in _rays(every):
        features = _features(ray, every)
        if gap(rows, coefficients, features):
            return features
    return None


def _rays(rows: Sequence[Vector]) -> Iterator[Vector]:
    """The axes, then rays where two rows have strictly opposite signs."""
    size = len(rows[0])
    for p in range(size):
        yield _ray(size, {p: ONE})
    for a, b in permutations(rows, 2):
        for p, q in product(range(size), repeat=2):
            rising = a[p] > 0 and b[p] >= 0
            falling = b[q] < 0 and a[q] <= 0
            if rising and falling and a[p] * -b[q] > -a[q] * b[p]:
                yield _between(size, p, q, a, b)
    for p, q in combinations(range(size), 2):
        yield _ray(size, {p: ONE, q: ONE})


def _between(size: int, p: int, q: int, a: Vector, b: Vector) -> Vector:
    """x_p = r, x_q = 1 with a > 0 > b there: r above |a_q|/a_p and below |b_q|/b_p."""
    low = -a[q] / a[p]
    middle = (low + -b[q] / b[p]) / 2 if b[p] else low + 1
    return _ray(size, {p: middle, q: ONE})


def _ray(size: int, entries: dict[int, fmpq]) -> Vector:
    ray = [ZERO] * size
    for at, entry in entries.items():
        ray[at] = entry
    return ray


def _features(ray: Vector, rows: Sequence[Vector]) -> Vector:
    """Features in the direction of the ray, so far out that no row that is not 0 changes sign."""
    *direction, last = ray
    if last:
        return [x / last for x in direction]
    far = ONE
    for row in rows:
        slope = value(row, ray)
        if slope:
            far = max(far, 2 * abs(row[-1] / slope))
    return [far * x for x in direction]


def preimage(W: Exact, b: Exact, features: Vector) -> Vector | None:
    """An input x with W x + b = features, so that ReLU makes these features of it.

    None where the rows of W do not suffice.

    Examples
    --------
    >>> from lumpver.exact.array import array
    >>> preimage(array([[0, 2]]), array([1]), [fmpq(4)])
    [0, 3/2]
    """
    table = rationals(W)
    matrix = fmpq_mat(table.shape[0], table.shape[1], table.reshape(-1).tolist())
    reduced, rank = matrix.rref()
    if rank < table.shape[0]:
        return None
    entries = np.array(reduced.entries(), dtype=object).reshape(table.shape)
    pivots = [next(c for c in range(table.shape[1]) if entries[r, c]) for r in range(rank)]
    target = [f - c for f, c in zip(features, rationals(b).tolist(), strict=True)]
    square = fmpq_mat(rank, rank, table[:, pivots].reshape(-1).tolist())
    solution = square.solve(fmpq_mat(rank, 1, target)).entries()
    result = [ZERO] * table.shape[1]
    for column, x in zip(pivots, solution, strict=True):
        result[column] = x
    return result
