"""What it says of inputs that units are on one side of 0: rows that are at most 0, and their use.

Statement. slopes x + constant <= 0 for every input x of a leaf that is cut at a unit. There a row
is no less than the least, over the whole box, of row + m (slopes x + constant), for any m >= 0.
Why. Where h <= 0, a row below h is at most 0; where h >= 0, a row below -h. What is at most 0,
times m >= 0, makes nothing larger (Lagrange). Which m it is counts for nothing but how near the
bound is: one unit after the other gets that which makes it largest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.exact.outward import LARGEST
from lumpver.nearness.leaves import Sides, of_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumpver.bounds.leaf import Interval
    from lumpver.exact.floats import Floats
    from lumpver.model.relabelling import Indices
    from lumpver.nearness.leaves import Leaves

_LARGEST: Final = 2.0**100  # of a factor: more says that there are no inputs


def cuts(leaves: Leaves, name: str) -> tuple[Indices, Indices, Indices, Indices]:
    """The units of a tensor at which leaves are cut: leaf, column, entry and sign of each."""
    first, size = leaves.twin.units.get(name, 0), leaves.twin.plan.size(name)
    number = np.abs(leaves.on) - 1 - first
    here = (leaves.on != 0) & (number >= 0) & (number < size) & (name in leaves.twin.units)
    of, column = np.nonzero(here)
    return of, column, number[of, column], np.sign(leaves.on[of, column])


def keep(leaves: Leaves, of: Indices, column: Indices, slopes: Floats, constant: Floats) -> None:
    """Rows that are at most 0; what is no finite number says nothing."""
    if leaves.sides is None:
        count, most = leaves.on.shape
        shape = (count, most, slopes.shape[1])
        leaves.sides = Sides(np.zeros(shape), np.zeros((count, most)))
    fine = (np.abs(slopes) < LARGEST).all(axis=1) & (np.abs(constant) < LARGEST)
    leaves.sides.slopes[of[fine], column[fine]] = slopes[fine]
    leaves.sides.constant[of[fine], column[fine]] = constant[fine]


def factors(sides: Sides, rows: Floats, of: Indices, known: Sequence[Interval]) -> Floats:
    """Factors that are not negative, for each row and each unit at which its leaf is cut."""
    low = np.concatenate([one.lower for one in known], axis=1)
    high = np.concatenate([one.upper for one in known], axis=1)
    free = np.flatnonzero((low < high).any(axis=0))
    middle, reach = low / 2 + high / 2, (high - low)[:, free] / 2
    found = np.zeros((of.size, sides.constant.shape[1]))
    now = rows[:, free]
    for k in range(found.shape[1]):
        slopes = sides.slopes[:, k]
        centre = np.einsum("ij,ij->i", slopes, middle) + sides.constant[:, k]
        found[:, k] = _factor(
            now, of_rows(slopes[:, free], of), of_rows(centre, of), of_rows(reach, of)
        )
        now = now + found[:, k, None] * of_rows(slopes[:, free], of)
    return np.where((found > 0) & (found < _LARGEST), found, 0.0)  # no NaN is


def _factor(rows: Floats, slopes: Floats, centre: Floats, reach: Floats) -> Floats:
    """Where centre m - |rows + m slopes| reach, which is concave, is largest."""
    slopes, reach = np.broadcast_to(slopes, rows.shape), np.broadcast_to(reach, rows.shape)
    sign = np.where(rows != 0, np.sign(rows), np.sign(slopes))
    found = np.zeros(rows.shape[0])
    steep = np.broadcast_to(centre, found.shape) - (sign * slopes * reach).sum(axis=1)
    at = np.flatnonzero(steep > 0)
    if not at.size:
        return found
    turned = rows[at] * slopes[at] < 0
    places = np.where(turned, -rows[at] / np.where(turned, slopes[at], 1.0), np.inf)
    order = places.argsort(axis=1)
    falls = np.where(turned, 2 * np.abs(slopes[at]) * reach[at], 0.0)
    falls = np.take_along_axis(falls, order, axis=1).cumsum(axis=1)
    first = (falls < steep[at, None]).sum(axis=1)
    last = np.minimum(first, np.maximum(turned.sum(axis=1) - 1, 0))
    chosen = np.take_along_axis(np.take_along_axis(places, order, axis=1), last[:, None], axis=1)
    found[at] = np.where(turned.any(axis=1), chosen[:, 0], 0.0)
    return found
