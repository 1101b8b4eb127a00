"""Boxes of the inputs of two networks, one input after the other, and their parts.

A box of n entries is cut at one of them, number 1 to n, or at a unit, whose numbers follow: the
first part has all inputs at which the unit is at most 0, the second those at which it is at
least 0. Both halves of a range have its middle, and every number is on one side of 0 or the other:
what is cut is covered by its parts.

part: ends of the entries, and the numbers of units, from 1: negative where these are at most 0
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.bounds.leaf import Interval
from lumpver.claim.trees import leaves, middle
from lumpver.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lumpver.exact.floats import Floats
    from lumpver.model.relabelling import Indices
    from lumpver.nearness.twin import Twin

    Part = tuple[Floats, Floats, Indices]

MOST_SIDES: Final = 64  # units at which a part is cut: with more of them nothing is gained


def whole(low: Floats, high: Floats) -> Part:
    """A box that is not cut."""
    return low, high, np.zeros(0, dtype=np.int64)


def parts(low: Floats, high: Floats, tree: Indices, most: int, *, units: int = 0) -> Iterator[Part]:
    """All parts, a row for each, so many at once at most; of networks with so many units.

    Raises
    ------
    Malformed
        If an entry or a unit is cut that is not there, or more than 64 units on a path.

    Examples
    --------
    >>> low, high = np.zeros(2), np.ones(2)
    >>> [lower.tolist() for lower, _, _ in parts(low, high, np.array([2, 0, 1, 0, 0]), 9)]
    [[[0.0, 0.0], [0.0, 0.5], [0.5, 0.5]]]
    >>> [on.tolist() for _, _, on in parts(low, high, np.array([4, 0, 3, 0, 0]), 9, units=2)]
    [[[-2, 0], [2, -1], [2, 1]]]
    """
    found: list[Part] = []
    for part in leaves(whole(low, high), tree.tolist(), partial(halves, units=units)):
        found.append(part)
        if len(found) == most:
            yield stacked(found)
            found = []
    if found:
        yield stacked(found)


def stacked(found: Sequence[Part]) -> Part:
    """Parts as rows; 0 is no unit."""
    most = max(on.size for _, _, on in found)
    units = np.zeros((len(found), most), dtype=np.int64)
    for row, (_, _, on) in zip(units, found, strict=True):
        row[: on.size] = on
    return np.stack([x for x, _, _ in found]), np.stack([x for _, x, _ in found]), units


def halves(part: Part, entry: int, *, units: int = 0) -> tuple[Part, Part]:
    """Both halves of a box, cut in the middle of an entry's range, or where a unit is 0."""
    low, high, on = part
    count = low.size + units
    if not 0 <= entry < count:
        raise Malformed("cuts", expected=f"1 to {count} for an entry or unit", got=str(entry + 1))
    if entry >= low.size:
        if on.size >= MOST_SIDES:
            raise Malformed("cuts", expected=f"at most {MOST_SIDES} units", got="more on a path")
        unit = entry - low.size + 1
        return (low, high, np.append(on, -unit)), (low, high, np.append(on, unit))
    below, above = high.copy(), low.copy()
    below[entry] = above[entry] = middle(low[entry], high[entry])
    return (low, below, on), (above, high, on)


def ends(twin: Twin, box: Mapping[str, Interval]) -> tuple[Floats, Floats]:
    """The least and largest numbers of all entries of the inputs, one input after the other.

    Raises
    ------
    Malformed
        If an entry has none.
    """
    for name in twin.inputs:
        size = twin.plan.size(name)
        known = box.get(name)
        if known is None or known.lower.size != size or not np.isfinite(known.size).all():
            raise Malformed(f"box for {name}", expected=f"{size} ranges with ends", got="others")
    low = [np.zeros(0)] + [box[name].lower for name in twin.inputs]
    high = [np.zeros(0)] + [box[name].upper for name in twin.inputs]
    return np.concatenate(low), np.concatenate(high)


def inputs(twin: Twin, low: Floats, high: Floats) -> dict[str, Interval]:
    """The ranges of each input in so many parts."""
    cuts = np.cumsum([twin.plan.size(name) for name in twin.inputs])[:-1]
    both = (np.split(x, cuts, axis=1) for x in (low, high))
    return {n: Interval(x, y) for n, x, y in zip(twin.inputs, *both, strict=True)}
